"""Taxes on the lines of an invoice: several, exclusive or inclusive, by line or by invoice."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from psizero.core.errors import Problem
from psizero.core.money import EXACT, round_half_away
from psizero.finance.lines import Line, TaxPart, less
from psizero.finance.price_models import ZERO
from psizero.finance.proration import split

LEVELS = ("line", "invoice")
"""Where tax is rounded: on each line, or once on the invoice and then divided over its lines."""
TREATMENTS = ("standard", "exempt", "reverse_charge")


class Tax(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`share` is 0 to 1 of the net. A tax without a name has no part of its own on the lines."""

    name: str
    share: Decimal


class TaxRule(msgspec.Struct, frozen=True):
    """All taxes of an invoice. `inclusive`: prices hold them already.

    exempt: no tax. reverse_charge: no tax, since the customer owes it; an inclusive price is then
    the net, as nothing is in it.
    """

    taxes: tuple[Tax, ...]
    inclusive: bool = False
    level: str = "line"
    treatment: str = "standard"

    def check(self) -> None:
        """Raises Problem on words that are none of ours, and on shares that are none."""
        if self.level not in LEVELS:
            raise Problem(f"tax level is {self.level!r}, it must be {' or '.join(LEVELS)}")
        if self.treatment not in TREATMENTS:
            said = f"it must be {' or '.join(TREATMENTS)}"
            raise Problem(f"tax treatment is {self.treatment!r}, {said}")
        names = [tax.name for tax in self.taxes]
        for tax in self.taxes:
            if not 0 <= tax.share <= 1:
                raise Problem(f"tax {tax.name!r} has the share {tax.share}, a share is 0 to 1")
            if not tax.name or names.count(tax.name) > 1:
                raise Problem(f"tax {tax.name!r}: a tax has a name and stands there once")


def by_share(share: Decimal) -> TaxRule:
    """The one tax of a price, on top of each line."""
    return TaxRule((Tax("", share),))


def taxed(lines: Sequence[Line], rule: TaxRule, currency: str) -> list[Line]:
    """The lines with their tax; where prices hold it, their amounts become the net.

    Each tax is of the posted amount and rounded once, half away from zero: by line, or on the sum
    of the lines and then divided over them by largest remainder.
    """
    owed = rule.treatment == "standard"
    taxes = [tax if owed else replace(tax, share=ZERO) for tax in rule.taxes]
    amounts = [line.amount_minor for line in lines]
    if not owed and all(not tax.name for tax in taxes):
        return list(lines)
    columns = [_column(amounts, part, rule.level) for part in _parts(taxes, rule.inclusive)]
    found = []
    for place, line in enumerate(lines):
        due = [column[place] for column in columns]
        named = tuple(
            TaxPart(tax.name, tax.share, minor)
            for tax, minor in zip(taxes, due, strict=True)
            if tax.name
        )
        tax_minor = sum(due)
        net = less(line, tax_minor, "tax in the price", currency) if rule.inclusive else line
        found.append(replace(net, tax_minor=tax_minor, taxes=named))
    return found


def _parts(taxes: Sequence[Tax], inclusive: bool) -> list[Fraction]:
    """Each tax as a part of the posted amount: of the net, or of the gross that holds them all."""
    shares = [Fraction(tax.share) for tax in taxes]
    gross = sum(shares, Fraction(1)) if inclusive else Fraction(1)
    return [share / gross for share in shares]


def _column(amounts: Sequence[int], part: Fraction, level: str) -> list[int]:
    """One tax on all lines."""
    if not part:
        return [0] * len(amounts)
    if level == "line":
        return [_rounded(amount, part) for amount in amounts]
    total = _rounded(sum(amounts), part)
    weights = [max(amount, 0) for amount in amounts] if total > 0 else [abs(a) for a in amounts]
    return split(total, weights)


def _rounded(amount: int, part: Fraction) -> int:
    with localcontext(EXACT):
        exact = Decimal(amount * part.numerator) / part.denominator
    return int(round_half_away(exact))


def tax_back(net_minor: int, tax_minor: int, before_minor: int, now_minor: int) -> int:
    """The tax given back with `now_minor` of a line's net, of which `before_minor` went before.

    In proportion and cumulative, so that several refunds together give back the tax of what they
    refund, and all of the net all of the tax. Raises Problem on more than is left.
    """
    left = net_minor - before_minor
    if net_minor <= 0 or not 0 <= now_minor <= left or before_minor < 0:
        raise Problem(f"{now_minor} cannot be refunded of a line that has {left} left")
    part = Fraction(tax_minor, net_minor)
    return _rounded(before_minor + now_minor, part) - _rounded(before_minor, part)
