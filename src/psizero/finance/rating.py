"""What use costs: pure calculators from quantities and a price to the lines of an invoice.

Order: usage, included units, tiers, minimum, tax. Amounts are exact decimals in major units until
the end; a line is rounded once, half away from zero, to integer minor units.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, Inexact, localcontext

import msgspec
from msgspec.structs import replace

from psizero.core.content import canonical, decimal_text, plain
from psizero.core.errors import Problem
from psizero.core.money import EXACT, money, round_half_away

ZERO = Decimal(0)
RATE_DIGITS = (23, 15)  # before and behind the point, as the column types of the house hold
QUANTITY_DIGITS = (29, 9)
Quantities = Mapping[str, Decimal]  # by meter, totals of a period
Period = tuple[datetime, datetime]  # first instant, first instant after

_EXACT = EXACT.copy()
_EXACT.traps[Inexact] = True  # an error, instead of a digit lost in silence


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`rate` in major units per unit, for units over the included ones up to and with `up_to`."""

    up_to: Decimal | None
    rate: Decimal


class MeterTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a meter costs: `included` units are free, the rest goes through the tiers.

    graduated: each tier prices its own slice. volume: all units over the included ones cost the
    rate of the tier in which their total falls.
    """

    meter: str
    included: Decimal
    mode: str
    tiers: tuple[Tier, ...]


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A period's price in major units; `tax_share` is 0 to 1, on top of the net."""

    base: Decimal
    minimum: Decimal
    tax_share: Decimal
    meters: tuple[MeterTerms, ...]


class PriceVersion(msgspec.Struct, frozen=True):
    """A row of price.set, its terms decoded."""

    plan: str
    version: int
    valid_from: datetime
    currency: str
    interval: str
    interval_count: int
    terms: Terms


class Step(msgspec.Struct, frozen=True):
    """One visible step of a line; the amounts of a line's steps sum to its precise amount.

    `label` is included, tier N, or minimum. Bounds of a tier count units over the included ones.
    """

    label: str
    from_units: Decimal
    to_units: Decimal | None
    units: Decimal
    rate: Decimal
    amount: Decimal


class Line(
    msgspec.Struct, frozen=True, kw_only=True, rename={"amount_minor": "amount", "tax_minor": "tax"}
):
    """One line of an invoice. `kind`: base, usage, minimum, late_usage.

    `precise` is exact and in major units, `amount_minor` is it rounded once. `tax_minor` is tax
    on the amount as posted, so that whoever holds the invoice can add it up again.
    """

    kind: str
    description: str
    meter: str = ""
    quantity: Decimal | None = None
    period_start: datetime
    period_end: datetime
    precise: Decimal
    amount_minor: int
    tax_minor: int
    steps: tuple[Step, ...] = ()


def check(terms: Terms, *where: str) -> None:
    """Raises Problem, `where` and then the first fault, on terms that are not fit to rate with."""
    for fault in _faults(terms):
        raise Problem(*where, fault)


def _faults(terms: Terms) -> Iterator[str]:
    yield from _misfit("base", terms.base, RATE_DIGITS)
    yield from _misfit("minimum", terms.minimum, RATE_DIGITS)
    yield from _misfit("tax_share", terms.tax_share, RATE_DIGITS)
    if terms.tax_share > 1:
        yield f"`tax_share` is {terms.tax_share}, a share is 0 to 1 (19 % is 0.19)"
    seen: set[str] = set()
    for one in terms.meters:
        if not one.meter or one.meter in seen:
            yield f"`meter` is {one.meter!r}: a meter has a name and stands once in a price"
        seen.add(one.meter)
        yield from (f"{fault} (meter {one.meter!r})" for fault in _meter_faults(one))


def _misfit(name: str, value: Decimal, digits: tuple[int, int]) -> Iterator[str]:
    whole, behind = digits
    fits = value.is_finite() and -behind <= value.adjusted() < whole
    if not value.is_finite() or value < 0:
        yield f"`{name}` is {value}, it must be 0 or more"
    elif not fits or len(decimal_text(value).partition(".")[2]) > behind:
        yield f"`{name}` is {value}: at most {whole} digits before the point, {behind} behind it"


