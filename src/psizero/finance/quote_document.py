"""What a quote is asked for, as JSON has it: docs/quote.md describes every key."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec
import polars as pl

from psizero.core.clock import instant
from psizero.core.errors import Problem
from psizero.finance.cycles import ALIGNMENTS, midnight
from psizero.finance.proration import POLICIES
from psizero.finance.taxes import LEVELS, TREATMENTS

NEW_PRICES = ("next_period", "at_once")
"""When a version counts that comes into force: as invoicing does, or by splitting the period."""
FIRST_YEAR, LAST_YEAR = 1970, 2199
Number = str | int


class UsageSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Use of a meter at an instant, `times` one after the other."""

    meter: str
    quantity: Number
    at: str = ""
    times: int = 1


class ChangeSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise from an instant on; what is not named stays."""

    at: str
    plan: str = ""
    version: int | None = None
    seats: int | None = None
    zone: str = ""
    anchor: str = ""


class CouponSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coupon for periods that begin at or after `start` and before `until`."""

    name: str
    share: Number | None = None
    amount: Number | None = None
    start: str = ""
    until: str = ""


class TaxSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tax by its share of the net."""

    name: str
    share: Number


class TaxesSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Taxes instead of the price's own tax."""

    taxes: tuple[TaxSaid, ...] = ()
    inclusive: bool = False
    level: str = LEVELS[0]
    treatment: str = TREATMENTS[0]


class QuoteSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One quote as it is written."""

    name: str = ""
    plan: str
    version: int | None = None
    start: str
    until: str = ""
    ends_at: str = ""
    zone: str = "UTC"
    alignment: str = ALIGNMENTS[0]
    anchor: str = ""
    proration: str = POLICIES[0]
    new_prices: str = NEW_PRICES[0]
    seats: int = 1
    changes: tuple[ChangeSaid, ...] = ()
    usage: tuple[UsageSaid, ...] = ()
    bills: tuple[str, ...] = ()
    coupons: tuple[CouponSaid, ...] = ()
    tax: TaxesSaid | None = None


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quotes, and the prices that they are made with where no price book is named."""

    quotes: tuple[QuoteSaid, ...]
    prices: tuple[dict[str, object], ...] = ()


def document(text: str, origin: str) -> Document:
    """Raises Problem of one line, which names the file and the place, on anything else."""
    try:
        found = msgspec.json.decode(text, type=Document)
    except msgspec.DecodeError as error:
        raise Problem(f"{origin}: {error}") from None
    except RecursionError:
        raise Problem(f"{origin} is nested too deeply") from None
    if not found.quotes:
        raise Problem(f"{origin}: `quotes` is empty")
    return found


def requests(found: Document) -> pl.DataFrame:
    """The frame `quote_request`: a row for each quote. One without a name is named by its place."""
    named = [(one.name or str(n), one) for n, one in enumerate(found.quotes, 1)]
    seen: set[str] = set()
    for name, _ in named:
        if name in seen:
            raise Problem(f"two quotes have the name {name!r}")
        seen.add(name)
    rows = [(name, msgspec.json.encode(one).decode()) for name, one in named]
    text = pl.String()
    return pl.DataFrame(rows, schema={"quote": text, "request": text}, orient="row")


def book_document(prices: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Prices as JSON says them, as `prices.price_rows` takes a parsed TOML document.

    JSON has no instants, so `valid_from` is a text here; what is none is left for it to refuse.
    """
    return {"price": [_dated(price) for price in prices]}


def _dated(price: Mapping[str, object]) -> dict[str, object]:
    said = price.get("valid_from")
    if not isinstance(said, str):
        return dict(price)
    return {**price, "valid_from": moment(said, "valid_from", "UTC")}


def moment(text: str, key: str, zone: str) -> datetime:
    """A date is its midnight in the zone; an instant without an offset is UTC."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-09-01") else None
        at = midnight(day, zone) if day else instant(text)
    except (ValueError, OverflowError):
        raise Problem(f"`{key}` is {text!r}; write 2026-09-01 or 2026-09-01T00:00:00Z") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Problem(f"`{key}` is {text!r}, it lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return at
