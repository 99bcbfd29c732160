"""Prices of every model for tests: drawn ones on a grid of half units, and short ways to write."""

from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.finance.terms import (
    Commitment,
    MeterTerms,
    PerTransaction,
    PriceVersion,
    Terms,
    Tier,
    UsageDiscount,
)

RATES = st.decimals(0, 100, places=6)
AMOUNTS = st.decimals(0, 50, places=2)
SHARES = st.decimals(0, 1, places=4)
TIERED = ("graduated", "volume", "graduated_percentage")


def halves(least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Whole and half numbers."""
    return st.integers(2 * least, 2 * most).map(lambda count: Decimal(count) / 2)


@st.composite
def tiers(draw: st.DrawFn, rates: st.SearchStrategy[Decimal], fees: bool) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(halves(1, 40), max_size=3)))
    fee = st.none() | AMOUNTS if fees else st.none()
    return tuple(Tier(bound, draw(rates), draw(fee)) for bound in [*bounds, None])


@st.composite
def bounds(draw: st.DrawFn) -> tuple[Decimal | None, Decimal | None]:
    """A minimum and a maximum that is not below it; either may be missing."""
    low, high = sorted((draw(AMOUNTS), draw(AMOUNTS)))
    return draw(st.sampled_from([None, low])), draw(st.sampled_from([None, high]))


@st.composite
def meters(draw: st.DrawFn, name: str = "calls", modes: tuple[str, ...] = ()) -> MeterTerms:
    mode = draw(st.sampled_from(modes or ("per_unit", "package", "percentage", *TIERED)))
    rates = SHARES if "percentage" in mode else RATES
    made = draw(tiers(rates, True)) if mode in TIERED else (Tier(None, draw(rates)),)
    minimum, maximum = draw(bounds())
    least, most = draw(bounds())
    transaction = PerTransaction(draw(AMOUNTS), least, most)
    return MeterTerms(
        meter=name,
        included=draw(halves(0, 20)),
        mode=mode,
        tiers=made,
        package=draw(halves(1, 10)) if mode == "package" else None,
        transaction=transaction if mode == "percentage" and draw(st.booleans()) else None,
        minimum=minimum,
        maximum=maximum,
    )


DISCOUNTS = st.builds(
    UsageDiscount,
    st.sampled_from(["graduated", "volume"]),
    tiers(SHARES, False),
    st.sampled_from([(), ("calls",), ("tokens",), ("tokens", "calls")]),
)


def price(
    *metered: MeterTerms, base: str = "0", minimum: str = "0", tax: str = "0", currency: str = "USD"
) -> PriceVersion:
    """A monthly price."""
    terms = Terms(Decimal(base), Decimal(minimum), Decimal(tax), metered)
    return PriceVersion("plan", 1, datetime(2026, 1, 1), currency, "month", 1, terms)


def terms_with(
    of: PriceVersion,
    maximum: str | None = None,
    seats: MeterTerms | None = None,
    commitment: Commitment | None = None,
    discounts: tuple[UsageDiscount, ...] = (),
) -> PriceVersion:
    """The price with further terms."""
    most = None if maximum is None else Decimal(maximum)
    more = replace(of.terms, maximum=most, seats=seats, commitment=commitment, discounts=discounts)
    return replace(of, terms=more)


def per_unit(rate: str, included: str = "0", meter: str = "calls") -> MeterTerms:
    return MeterTerms(meter, Decimal(included), "per_unit", (Tier(None, Decimal(rate)),))


def tiered(
    *rows: tuple[str | None, str], mode: str = "graduated", meter: str = "calls"
) -> MeterTerms:
    made = tuple(Tier(Decimal(end) if end else None, Decimal(rate)) for end, rate in rows)
    return MeterTerms(meter, Decimal(0), mode, made)


CENTS = st.integers(0, 60).map(Decimal)


@st.composite
def prices(draw: st.DrawFn) -> PriceVersion:
    """Two meters of any model with a fee, a minimum and usage discounts."""
    both = draw(meters("calls")), draw(meters("tokens"))
    of = price(*both, base=str(draw(CENTS)), minimum=str(draw(CENTS)))
    return terms_with(of, discounts=tuple(draw(st.lists(DISCOUNTS, max_size=2))))
