"""What every customer may use, in memory: a look-up waits for nothing."""

import msgspec
import polars as pl

from psizero.house.home import House
from psizero.house.reader import Watch

KIND = "entitlement.changed"


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its plan's rate limit a customer may use, from 0 to 100 per cent.

    `why` and `since` are empty where nothing is limited. `position`: the ledger's, as of which it
    was read.
    """

    customer: str
    limit_percent: int = 100
    read_only: bool = False
    why: str = ""
    since: str | None = None
    position: int = 0


class Limits:
    """Whose use is limited; who is not among them may use all."""

    def __init__(self, house: House) -> None:
        self._known: dict[str, tuple[int, bool, str, str | None]] = {}
        self._position = 0
        self._watch = Watch(house, (KIND,))
        self._watch.begin(self._take)

    def of(self, customer: str) -> Entitlement:
        """What a customer may use; never waits."""
        known = self._known.get(customer, (100, False, "", None))
        percent, read_only, why, since = known
        return Entitlement(
            customer=customer,
            limit_percent=percent,
            read_only=read_only,
            why=why,
            since=since,
            position=self._position,
        )

    def end(self) -> None:
        """Keep up with the house no more."""
        self._watch.end()

    def _take(self, house: House) -> None:
        since = pl.col("changed_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
        rows = house.read("entitlements").select(
            "customer", "limit_percent", "read_only", "why", since
        )
        self._known = {row[0]: row[1:] for row in rows.iter_rows()}
        self._position = house.store.position.last