def _meter_faults(terms: MeterTerms) -> Iterator[str]:
    if terms.mode not in ("graduated", "volume"):
        yield f"`mode` is {terms.mode!r}, it must be graduated or volume"
    yield from _misfit("included", terms.included, QUANTITY_DIGITS)
    if not terms.tiers or terms.tiers[-1].up_to is not None:
        yield "`tiers` must end with one without `up_to`: the last tier has no end"
    low = ZERO
    for place, tier in enumerate(terms.tiers, 1):
        yield from _misfit(f"rate of tier {place}", tier.rate, RATE_DIGITS)
        if tier.up_to is not None:
            yield from _misfit(f"up_to of tier {place}", tier.up_to, QUANTITY_DIGITS)
            if tier.up_to <= low:
                yield f"`up_to of tier {place}` is {tier.up_to}, it must rise above {low}"
            low = tier.up_to
        elif place < len(terms.tiers):
            yield f"`up_to of tier {place}` is missing; only the last tier has no end"


def terms_from_json(text: str) -> Terms:
    """The column `terms` of price.set. Raises Problem on another shape or on unfit terms."""
    try:
        terms = msgspec.json.decode(text, type=Terms)
    except msgspec.DecodeError as error:
        raise Problem("the terms of a price cannot be read", str(error)) from error
    check(terms, "the terms of a price are not fit to rate with")
    return terms


def terms_to_json(terms: Terms) -> str:
    """Canonical JSON: equal terms are the same text, whatever zeros they were written with."""
    return canonical(msgspec.to_builtins(terms, builtin_types=(Decimal,)))


def usage_amount(terms: MeterTerms, quantity: Decimal) -> tuple[Decimal, list[Step]]:
    """Exact amount in major units of a period's total quantity, and the steps to it.

    Bounds are inclusive and continuous: with a bound of 5, 5 is in tier 1 and 5.001 enters tier
    2. A total below zero costs zero.
    """
    with localcontext(_EXACT):
        total = max(quantity, ZERO)
        free = min(total, terms.included)
        steps = [Step("included", ZERO, terms.included, free, ZERO, ZERO)] if free else []
        steps.extend(_tiered(terms, total - free))
        return sum((step.amount for step in steps), ZERO), steps


def _tiered(terms: MeterTerms, overage: Decimal) -> Iterator[Step]:
    """Walk up the tiers: graduated takes each slice on the way, volume all units at the last."""
    low = ZERO
    for place, tier in enumerate(terms.tiers, 1):
        high = overage if tier.up_to is None else min(overage, tier.up_to)
        units = high - low if terms.mode == "graduated" else overage
        if units and (terms.mode == "graduated" or high == overage):
            yield Step(f"tier {place}", low, tier.up_to, units, tier.rate, units * tier.rate)
        if high == overage:
            return
        low = high


def spend(terms: Terms, quantities: Quantities) -> Decimal:
    """Exact net of a period in major units: base and usage, or the minimum where that is more."""
    with localcontext(_EXACT):
        usage = (usage_amount(one, quantities.get(one.meter, ZERO))[0] for one in terms.meters)
        return max(sum(usage, terms.base), terms.minimum)


def unpriced(price: PriceVersion, quantities: Quantities) -> set[str]:
    """Meters with a quantity that the price does not know: nobody bills them, so report them."""
    known = {one.meter for one in price.terms.meters}
    return {meter for meter, used in quantities.items() if used and meter not in known}


def _line(price: PriceVersion, period: Period, kind: str, text: str, precise: Decimal) -> Line:
    """A line with its precise amount rounded, once, and the tax on that, rounded once."""
    net = money(precise, price.currency).minor
    with localcontext(_EXACT):
        share = net * price.terms.tax_share
    return Line(
        kind=kind,
        description=text,
        period_start=period[0],
        period_end=period[1],
        precise=precise,
        amount_minor=net,
        tax_minor=int(round_half_away(share)),
    )


