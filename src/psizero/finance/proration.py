"""Parts of a whole: shares of a period by second or by day, and amounts split without a rest.

A share is of the full period, never of what is left of it after it was cut.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from psizero.core.clock import MICROSECOND
from psizero.core.content import decimal_text
from psizero.core.money import EXACT
from psizero.finance.cycles import Period, local_day, midnight
from psizero.finance.faults import QUANTITY_DIGITS, RATE_DIGITS
from psizero.finance.terms import MeterTerms, Terms, Tier

POLICIES = ("second", "day", "none")
"""By elapsed time, by days of the customer's zone, or not at all: changes wait for the next period.

By day, what begins on a day has all of it, and what ends on a day has all of it too: a change
belongs to the new plan, a termination to the old one.
"""
_SECOND = 1_000_000


class Share(msgspec.Struct, frozen=True):
    """`used` of `whole`, in the unit that the policy counts: microseconds or days."""

    used: int
    whole: int
    unit: str = "days"

    @property
    def text(self) -> str:
        """For people: 10 of 31 days."""
        if self.unit == "days":
            return f"{self.used:,} of {self.whole:,} days"
        used, whole = (Decimal(count) / _SECOND for count in (self.used, self.whole))
        return f"{_shown(used)} of {_shown(whole)} seconds"


WHOLE = Share(1, 1)


def _shown(number: Decimal) -> str:
    return f"{Decimal(decimal_text(number)):,f}"


def began(at: datetime, zone: str, policy: str) -> datetime:
    """From when on what begins at an instant counts."""
    return midnight(local_day(at, zone), zone) if policy == "day" else at


def ended(at: datetime, zone: str, policy: str) -> datetime:
    """Until when what ends at an instant counts."""
    if policy != "day":
        return at
    return midnight(local_day(at - MICROSECOND, zone) + timedelta(days=1), zone)


def shares(period: Period, cuts: Sequence[datetime], policy: str) -> list[Share]:
    """The share of the period for each part between two cuts, the first and the last included.

    They sum to what the first and the last cut leave of the period. With the policy none every
    part counts as whole.
    """
    if policy == "none":
        return [WHOLE] * (len(cuts) - 1)
    marks = [_mark(period, cut, policy) for cut in cuts]
    whole, unit = (period.days, "days") if policy == "day" else (_elapsed(period), "seconds")
    return [Share(later - earlier, whole, unit) for earlier, later in pairwise(marks)]


def _elapsed(period: Period) -> int:
    return (period.end - period.start) // MICROSECOND


def _mark(period: Period, at: datetime, policy: str) -> int:
    """How much of the period lies before an instant."""
    if policy == "second":
        return (at - period.start) // MICROSECOND
    if at == period.end:
        return period.days
    return min(max((local_day(at, period.zone) - period.first_day).days, 0), period.days)


def prorated(value: Decimal, share: Share, digits: int = RATE_DIGITS[1]) -> Decimal:
    """The share of an amount, rounded once to the digits that the house keeps of it."""
    if share.used == share.whole:
        return value
    with localcontext(EXACT):
        return (value * share.used / share.whole).quantize(Decimal(1).scaleb(-digits))


def summed(parts: Sequence[tuple[Decimal, Share]]) -> tuple[Decimal, list[Decimal]]:
    """Exact-but-for-76-digits sum of amounts by their shares, and each, which sum to it rounded.

    Each is the difference of two running totals rounded to 15 digits: no part of a period is
    rounded for itself, so that parts of one amount come to the whole of it.
    """
    running, before, found = Fraction(0), Decimal(0), list[Decimal]()
    with localcontext(EXACT):
        if all(share.used == share.whole for _, share in parts):
            return sum((value for value, _ in parts), Decimal(0)), [value for value, _ in parts]
        for value, share in parts:
            running += Fraction(value) * share.used / share.whole
            total = Decimal(running.numerator) / running.denominator
            rounded = total.quantize(Decimal(1).scaleb(-RATE_DIGITS[1]))
            found.append(rounded - before)
            before = rounded
        return Decimal(running.numerator) / running.denominator, found


def scaled(terms: Terms, share: Share) -> Terms:
    """What of a price's allowances a part of a period has: included units, bounds, minima, maxima.

    The fee and the seats are left: see `summed`. Prices of units, packages and transactions stay.
    """
    if share.used == share.whole:
        return terms
    return replace(
        terms,
        minimum=prorated(terms.minimum, share),
        maximum=_maybe(terms.maximum, share),
        meters=tuple(_scaled_meter(one, share) for one in terms.meters),
        discounts=tuple(
            replace(one, tiers=_scaled_tiers(one.tiers, share, RATE_DIGITS[1]))
            for one in terms.discounts
        ),
    )


def _maybe(value: Decimal | None, share: Share, digits: int = RATE_DIGITS[1]) -> Decimal | None:
    return None if value is None else prorated(value, share, digits)


def _scaled_meter(terms: MeterTerms, share: Share) -> MeterTerms:
    digits = QUANTITY_DIGITS[1]
    return replace(
        terms,
        included=prorated(terms.included, share, digits),
        tiers=_scaled_tiers(terms.tiers, share, digits),
        minimum=_maybe(terms.minimum, share),
        maximum=_maybe(terms.maximum, share),
    )


def _scaled_tiers(tiers: tuple[Tier, ...], share: Share, digits: int) -> tuple[Tier, ...]:
    return tuple(
        replace(one, up_to=_maybe(one.up_to, share, digits), fee=_maybe(one.fee, share))
        for one in tiers
    )


def split(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number divided in proportion to weights, by largest remainder; the first wins a tie.

    The parts sum to `total`, and none is further than 1 from its exact share. Raises ValueError
    where there is something to divide and no weight, or a weight below zero.
    """
    sum_of = sum(weights)
    if any(weight < 0 for weight in weights) or (total and not sum_of):
        raise ValueError(f"{total} cannot be divided over {list(weights)}")
    if not total:
        return [0] * len(weights)
    sign = 1 if total > 0 else -1
    parts = [divmod(abs(total) * weight, sum_of) for weight in weights]
    left = abs(total) - sum(part for part, _ in parts)
    largest = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left]
    return [sign * (part + (place in largest)) for place, (part, _) in enumerate(parts)]
