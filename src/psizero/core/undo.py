"""The undo: a decision that takes back what another one did, told apart by whom it takes back."""

from collections.abc import Mapping

import msgspec

from psizero.core.content import content_id


class Undo(msgspec.Struct, frozen=True):
    """What takes `decision` back: a verb that compensates for it, and what it is told."""

    decision: str
    verb: str
    subject: str
    parameters: Mapping[str, object]

    @property
    def episode(self) -> str:
        """Of one decision there is one undo, whoever asks for it and how often."""
        return f"undo {self.decision}"

    def id_for(self, automation: str) -> str:
        """The content id of the decision by which the automation proposes it."""
        return content_id(automation, self.verb, self.subject, self.episode, self.parameters)
