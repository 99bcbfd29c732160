"""Errors that say what the engine or the person at the terminal shall do."""

from datetime import datetime


class Problem(Exception):
    """Bad input or a broken promise of the surroundings, told in at most three lines.

    Doors print it and leave with a non-zero exit code; nothing was written.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines[:3]))


class Later(Exception):
    """The outside asks for patience: try again at or after `after` (UTC)."""

    def __init__(self, after: datetime, reason: str) -> None:
        super().__init__(reason)
        self.after = after


class Refused(Exception):
    """The outside said no for good; the same call would be refused again."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


class Unknown(Exception):
    """Nobody can say whether the call took effect; settled as the manifest says."""