def _shown(number: Decimal) -> str:
    return f"{Decimal(decimal_text(number)):,f}"


def invoice_lines(
    price: PriceVersion, quantities: Quantities, period_start: datetime, period_end: datetime
) -> list[Line]:
    """Lines of one period: the fixed fee if there is one, each meter used, the top-up if due.

    A meter used within its included units has a line of 0, so that the customer sees the use; a
    meter without use has none. The top-up makes the precise sum the minimum, also of an empty
    period. Meters that the price does not know have no line: see `unpriced`.
    """
    terms, period = price.terms, (period_start, period_end)
    lines: list[Line] = []
    if terms.base:
        lines.append(_line(price, period, "base", f"{price.plan}, fixed fee", terms.base))
    for one in terms.meters:
        quantity = quantities.get(one.meter, ZERO)
        if quantity > 0:
            precise, steps = usage_amount(one, quantity)
            text = f"{_shown(quantity)} {one.meter}, {_shown(one.included)} included"
            line = _line(price, period, "usage", text, precise)
            lines.append(replace(line, meter=one.meter, quantity=quantity, steps=tuple(steps)))
    with localcontext(_EXACT):
        short = spend(terms, quantities) - sum((line.precise for line in lines), ZERO)
    if short:
        text = f"top-up to the minimum of {money(terms.minimum, price.currency)}"
        lines.append(_line(price, period, "minimum", text, short))
    return lines


def late_line(
    price: PriceVersion, meter: str, quantities_before: Quantities, late: Decimal, period: Period
) -> Line:
    """Use that became known after its period was billed, under that period's own price.

    `quantities_before` is all that earlier lines of the period billed, late ones included;
    `period` is its start and end. Raises Problem on a meter that the price does not know.

    Why a difference of two spends: a closed invoice never changes, so the line brings the
    customer to what the period would have cost had all been known in time, wherever the late
    units fall: in the included units, across a tier, in a minimum that was topped up. Why both
    sides stay exact and only the line is rounded, once, like any other: precise amounts then
    add up over any number of late lines without a remainder.
    A volume tier reached late can make the line negative: the units billed before got cheaper.
    """
    terms = price.terms
    found = next((one for one in terms.meters if one.meter == meter), None)
    if found is None:
        raise Problem(f"{price.plan}@{price.version} has no price for the meter {meter!r}")
    with localcontext(_EXACT):
        old = quantities_before.get(meter, ZERO)
        steps = _steps_between(found, old, old + late)
        after = spend(terms, {**quantities_before, meter: old + late})
        precise = after - spend(terms, quantities_before)
        eaten = precise - sum((step.amount for step in steps), ZERO)
    if eaten:
        steps.append(Step("minimum", ZERO, None, ZERO, ZERO, eaten))
    line = _line(price, period, "late_usage", f"{_shown(late)} {meter} reported late", precise)
    return replace(line, meter=meter, quantity=late, steps=tuple(steps))


def _steps_between(terms: MeterTerms, old: Decimal, new: Decimal) -> list[Step]:
    """Steps of the new total less those of the old one, tier by tier."""
    merged: dict[str, Step] = {}
    for sign, total in ((1, new), (-1, old)):
        for step in usage_amount(terms, total)[1]:
            known = merged[step.label].units if step.label in merged else ZERO
            units = known + sign * step.units
            merged[step.label] = replace(step, units=units, amount=units * step.rate)
    return [step for step in merged.values() if step.units]


def line_json(line: Line) -> dict[str, object]:
    """A line as an invoice stores it: `amount` and `tax` in minor units, decimals as text."""
    fields: dict[str, object] = msgspec.to_builtins(line, builtin_types=(Decimal, datetime))
    return {name: plain(value) for name, value in fields.items()}
