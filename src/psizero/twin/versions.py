"""Which version of each service runs, and which one ran before it."""

from datetime import datetime

import msgspec

from psizero.twin.faults import SERVICES


class Versions(msgspec.Struct, frozen=True):
    """By service, in the order of SERVICES."""

    running: tuple[str, ...]
    before: tuple[str, ...]

    @staticmethod
    def first(day: datetime) -> "Versions":
        """The versions of the first day."""
        return Versions((f"{day:%Y.%m.%d}-0",) * len(SERVICES), ("",) * len(SERVICES))

    def of(self, service: str) -> str:
        """What runs."""
        return self.running[SERVICES.index(service)]

    def previous(self, service: str) -> str:
        """What a roll-back goes to; what runs, where nothing ran before."""
        place = SERVICES.index(service)
        return self.before[place] or self.running[place]

    def replaced(self, service: str, version: str) -> "Versions":
        """With another version of a service."""
        place = SERVICES.index(service)
        running, before = list(self.running), list(self.before)
        if running[place] != version:
            before[place] = running[place]
        running[place] = version
        return Versions(tuple(running), tuple(before))

    def rolled_back(self, service: str) -> "Versions":
        """With the previous version of a service, which then has none before it."""
        place = SERVICES.index(service)
        running, before = list(self.running), list(self.before)
        running[place], before[place] = self.previous(service), ""
        return Versions(tuple(running), tuple(before))
