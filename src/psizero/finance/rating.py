"""What use costs: pure calculators from quantities and a price to the lines of an invoice.

Order: usage, included units, tiers, minimum, usage discounts, maximum, tax. Amounts are exact
decimals in major units until the end; a line is rounded once, half away from zero, to integer
minor units.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext

from msgspec.structs import replace

from psizero.core.errors import Problem
from psizero.core.money import money
from psizero.finance.discounts import discounted, undiscounted
from psizero.finance.faults import check, terms_from_json
from psizero.finance.lines import PERIOD_MAXIMUM, Line, Period, line_json, new_line, shown
from psizero.finance.price_models import (
    EXACTLY,
    ZERO,
    Quantities,
    Step,
    plain_step,
    steps_between,
    usage_amount,
)
from psizero.finance.proration import WHOLE
from psizero.finance.stretches import Stretch, Used, stretch_lines, unpriced
from psizero.finance.taxes import by_share, taxed
from psizero.finance.terms import MeterTerms, PriceVersion, Terms, Tier, terms_to_json

__all__ = [
    "Line",
    "MeterTerms",
    "PriceVersion",
    "Step",
    "Terms",
    "Tier",
    "check",
    "line_json",
    "terms_from_json",
    "terms_to_json",
    "unpriced",
    "usage_amount",
]


def spend(terms: Terms, quantities: Quantities) -> Decimal:
    """Exact net of a whole period in major units: base and usage, topped up to the minimum, less
    usage discounts, at most the maximum.

    `base` is taken once, seats have to be in it. Meters that price each transaction are left out.
    """
    with localcontext(EXACTLY):
        usage = {
            one.meter: usage_amount(one, quantities.get(one.meter, ZERO))[0] for one in terms.meters
        }
        topped = max(sum(usage.values(), terms.base), terms.minimum)
        net = topped - discounted(terms, usage)
        return net if terms.maximum is None else min(net, terms.maximum)


def invoice_lines(
    price: PriceVersion,
    quantities: Quantities,
    period_start: datetime,
    period_end: datetime,
    seats: int = 1,
) -> list[Line]:
    """Lines of one whole period: the fixed fee if there is one, each meter used, the top-up if due.

    A meter used within its included units has a line of 0, so that the customer sees the use; a
    meter without use has none. The top-up makes the posted sum the minimum, also of an empty
    period. Meters that the price does not know have no line: see `unpriced`.
    """
    used, held = Used(quantities), ((seats, WHOLE),)
    stretch = Stretch(price=price, start=period_start, end=period_end, used=used, seats=held)
    return taxed(stretch_lines(stretch), by_share(price.terms.tax_share), price.currency)


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
    with localcontext(EXACTLY):
        old = quantities_before.get(meter, ZERO)
        steps = steps_between(usage_amount(found, old)[1], usage_amount(found, old + late)[1])
        before = spend(terms, quantities_before)
        after = spend(terms, {**quantities_before, meter: old + late})
        precise = after - before
        eaten = precise - sum((step.amount for step in steps), ZERO)
    if eaten:
        steps.append(plain_step(_why(terms, before, after), eaten))
    line = new_line(price, period, "late_usage", f"{shown(late)} {meter} reported late", precise)
    whole = replace(line, meter=meter, quantity=late, steps=tuple(steps))
    return taxed([whole], by_share(terms.tax_share), price.currency)[0]


def _why(terms: Terms, before: Decimal, after: Decimal) -> str:
    """What else changes when more use becomes known."""
    if terms.maximum is not None and terms.maximum in (before, after):
        return PERIOD_MAXIMUM
    return "discount and minimum" if terms.discounts else "minimum"


def commitment_line(
    price: PriceVersion, spent_before: Decimal, lines: Sequence[Line], period: Period
) -> Line | None:
    """The true-up at the end of a commitment's term, where less was spent than was promised.

    `spent_before` is what the term's earlier bills posted, before discounts; `lines` are those of
    its last one. None where there is no commitment, or it was met.
    """
    promised = price.terms.commitment
    if promised is None:
        return None
    with localcontext(EXACTLY):
        short = promised.amount - spent_before - undiscounted(lines, price.currency)
    if short <= 0:
        return None
    over = f"{promised.periods:,} periods" if promised.periods > 1 else "1 period"
    text = f"top-up to the commitment of {money(promised.amount, price.currency)} over {over}"
    return new_line(price, period, "minimum", text, short)
