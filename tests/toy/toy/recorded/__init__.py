"""A connector that writes down every call, and answers as `behaviour.toml` in its folder says.

`settle` overrides the manifest; `[answers]` has, by subject, refused, later, unknown, broken and
broken after (an error that nobody expects, before or after the effect), die before and die after
(the process is gone). An answer is given once for each key: a second call goes through.
"""

import json
import os
import tomllib
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from psizero.core.errors import Later, Refused, Unknown
from psizero.core.letter import Attachment
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

VERBS = ("message.send", "gift.send", "account.close", "oracle.ask", "access.lift")


class Recorded:
    """Calls stand in `calls.jsonl`, effects in `effects.jsonl`, one line each."""

    name = "recorded"
    verbs = VERBS

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        said = folder / "behaviour.toml"
        behaviour = tomllib.loads(said.read_text()) if said.exists() else {}
        self.settle = str(behaviour.get("settle", "ask"))
        self._answers = dict(behaviour.get("answers", {}))

    def perform(self, action: Action) -> Receipt:
        """Write the call down, then do what is asked for the subject."""
        told = {"key": action.key, "verb": action.verb, "subject": action.subject}
        first = action.key not in {call["key"] for call in calls(self._folder)}
        self._note("calls", {**told, "parameters": dict(action.parameters)})
        answer = self._answers.get(action.subject, "") if first else ""
        if answer == "refused":
            raise Refused("no such person")
        if answer == "later":
            raise Later(self._clock.now() + timedelta(hours=1), "busy")
        if answer == "unknown":
            raise Unknown("the line went dead")
        if answer == "broken":
            raise ZeroDivisionError("a connector with a fault")
        if answer == "die before":
            os._exit(9)
        self._note("effects", told)
        if answer == "broken after":
            raise ZeroDivisionError("a connector with a fault")
        if answer == "die after":
            os._exit(9)
        return Receipt("done", f"ref-{action.key[:8]}")

    def ask(self, key: str) -> Receipt | None:
        """What became of a call: done where it had its effect."""
        done = any(effect["key"] == key for effect in lines(self._folder / "effects.jsonl"))
        return Receipt("done", f"ref-{key[:8]}") if done else None

    def _note(self, name: str, row: dict[str, object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{name}.jsonl").open("a") as file:
            file.write(json.dumps(row, default=_digest) + "\n")


def _digest(one: Attachment) -> str:
    """A file that goes with an action, by its name and what it is."""
    return f"{one.name} {sha256(one.content).hexdigest()}"


def lines(path: Path) -> list[dict[str, object]]:
    """The rows of one of the two files; none where it is not there yet."""
    return [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []


def calls(folder: Path) -> list[dict[str, object]]:
    """Every call that was made, in order."""
    return lines(folder / "calls.jsonl")


def connect(folder: Path, clock: Clock, resolve: Callable[[str], str]) -> Recorded:
    """As the house asks for it; addresses are of no interest here."""
    return Recorded(folder, clock)
