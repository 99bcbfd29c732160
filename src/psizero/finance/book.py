"""The price book: which version of a plan's price is in force when."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.finance.rating import PriceVersion, terms_from_json


class PriceBook(msgspec.Struct, frozen=True):
    """Versions by plan, newest first: by valid_from, then by version."""

    versions: Mapping[str, tuple[PriceVersion, ...]]

    def in_force(self, plan: str, at: datetime) -> PriceVersion | None:
        """The price for a period that starts at `at`; None before the plan's first one."""
        known = self.versions.get(plan, ())
        return next((one for one in known if one.valid_from <= at), None)


def price_book(prices: pl.DataFrame) -> PriceBook:
    """From the kept table `prices`."""
    found: dict[str, list[PriceVersion]] = {}
    ordered = prices.sort("plan", "valid_from", "version", descending=[False, True, True])
    for row in ordered.iter_rows(named=True):
        terms = terms_from_json(row.pop("terms"))
        found.setdefault(row["plan"], []).append(PriceVersion(terms=terms, **row))
    return PriceBook({plan: tuple(versions) for plan, versions in found.items()})
