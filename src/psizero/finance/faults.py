"""What is wrong with the terms of a price, so that nothing unfit is ever rated with."""

from collections.abc import Iterator
from decimal import Decimal

from psizero.core.content import decimal_text
from psizero.core.errors import Problem
from psizero.finance.terms import (
    DISCOUNT_MODES,
    MODES,
    SEAT_MODES,
    SEATS,
    Commitment,
    MeterTerms,
    PerTransaction,
    Terms,
    Tier,
    UsageDiscount,
    terms_of,
)

RATE_DIGITS = (23, 15)  # before and behind the point, as the column types of the house hold
QUANTITY_DIGITS = (29, 9)
PERIODS_MAX = 1_200
_ZERO = Decimal(0)
_SHARES = ("percentage", "graduated_percentage")
_ONE_TIER = ("per_unit", "package", "percentage")

Faults = Iterator[str]


def check(terms: Terms, *where: str) -> None:
    """Raises Problem, `where` and then the first fault, on terms that are not fit to rate with."""
    for fault in _faults(terms):
        raise Problem(*where, fault)


def terms_from_json(text: str) -> Terms:
    """The column `terms` of price.set. Raises Problem on another shape or on unfit terms."""
    terms = terms_of(text)
    check(terms, "the terms of a price are not fit to rate with")
    return terms


def _faults(terms: Terms) -> Faults:
    yield from _misfit("base", terms.base, RATE_DIGITS)
    yield from _misfit("minimum", terms.minimum, RATE_DIGITS)
    yield from _misfit("tax_share", terms.tax_share, RATE_DIGITS)
    if terms.tax_share > 1:
        yield f"`tax_share` is {terms.tax_share}, a share is 0 to 1 (19 % is 0.19)"
    yield from _most(terms.minimum, terms.maximum)
    seen: set[str] = set()
    for one in terms.meters:
        if not one.meter or one.meter in seen:
            yield f"`meter` is {one.meter!r}: a meter has a name and stands once in a price"
        seen.add(one.meter)
        yield from (f"{fault} (meter {one.meter!r})" for fault in _meter_faults(one, MODES))
    if terms.seats is not None:
        yield from (f"{fault} (seats)" for fault in _seat_faults(terms.seats))
    if terms.commitment is not None:
        yield from (f"{fault} (commitment)" for fault in _commitment_faults(terms.commitment))
    for place, discount in enumerate(terms.discounts, 1):
        yield from (f"{fault} (discount {place})" for fault in _discount_faults(discount, seen))


def _misfit(name: str, value: Decimal, digits: tuple[int, int]) -> Faults:
    whole, behind = digits
    fits = value.is_finite() and -behind <= value.adjusted() < whole
    if not value.is_finite() or value < 0:
        yield f"`{name}` is {value}, it must be 0 or more"
    elif not fits or len(decimal_text(value).partition(".")[2]) > behind:
        yield f"`{name}` is {value}: at most {whole} digits before the point, {behind} behind it"


def _most(least: Decimal | None, most: Decimal | None, name: str = "maximum") -> Faults:
    """A maximum that does not fit, or lies below its minimum."""
    if most is not None:
        yield from _misfit(name, most, RATE_DIGITS)
        if least is not None and most < least:
            yield f"`{name}` is {most}, it must not lie below the minimum of {least}"


def _meter_faults(terms: MeterTerms, modes: tuple[str, ...]) -> Faults:
    if terms.mode not in modes:
        yield f"`mode` is {terms.mode!r}, it must be {' or '.join(modes)}"
    yield from _misfit("included", terms.included, QUANTITY_DIGITS)
    yield from _tier_faults(terms.tiers, QUANTITY_DIGITS)
    if terms.mode in _ONE_TIER and (len(terms.tiers) > 1 or terms.tiers[0].fee is not None):
        yield f"`tiers` is not for the mode {terms.mode}: it has one `rate`, and no fee of a tier"
    if terms.mode in _SHARES:
        yield from _share_faults(terms.tiers, "rate")
    yield from _extra_faults(terms)
    if terms.minimum is not None:
        yield from _misfit("minimum", terms.minimum, RATE_DIGITS)
    yield from _most(terms.minimum, terms.maximum)


def _extra_faults(terms: MeterTerms) -> Faults:
    """What belongs to one mode alone."""
    if terms.mode == "package" and terms.package is None:
        yield "`package` is missing: how many units are in one"
    if terms.mode != "package" and terms.package is not None:
        yield f"`package` is for the mode package, not for {terms.mode}"
    if terms.package is not None:
        yield from _misfit("package", terms.package, QUANTITY_DIGITS)
        if terms.package == 0:
            yield "`package` is 0, a package has some units"
    if terms.transaction is not None:
        if terms.mode != "percentage":
            yield f"`transaction_fee` and its bounds are for percentage, not for {terms.mode}"
        yield from _transaction_faults(terms.transaction)


def _transaction_faults(one: PerTransaction) -> Faults:
    yield from _misfit("transaction_fee", one.fee, RATE_DIGITS)
    if one.minimum is not None:
        yield from _misfit("transaction_minimum", one.minimum, RATE_DIGITS)
    yield from _most(one.minimum, one.maximum, "transaction_maximum")


def _tier_faults(tiers: tuple[Tier, ...], digits: tuple[int, int], rate: str = "rate") -> Faults:
    if not tiers or tiers[-1].up_to is not None:
        yield "`tiers` must end with one without `up_to`: the last tier has no end"
    low = _ZERO
    for place, tier in enumerate(tiers, 1):
        yield from _misfit(f"{rate} of tier {place}", tier.rate, RATE_DIGITS)
        if tier.fee is not None:
            yield from _misfit(f"fee of tier {place}", tier.fee, RATE_DIGITS)
        if tier.up_to is not None:
            yield from _misfit(f"up_to of tier {place}", tier.up_to, digits)
            if tier.up_to <= low:
                yield f"`up_to of tier {place}` is {tier.up_to}, it must rise above {low}"
            low = tier.up_to
        elif place < len(tiers):
            yield f"`up_to of tier {place}` is missing; only the last tier has no end"


def _share_faults(tiers: tuple[Tier, ...], name: str) -> Faults:
    for place, tier in enumerate(tiers, 1):
        if tier.rate > 1:
            yield f"`{name} of tier {place}` is {tier.rate}, a share is 0 to 1 (2.9 % is 0.029)"


def _seat_faults(terms: MeterTerms) -> Faults:
    if terms.meter != SEATS or terms.minimum is not None or terms.maximum is not None:
        yield "seats have `included`, `mode` and their rates, nothing else"
    yield from _meter_faults(terms, SEAT_MODES)


def _commitment_faults(one: Commitment) -> Faults:
    yield from _misfit("amount", one.amount, RATE_DIGITS)
    if not 1 <= one.periods <= PERIODS_MAX:
        yield f"`periods` is {one.periods}, it must be 1 to {PERIODS_MAX:,}"


def _discount_faults(one: UsageDiscount, meters: set[str]) -> Faults:
    if one.mode not in DISCOUNT_MODES:
        yield f"`mode` is {one.mode!r}, it must be {' or '.join(DISCOUNT_MODES)}"
    yield from _tier_faults(one.tiers, RATE_DIGITS, "share")
    yield from _share_faults(one.tiers, "share")
    if any(tier.fee is not None for tier in one.tiers):
        yield "`fee` is not for a discount"
    for name in one.meters:
        if name not in meters or one.meters.count(name) > 1:
            yield f"`meters` names {name!r}: each is a meter of this price, and named once"
