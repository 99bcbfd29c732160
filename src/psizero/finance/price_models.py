"""Price models: from what a meter counted in a period to the steps of its price.

Every model is a function of the period's running total, never of the single bill, so that what a
period costs does not depend on how often it is billed: a bill is the difference of two totals.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, Inexact, localcontext

import msgspec

from psizero.core.money import EXACT
from psizero.finance.terms import MeterTerms, PerTransaction, Tier

ZERO, ONE = Decimal(0), Decimal(1)
EXACTLY = EXACT.copy()
EXACTLY.traps[Inexact] = True  # an error, instead of a digit lost in silence

Transaction = tuple[Decimal, int]
"""An amount in major units, and how many transactions of it followed each other."""
Quantities = Mapping[str, Decimal]  # by meter, totals of a period
Transactions = Mapping[str, Sequence[Transaction]]  # by meter, in the order in which they happened


class Step(msgspec.Struct, frozen=True):
    """One visible step of a line; the amounts of a line's steps sum to its precise amount.

    `label` is included, tier N, tier N fee, per unit, package, share, transaction fee, minimum or
    maximum, minimum or maximum (of the meter), maximum of the period, coupon NAME, rounding, tax in
    the price, or seats and their part of the period. Bounds of a tier count units over the included
    ones. Of a part of a period `amount` is the share of what the units cost in a whole one.
    """

    label: str
    from_units: Decimal
    to_units: Decimal | None
    units: Decimal
    rate: Decimal
    amount: Decimal


def usage_amount(
    terms: MeterTerms,
    quantity: Decimal,
    transactions: Sequence[Transaction] = (),
    final: bool = True,
) -> tuple[Decimal, list[Step]]:
    """Exact amount in major units of a period's total quantity, and the steps to it.

    Bounds are inclusive and continuous: with a bound of 5, 5 is in tier 1 and 5.001 enters tier
    2. A total below zero costs zero. The meter's minimum is topped up only where the total is
    `final`. A percentage with a price for each transaction needs the `transactions`.
    """
    with localcontext(EXACTLY):
        if terms.transaction is not None:
            steps = list(_by_transaction(terms, terms.transaction, transactions))
        else:
            total = max(quantity, ZERO)
            free = min(total, terms.included)
            steps = [Step("included", ZERO, terms.included, free, ZERO, ZERO)] if free else []
            steps.extend(priced(terms, total - free))
        amount = sum((step.amount for step in steps), ZERO)
        if final and terms.minimum is not None and amount < terms.minimum:
            steps.append(plain_step("minimum", terms.minimum - amount))
            amount = terms.minimum
        if terms.maximum is not None and amount > terms.maximum:
            steps.append(plain_step("maximum", terms.maximum - amount))
            amount = terms.maximum
        return amount, steps


def plain_step(label: str, amount: Decimal) -> Step:
    """A step that has no units."""
    return Step(label, ZERO, None, ZERO, ZERO, amount)


def priced(terms: MeterTerms, overage: Decimal) -> Iterator[Step]:
    """The steps of units over the included ones, in every mode that needs no more than these."""
    if terms.mode == "package":
        yield from _packages(terms, overage)
    elif terms.mode in ("per_unit", "percentage"):
        label = "per unit" if terms.mode == "per_unit" else "share"
        rate = terms.tiers[0].rate
        if overage:
            yield Step(label, ZERO, None, overage, rate, overage * rate)
    else:
        yield from tiered(terms.tiers, overage, terms.mode == "volume")


def tiered(tiers: Sequence[Tier], overage: Decimal, volume: bool) -> Iterator[Step]:
    """Walk up the tiers: graduated takes each slice on the way, volume all units at the last."""
    low = ZERO
    for place, tier in enumerate(tiers, 1):
        high = overage if tier.up_to is None else min(overage, tier.up_to)
        units = overage if volume else high - low
        if units and (not volume or high == overage):
            yield Step(f"tier {place}", low, tier.up_to, units, tier.rate, units * tier.rate)
            if tier.fee is not None:
                yield Step(f"tier {place} fee", low, tier.up_to, ONE, tier.fee, tier.fee)
        if high == overage:
            return
        low = high


def _packages(terms: MeterTerms, overage: Decimal) -> Iterator[Step]:
    """Packages that were begun: the last one counts in full however little of it is used."""
    size = terms.package or ONE
    whole, rest = divmod(overage, size)
    begun = whole + 1 if rest else whole
    rate = terms.tiers[0].rate
    if begun:
        yield Step("package", ZERO, size, begun, rate, begun * rate)


class _Sum(msgspec.Struct):
    """What transactions came to, by how each was priced."""

    free: Decimal = ZERO
    paid: Decimal = ZERO
    charged: int = 0
    raised: int = 0
    cut: int = 0


def _by_transaction(
    terms: MeterTerms, each: PerTransaction, transactions: Sequence[Transaction]
) -> Iterator[Step]:
    """The first `included` major units are free, in the order of the transactions.

    A transaction wholly within them costs nothing; of one that is partly within, the share is
    taken of the rest, and fee and bounds hold as for any other. One below zero costs nothing.
    """
    found, rate = _Sum(), terms.tiers[0].rate
    for amount, times in transactions:
        if amount >= 0:
            _add(found, amount, times, terms, each)
    if found.free:
        yield Step("included", ZERO, terms.included, found.free, ZERO, ZERO)
    if found.paid:
        yield Step("share", ZERO, None, found.paid, rate, found.paid * rate)
    bounds = (
        ("transaction fee", found.charged, each.fee),
        ("transaction minimum", found.raised, each.minimum or ZERO),
        ("transaction maximum", found.cut, each.maximum or ZERO),
    )
    for label, count, price in bounds:
        if count and (price or label != "transaction fee"):
            yield Step(label, ZERO, None, Decimal(count), price, count * price)


def _add(found: _Sum, amount: Decimal, times: int, terms: MeterTerms, each: PerTransaction) -> None:
    left = terms.included - found.free
    if left > 0 and amount <= left:
        free = min(times, int(left // amount)) if amount else times
        found.free += amount * free
        times, left = times - free, left - amount * free
    if left > 0 and times:
        found.free += left
        _charge(found, amount - left, 1, terms, each)
        times -= 1
    if times:
        _charge(found, amount, times, terms, each)


def _charge(
    found: _Sum, paid: Decimal, times: int, terms: MeterTerms, each: PerTransaction
) -> None:
    """So many transactions of the same amount, of which `paid` is not free."""
    price = paid * terms.tiers[0].rate + each.fee
    if each.minimum is not None and price < each.minimum:
        found.raised += times
    elif each.maximum is not None and price > each.maximum:
        found.cut += times
    else:
        found.paid += paid * times
        found.charged += times


def steps_between(old: Sequence[Step], new: Sequence[Step]) -> list[Step]:
    """Steps of a new total less those of an old one, label by label."""
    merged: dict[str, Step] = {}
    for sign, steps in ((1, new), (-1, old)):
        for step in steps:
            known = merged.get(step.label)
            units = (known.units if known else ZERO) + sign * step.units
            amount = (known.amount if known else ZERO) + sign * step.amount
            merged[step.label] = msgspec.structs.replace(step, units=units, amount=amount)
    return [step for step in merged.values() if step.units or step.amount]
