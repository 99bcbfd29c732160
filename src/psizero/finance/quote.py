"""Quotes: what any use, seats and changes would cost, by the functions that invoicing bills with.

The table has a row for each line of each bill. Rows of the kind `note` say what costs nothing
because it has no price, or because there is nothing to bill.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.content import canonical, decimal_text
from psizero.core.errors import Problem
from psizero.core.tables import POLARS_TYPES, Facts, Type
from psizero.finance.billing import Entry, Term, committed, finished
from psizero.finance.book import PriceBook, price_book
from psizero.finance.lines import Line, line_json, shown
from psizero.finance.price_models import EXACTLY, ZERO, Transaction
from psizero.finance.quote_request import Ask, Use, read
from psizero.finance.stretches import NOTHING, Stretch, Used, stretch_lines, unpriced
from psizero.finance.terms import PriceVersion
from psizero.finance.timeline import Billed, Held, timeline

COLUMNS = {
    "quote": Type.TEXT,
    "bill": Type.INTEGER,
    "line": Type.INTEGER,
    "bill_start": Type.INSTANT,
    "bill_end": Type.INSTANT,
    "interim": Type.BOOLEAN,
    "plan": Type.TEXT,
    "price_version": Type.INTEGER,
    "currency": Type.TEXT,
    "kind": Type.TEXT,
    "description": Type.TEXT,
    "meter": Type.TEXT,
    "quantity": Type.QUANTITY,
    "period_start": Type.INSTANT,
    "period_end": Type.INSTANT,
    "precise": Type.TEXT,
    "amount_minor": Type.INTEGER,
    "tax_minor": Type.INTEGER,
    "steps": Type.JSON,
    "taxes": Type.JSON,
}
SCHEMA = {name: POLARS_TYPES[kept] for name, kept in COLUMNS.items()}
NOTE = "note"


class Bill(msgspec.Struct, frozen=True):
    """One bill: for a period that ends at `end`, or for its use until then."""

    start: datetime
    end: datetime
    interim: bool
    entries: tuple[Entry, ...]


class _Posted(msgspec.Struct):
    """What earlier bills of a part of a period have billed."""

    used: Used = NOTHING
    lines: tuple[Line, ...] = ()


def quoted(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `quote`: a row for each line of what the given `quote_request` asks for."""
    asked = facts.get("quote_request")
    if asked is None or asked.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    book, rows = price_book(facts["prices"]), list[dict[str, object]]()
    for name, text in asked.select("quote", "request").iter_rows():
        ask = read(name, text)
        try:
            for number, bill in enumerate(bills(ask, book), 1):
                rows += _rows(ask, number, bill)
        except Problem as error:
            raise Problem(f"quote {name!r}: {error}") from None
    return pl.DataFrame(rows, schema=SCHEMA)


def bills(ask: Ask, book: PriceBook) -> Iterator[Bill]:
    """Every bill in its order. Raises Problem on use that lies in none of the quoted periods."""
    term, outside = Term(), list(ask.usage)
    for period in timeline(ask, book):
        coupons = [one.coupon for one in ask.coupons if one.start <= period.start < one.until]
        ends = [*(at for at in ask.bills if period.start < at < period.end), period.end]
        posted = [_Posted() for _ in period.parts]
        taken: Mapping[str, int] = {}
        for end in ends:
            final = end == period.end
            entries: list[Entry] = []
            for part, before in zip(period.parts, posted, strict=True):
                lines = _billed(ask, part, before, end, final)
                entries += [(line, part.price) for line in lines]
            if final:
                more, term = committed(period, _all(period, posted), term)
                entries += more
            billed, taken = finished(entries, coupons, taken, ask.rule)
            notes = [note for part in period.parts for note in _notes(ask, part)] if final else []
            if not billed and not notes:
                notes = [_note(period.parts[-1], "", None, "nothing to bill")]
            yield Bill(period.start, end, not final, (*billed, *notes))
        outside = [one for one in outside if not period.start <= one.at < period.end]
    if outside:
        first = f"the first is {outside[0].meter} at {iso(outside[0].at)}"
        raise Problem(f"{len(outside):,} rows of usage lie in no quoted period; {first}")


def _between(ask: Ask, start: datetime, end: datetime) -> Sequence[Use]:
    low, high = (bisect_left(ask.usage, at, key=lambda one: one.at) for at in (start, end))
    return ask.usage[low:high]


def _used(uses: Sequence[Use], price: PriceVersion) -> Used:
    """Totals by meter, and the transactions of meters that price each of them."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    each: dict[str, list[Transaction]] = {
        one.meter: [] for one in price.terms.meters if one.transaction is not None
    }
    with localcontext(EXACTLY):
        for one in uses:
            totals[one.meter] += one.quantity * one.times
            if one.meter in each:
                each[one.meter].append((one.quantity, one.times))
    return Used(dict(totals), each)


def _billed(ask: Ask, part: Held, before: _Posted, until: datetime, final: bool) -> list[Line]:
    """What a part of a period adds to a bill made at `until`; remembered for the next one."""
    if part.start >= until:
        return []
    used = _used(_between(ask, part.start, min(part.end, until)), part.price)
    stretch = Stretch(
        price=part.price,
        start=part.start,
        end=part.end,
        used=used,
        seats=part.seats,
        before=before.used,
        billed=before.lines,
        final=final,
    )
    lines = stretch_lines(stretch)
    before.used, before.lines = used, (*before.lines, *lines)
    return lines


def _all(period: Billed, posted: Sequence[_Posted]) -> list[Entry]:
    """The lines of all bills of a period."""
    both = zip(period.parts, posted, strict=True)
    return [(line, part.price) for part, one in both for line in one.lines]


def _notes(ask: Ask, part: Held) -> Iterator[Entry]:
    """What was used and costs nothing since nothing is known to charge for it."""
    used = _used(_between(ask, part.start, part.end), part.price)
    strange = unpriced(part.price, used)
    for meter, total in sorted(used.quantities.items()):
        if meter in strange:
            yield _note(part, meter, total, f"{shown(total)} {meter}: no price")
        elif total < 0:
            said = f"{shown(total)} {meter}: a total below zero costs nothing"
            yield _note(part, meter, total, said)


def _note(part: Held, meter: str, total: Decimal | None, text: str) -> Entry:
    line = Line(
        kind=NOTE,
        description=text,
        meter=meter,
        quantity=total,
        period_start=part.start,
        period_end=part.end,
        precise=ZERO,
        amount_minor=0,
    )
    return line, part.price


def _rows(ask: Ask, number: int, bill: Bill) -> Iterator[dict[str, object]]:
    for place, (line, price) in enumerate(bill.entries, 1):
        said = line_json(line)
        yield {
            "quote": ask.name,
            "bill": number,
            "line": place,
            "bill_start": bill.start,
            "bill_end": bill.end,
            "interim": bill.interim,
            "plan": price.plan,
            "price_version": price.version,
            "currency": price.currency,
            "kind": line.kind,
            "description": line.description,
            "meter": line.meter,
            "quantity": line.quantity,
            "period_start": line.period_start,
            "period_end": line.period_end,
            "precise": decimal_text(line.precise),
            "amount_minor": line.amount_minor,
            "tax_minor": line.tax_minor,
            "steps": canonical(said["steps"]),
            "taxes": canonical(said.get("taxes", [])),
        }
