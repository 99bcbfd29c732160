"""A second calculation of every price model, slow and obvious: by half units, in fractions.

Quantities, bounds and packages lie on a grid of half units, so that each half unit is wholly in
one tier and one package.
"""

from collections.abc import Sequence
from fractions import Fraction

from psizero.finance.terms import MeterTerms, Tier, UsageDiscount

HALF = Fraction(1, 2)


def tier_of(tiers: Sequence[Tier], end: Fraction) -> int:
    """The place of the tier that holds what ends at `end`."""
    for place, tier in enumerate(tiers):
        if tier.up_to is None or end <= Fraction(tier.up_to):
            return place
    raise AssertionError("the last tier has no end")


def sliced(tiers: Sequence[Tier], total: Fraction, volume: bool) -> Fraction:
    """Every half unit at the rate of its tier, and each tier that has some with its fee, once."""
    amount, seen, end = Fraction(0), set[int](), Fraction(0)
    while end < total:
        end += HALF
        place = tier_of(tiers, total if volume else end)
        amount += HALF * Fraction(tiers[place].rate)
        seen.add(place)
    return amount + sum(Fraction(tiers[place].fee or 0) for place in seen)


def packaged(size: Fraction, rate: Fraction, total: Fraction) -> Fraction:
    """Put half units into packages, and open a new one when there is no room."""
    opened, room, left = 0, Fraction(0), total
    while left > 0:
        if room == 0:
            opened, room = opened + 1, size
        left, room = left - HALF, room - HALF
    return opened * rate


def by_transaction(terms: MeterTerms, transactions: Sequence[Fraction]) -> Fraction:
    """One transaction after the other."""
    each, amount, free = terms.transaction, Fraction(0), Fraction(terms.included)
    assert each is not None
    for one in transactions:
        if one < 0:
            continue
        covered = min(free, one)
        had, free = free, free - covered
        if had > 0 and covered == one:
            continue
        price = (one - covered) * Fraction(terms.tiers[0].rate) + Fraction(each.fee)
        if each.minimum is not None:
            price = max(price, Fraction(each.minimum))
        if each.maximum is not None:
            price = min(price, Fraction(each.maximum))
        amount += price
    return amount


def metered(terms: MeterTerms, transactions: Sequence[Fraction], final: bool = True) -> Fraction:
    """What a meter costs in a period."""
    total = max(sum(transactions, Fraction(0)) - Fraction(terms.included), Fraction(0))
    rate = Fraction(terms.tiers[0].rate)
    if terms.transaction is not None:
        amount = by_transaction(terms, transactions)
    elif terms.mode == "package":
        assert terms.package is not None
        amount = packaged(Fraction(terms.package), rate, total)
    elif terms.mode in ("per_unit", "percentage"):
        amount = total * rate
    else:
        amount = sliced(terms.tiers, total, terms.mode == "volume")
    if final and terms.minimum is not None:
        amount = max(amount, Fraction(terms.minimum))
    return amount if terms.maximum is None else min(amount, Fraction(terms.maximum))


def off(discount: UsageDiscount, spent: Fraction) -> Fraction:
    """What a usage discount takes off, by the edges between its tiers."""
    if discount.mode == "volume":
        return spent * Fraction(discount.tiers[tier_of(discount.tiers, spent)].rate)
    amount, low = Fraction(0), Fraction(0)
    for tier in discount.tiers:
        high = spent if tier.up_to is None else min(spent, Fraction(tier.up_to))
        amount += max(high - low, Fraction(0)) * Fraction(tier.rate)
        low = max(low, high)
    return amount


def rounded(amount: Fraction, digits: int) -> int:
    """Minor units, half away from zero, by counting halves."""
    scaled = abs(amount) * 10**digits
    whole = int(scaled * 2 + 1) // 2
    return whole if amount >= 0 else -whole
