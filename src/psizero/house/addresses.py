"""Addresses: where mail, calls, charges go. Read from the log, decrypted, held in memory alone."""

from collections.abc import Mapping

import polars as pl

from psizero.core.errors import Refused
from psizero.core.tables import Kind
from psizero.house.storage import AnyStore
from psizero.store.keys import Keys

_KINDS = ("customer.created", "contact.set", "payer.linked")


class Addresses:
    """By person and channel, or payment gateway; of several the one that was set last."""

    def __init__(self, store: AnyStore, keys: Keys, kinds: Mapping[str, Kind]) -> None:
        self._store, self._keys, self._kinds = store, keys, kinds
        self._read_at = -1
        self._known: dict[tuple[str, str], str] = {}

    def of(self, subject: str, channel: str, otherwise: str) -> str:
        """Raises Refused where there is none, or its key is gone."""
        self._learn()
        address = self._known.get((subject, channel), otherwise)
        if not address or address.startswith("["):
            raise Refused("no address is known", "to")
        return address

    def owner(self, address: str, channel: str = "mail") -> str | None:
        """Who is reached at an address; of several the first by name, None where nobody is."""
        self._learn()
        same = address.casefold()
        found = (
            one for (one, by), at in self._known.items() if by == channel and at.casefold() == same
        )
        return min(found, default=None)

    def _learn(self) -> None:
        last = max(self._store.last_position(kind) for kind in _KINDS)
        if self._read_at != last:
            created, set_, linked = (self._shown(name) for name in _KINDS)
            mailed = created.filter(pl.col("email").is_not_null()).select("subject", "email")
            found = {(one, "mail"): address for one, address in mailed.iter_rows()}
            said = set_.select("subject", "channel", "address").iter_rows()
            found |= {(one, by): address for one, by, address in said}
            accounts = linked.select("subject", "gateway", "account").iter_rows()
            self._known = found | {(one, by): account for one, by, account in accounts}
            self._read_at = last

    def _shown(self, name: str) -> pl.DataFrame:
        kind = self._kinds[name]
        return self._keys.decrypt(kind, self._store.read(kind.table, self._store.floor))
