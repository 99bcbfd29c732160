"""What is taken off: usage discounts of a price, and coupons of a customer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

import msgspec
from msgspec.structs import replace

from psizero.core.content import decimal_text
from psizero.core.errors import Problem
from psizero.core.money import EXACT, money
from psizero.finance.faults import RATE_DIGITS
from psizero.finance.lines import Line, Period, less, major, new_line, reduced
from psizero.finance.price_models import EXACTLY, ZERO, Step, tiered
from psizero.finance.proration import split
from psizero.finance.terms import PriceVersion, Terms, UsageDiscount


class Coupon(msgspec.Struct, frozen=True):
    """A share (0 to 1) off every line, or an amount in major units off each period."""

    name: str
    share: Decimal | None = None
    amount: Decimal | None = None

    def check(self) -> None:
        """Raises Problem on a coupon that takes nothing, two things, or more than all."""
        said = f"coupon {self.name!r}"
        if (self.share is None) == (self.amount is None):
            raise Problem(f"{said}: it has a `share` or an `amount`")
        if self.share is not None and not 0 <= self.share <= 1:
            raise Problem(f"{said}: `share` is {self.share}, a share is 0 to 1")
        if self.amount is not None and self.amount < 0:
            raise Problem(f"{said}: `amount` is {self.amount}, it must be 0 or more")
        whole, behind = RATE_DIGITS
        value = self.share if self.amount is None else self.amount
        if value is not None and len(decimal_text(value).partition(".")[2]) > behind:
            raise Problem(f"{said}: at most {behind} digits behind the point")
        if value is not None and value.adjusted() >= whole:
            raise Problem(f"{said}: at most {whole} digits before the point")


def discounted(terms: Terms, usage: Mapping[str, Decimal]) -> Decimal:
    """What the usage discounts of a price take off, of the exact amounts by meter."""
    if not terms.discounts:
        return ZERO
    off = (step.amount for one in terms.discounts for step in _off(one, usage))
    return -sum(off, ZERO)


def _off(one: UsageDiscount, usage: Mapping[str, Decimal]) -> list[Step]:
    with localcontext(EXACTLY):
        spent = sum((usage.get(meter, ZERO) for meter in one.meters or usage), ZERO)
        return [
            replace(step, rate=-step.rate, amount=-step.amount)
            for step in tiered(one.tiers, max(spent, ZERO), one.mode == "volume")
        ]


def discount_lines(
    price: PriceVersion, terms: Terms, usage: Mapping[str, Decimal], period: Period
) -> list[Line]:
    """A line for each usage discount, over what its meters come to in the period.

    `terms` are the price's, as they are for this part of a period.
    """
    found = []
    for one in terms.discounts:
        steps = _off(one, usage)
        with localcontext(EXACTLY):
            off = sum((step.amount for step in steps), ZERO)
        if off:
            text = f"discount on {' and '.join(one.meters) or 'all usage'}"
            found.append(replace(new_line(price, period, "usage", text, off), steps=tuple(steps)))
    return found


def undiscounted(lines: Sequence[Line], currency: str) -> Decimal:
    """What lines come to before usage discounts, as posted, in major units."""
    counted = (line.amount_minor for line in lines if line.meter or line.kind != "usage")
    return major(sum(counted), currency)


def couponed(
    lines: Sequence[Line], coupons: Sequence[Coupon], used: Mapping[str, int], currency: str
) -> tuple[list[Line], dict[str, int]]:
    """The lines after each coupon in its order, and what of each amount is used up by now.

    An amount is divided over the lines by largest remainder, so that it comes off exactly, and
    never takes more than there is: the rest is lost, unless the same period is billed again.
    `used` are minor units by coupon, of earlier bills of the same period.
    """
    left, now = list(lines), dict(used)
    for coupon in coupons:
        label = f"coupon {coupon.name}"
        if coupon.share is not None:
            left = [_shared(line, coupon.share, label, currency) for line in left]
        elif coupon.amount is not None:
            known = now.get(coupon.name, 0)
            wanted = money(coupon.amount, currency).minor - known
            taken = max(0, min(wanted, sum(line.amount_minor for line in left)))
            left = _taken_off(left, taken, label, currency)
            now[coupon.name] = known + taken
    return left, now


def _shared(line: Line, share: Decimal, label: str, currency: str) -> Line:
    off = EXACT.multiply(line.precise, -share)
    step = Step(label, ZERO, None, line.precise, -share, off)
    return reduced(line, [step] if off else [], currency)


def _taken_off(lines: Sequence[Line], minor: int, label: str, currency: str) -> list[Line]:
    weights = [max(line.amount_minor, 0) for line in lines]
    parts = split(minor, weights)
    return [less(line, part, label, currency) for line, part in zip(lines, parts, strict=True)]
