"""The timeline of a subscription: its billing periods, and under which price and seats it was when.

A period is cut where its cycle begins anew (a plan of another interval, a new anchor) and where
the subscription ends. Within it every other change makes a new part.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec.structs import replace

from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.finance.book import PriceBook
from psizero.finance.cycles import Cycle, Period, aligned, local_day, periods
from psizero.finance.proration import Share, began, ended, shares
from psizero.finance.quote_request import Ask, Change
from psizero.finance.terms import PriceVersion

PERIODS_MAX = 4_000


class Held(msgspec.Struct, frozen=True):
    """A part of a period under one price, with the seats one after the other."""

    price: PriceVersion
    start: datetime
    end: datetime
    seats: tuple[tuple[int, Share], ...]


class Billed(msgspec.Struct, frozen=True):
    """What one billing period has of the subscription; `last`: it ends with it."""

    start: datetime
    end: datetime
    parts: tuple[Held, ...]
    last: bool


class State(msgspec.Struct, frozen=True):
    """What a customer is on."""

    plan: str
    version: int | None
    seats: int


class _Part(msgspec.Struct, frozen=True):
    start: datetime
    price: PriceVersion
    seats: int


def timeline(ask: Ask, book: PriceBook) -> Iterator[Billed]:
    """Billing periods that begin before `until`, or the first one; none after the end.

    Raises Problem where no price is in force, or prices of two currencies are.
    """
    at, stop = began(ask.start, ask.zone, ask.proration), _stop(ask)
    changes, state = _effective(ask), State(ask.plan, ask.version, ask.seats)
    cycle: Cycle | None = None
    currency, count = "", 0
    while at < stop and (ask.until is None or at < ask.until):
        due = [one for one in changes if one.at <= at]
        changes = changes[len(due) :]
        state = _after(state, due)
        price = price_of(book, state, at)
        anchors = [one.anchor for one in due if one.anchor]
        if cycle is None or anchors or (cycle.interval, cycle.count) != _length(price):
            first = ask.anchor if cycle is None else None
            day = anchors[-1] if anchors else first or local_day(at, _zone(ask, at))
            interval, number = _length(price)
            cycle = Cycle(
                interval=interval, count=number, anchor=day, zone=ask.zone, moves=_moves(ask)
            )
            cycle = aligned(cycle, ask.alignment)
        period = next(periods(cycle, at))
        parts, end = _parts(ask, book, (at, min(period.end, stop)), (state, price), changes)
        held = _held(parts, end, period, ask.proration)
        currencies = sorted({part.price.currency for part in held} | ({currency} - {""}))
        if len(currencies) > 1:
            raise Problem(f"one quote has one currency, and this one {' and '.join(currencies)}")
        currency, count = currencies[0], count + 1
        if count > PERIODS_MAX:
            raise Problem(f"`until` makes more than {PERIODS_MAX:,} periods")
        yield Billed(at, end, held, end == stop)
        if ask.until is None:
            return
        at = end


def parts_within(ask: Ask, book: PriceBook, period: Period, end: datetime) -> tuple[Held, ...]:
    """The parts, from `start` to an end, of a period whose changes all count.

    Raises Problem as `timeline` does.
    """
    state = State(ask.plan, ask.version, ask.seats)
    price = price_of(book, state, ask.start)
    parts, until = _parts(ask, book, (ask.start, end), (state, price), list(ask.changes))
    return _held(parts, until, period, ask.proration)


def _stop(ask: Ask) -> datetime:
    if ask.ends_at is None:
        return datetime.max
    return ended(ask.ends_at, _zone(ask, ask.ends_at), ask.proration)


def _zone(ask: Ask, at: datetime) -> str:
    zones = [one.zone for one in ask.changes if one.zone and one.at <= at]
    return zones[-1] if zones else ask.zone


def _moves(ask: Ask) -> tuple[tuple[datetime, str], ...]:
    return tuple((one.at, one.zone) for one in ask.changes if one.zone)


def _effective(ask: Ask) -> list[Change]:
    """The changes from when on they count."""
    found = [
        replace(one, at=began(one.at, _zone(ask, one.at), ask.proration)) for one in ask.changes
    ]
    return sorted(found, key=lambda one: one.at)


def _after(state: State, changes: list[Change]) -> State:
    for one in changes:
        version = one.version if one.version is not None or one.plan else state.version
        seats = state.seats if one.seats is None else one.seats
        state = State(one.plan or state.plan, version, seats)
    return state


def price_of(book: PriceBook, state: State, at: datetime) -> PriceVersion:
    """The version that the customer stays on, or the one in force at an instant."""
    known = [price for _, price in book.versions.get(state.plan, ()) if price is not None]
    if state.version is not None:
        found = next((price for price in known if price.version == state.version), None)
        if found is None:
            raise Problem(f"the price book has no priced {state.plan}@{state.version}")
        return found
    found = book.in_force(state.plan, at)
    if found is None:
        if state.plan not in book.versions:
            plans = ", ".join(sorted(book.versions)) or "none"
            raise Problem(f"the price book has no plan {state.plan!r}; it has {plans}")
        raise Problem(f"no price of the plan {state.plan!r} is in force at {iso(at)}")
    return found


def _length(price: PriceVersion) -> tuple[str, int]:
    return price.interval, price.interval_count


def _parts(
    ask: Ask,
    book: PriceBook,
    span: tuple[datetime, datetime],
    begun: tuple[State, PriceVersion],
    changes: list[Change],
) -> tuple[list[_Part], datetime]:
    """The parts of a span and where it ends: earlier, where its cycle begins anew."""
    (start, end), (state, price) = span, begun
    parts = [_Part(start, price, state.seats)]
    if ask.proration == "none":
        return parts, end
    instants = {one.at for one in changes if start < one.at < end}
    if ask.new_prices == "at_once":
        instants |= {at for at in _new_versions(ask, book) if start < at < end}
    for at in sorted(instants):
        now = [one for one in changes if one.at == at]
        after = _after(state, now)
        moved = (after.plan, after.version) != (state.plan, state.version)
        fresh = ask.new_prices == "at_once" or moved
        new = price_of(book, after, at) if fresh else price
        if any(one.anchor for one in now) or _length(new) != _length(price):
            return parts, at
        if (new, after.seats) != (price, state.seats):
            parts.append(_Part(at, new, after.seats))
        state, price = after, new
    return parts, end


def _new_versions(ask: Ask, book: PriceBook) -> set[datetime]:
    plans = {ask.plan, *(one.plan for one in ask.changes)}
    return {
        began(valid_from, _zone(ask, valid_from), ask.proration)
        for plan in plans
        for valid_from, _ in book.versions.get(plan, ())
    }


def _held(parts: list[_Part], end: datetime, period: Period, policy: str) -> tuple[Held, ...]:
    """Parts under the same price together, each with its share of the full period."""
    cuts = [*(part.start for part in parts), end]
    found: list[Held] = []
    for part, until, share in zip(parts, cuts[1:], shares(period, cuts, policy), strict=True):
        seats = (part.seats, share)
        if found and found[-1].price == part.price:
            found[-1] = replace(found[-1], end=until, seats=(*found[-1].seats, seats))
        else:
            found.append(Held(part.price, part.start, until, (seats,)))
    return tuple(found)
