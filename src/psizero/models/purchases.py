"""How often those buy who never say that they have left: BG/NBD, by its likelihood.

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way: while alive a customer buys at
a rate that is gamma distributed (r, alpha), and after each purchase leaves with a chance that is
beta distributed (a, b). Pure maths on counts and times.
"""

from collections import Counter
from collections.abc import Sequence
from math import exp, inf, lgamma, log

import msgspec

from psizero.models.survival import lowest

Bought = tuple[int, float, float]
"""Purchases after the first one, when the last of them was, and how long we looked: since it."""


class Rates(msgspec.Struct, frozen=True):
    """r and alpha of the rate of purchases, a and b of the chance to leave after one."""

    r: float
    alpha: float
    a: float
    b: float


def fitted(customers: Sequence[Bought]) -> Rates:
    """The parameters of the highest likelihood, rounded to 6 decimals.

    Raises ValueError on times that cannot be, and where nobody ever came back.
    """
    if not any(count for count, _, _ in customers):
        raise ValueError("nobody bought twice")
    if any(not 0 <= last <= seen or count < 0 for count, last, seen in customers):
        raise ValueError("a purchase after the last day that was looked at, or before the first")
    many = sorted(Counter(customers).items())

    def unlikely(logs: Sequence[float]) -> float:
        if max(abs(one) for one in logs) > 50:
            return inf
        rates = Rates(*(exp(one) for one in logs))
        return -sum(count * likelihood(rates, one) for one, count in many)

    return Rates(*(round(exp(one), 6) for one in lowest(unlikely, (0.0, 0.0, 0.0, 0.0))))


def likelihood(rates: Rates, customer: Bought) -> float:
    """The logarithm of how likely one customer's purchases are (equation 6 there)."""
    count, last, seen = customer
    r, alpha, a, b = rates.r, rates.alpha, rates.a, rates.b
    bought = lgamma(r + count) - lgamma(r) + r * log(alpha)
    stayed = lgamma(a + b) + lgamma(b + count) - lgamma(b) - lgamma(a + b + count)
    alive = -(r + count) * log(alpha + seen)
    if not count:
        return bought + stayed + alive
    left = log(a) - log(b + count - 1) - (r + count) * log(alpha + last)
    highest = max(alive, left)
    return bought + stayed + highest + log(exp(alive - highest) + exp(left - highest))


def alive_share(rates: Rates, customer: Bought) -> float:
    """The chance that a customer is still one, 0 to 1, rounded to 6 decimals (Fader 2008, note)."""
    count, last, seen = customer
    if not count:
        return 1.0
    odds = log(rates.a) - log(rates.b + count - 1)
    odds += (rates.r + count) * (log(rates.alpha + seen) - log(rates.alpha + last))
    return round(1 / (1 + exp(min(odds, 700.0))), 6)
