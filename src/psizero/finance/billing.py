"""From the parts of a period to the lines of its bill: what quotes and invoices have in common."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

import msgspec

from psizero.finance.discounts import Coupon, couponed, undiscounted
from psizero.finance.lines import Line
from psizero.finance.price_models import EXACTLY, ZERO
from psizero.finance.rating import commitment_line
from psizero.finance.taxes import TaxRule, by_share, taxed
from psizero.finance.terms import PriceVersion
from psizero.finance.timeline import Billed

Entry = tuple[Line, PriceVersion]


class Term(msgspec.Struct, frozen=True):
    """A commitment's term: the plan that has it, periods so far, and what was spent in them."""

    plan: str = ""
    periods: int = 0
    spent: Decimal = ZERO


def committed(period: Billed, entries: Sequence[Entry], term: Term) -> tuple[list[Entry], Term]:
    """The true-up of a commitment whose term ends with this period, and the term after it.

    A term belongs to a plan and begins with it; it ends after its periods, or with the
    subscription. What the plan's lines come to counts before discounts.
    """
    price = period.parts[-1].price
    known = term if term.plan == price.plan else Term(price.plan)
    periods, promised = known.periods + 1, price.terms.commitment
    lines = [line for line, one in entries if one.plan == price.plan]
    if promised is None or (periods < promised.periods and not period.last):
        with localcontext(EXACTLY):
            return [], Term(price.plan, periods, known.spent + undiscounted(lines, price.currency))
    line = commitment_line(price, known.spent, lines, (period.start, period.end))
    return [(line, price)] if line is not None else [], Term(price.plan)


def finished(
    entries: Sequence[Entry],
    coupons: Sequence[Coupon],
    taken: Mapping[str, int],
    rule: TaxRule | None,
) -> tuple[list[Entry], Mapping[str, int]]:
    """The lines after coupons and with their tax: the price's own, or that of the rule.

    `taken` is what earlier bills of the period took of each coupon, in minor units.
    """
    if not entries:
        return [], taken
    prices, currency = [price for _, price in entries], entries[0][1].currency
    lines, now = [line for line, _ in entries], taken
    if coupons:
        lines, now = couponed(lines, coupons, taken, currency)
    if rule is not None:
        return list(zip(taxed(lines, rule, currency), prices, strict=True)), now
    found: list[Entry] = []
    for line, price in zip(lines, prices, strict=True):
        found += [(one, price) for one in taxed([line], by_share(price.terms.tax_share), currency)]
    return found, now
