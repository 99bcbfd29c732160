"""The price book: which version of a plan's price is in force when."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.finance.faults import terms_from_json
from psizero.finance.terms import PriceVersion

UNPRICED = "{}"
"""Terms of a plan that somebody is on and whose price is not known: it is billed by nobody."""


class PriceBook(msgspec.Struct, frozen=True):
    """Versions by plan, newest first: by valid_from, then by version; None where unpriced."""

    versions: Mapping[str, tuple[tuple[datetime, PriceVersion | None], ...]]

    def in_force(self, plan: str, at: datetime) -> PriceVersion | None:
        """The price for a period that starts at `at`; None where there is none."""
        known = self.versions.get(plan, ())
        return next((price for valid_from, price in known if valid_from <= at), None)

    def agreed(self, plan: str, version: int | None, at: datetime) -> PriceVersion | None:
        """The version that a customer stays on; where it names none of ours, that in force."""
        if version is not None:
            for _, price in self.versions.get(plan, ()):
                if price is not None and price.version == version:
                    return price
        return self.in_force(plan, at)


def price_book(prices: pl.DataFrame) -> PriceBook:
    """From the kept table `prices`."""
    found: dict[str, list[tuple[datetime, PriceVersion | None]]] = {}
    ordered = prices.sort("plan", "valid_from", "version", descending=[False, True, True])
    for row in ordered.iter_rows(named=True):
        terms = row.pop("terms")
        price = None if terms == UNPRICED else PriceVersion(terms=terms_from_json(terms), **row)
        found.setdefault(row["plan"], []).append((row["valid_from"], price))
    return PriceBook({plan: tuple(versions) for plan, versions in found.items()})


def in_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of price.set as the table `prices` shows them, for who gives it instead."""
    return rows.rename({"subject": "plan"}).select(
        "plan", "version", "valid_from", "currency", "interval", "interval_count", "terms"
    )
