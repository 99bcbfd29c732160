"""The lines of an invoice: each is rounded once, and shows the steps to its amount."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from psizero.core.content import decimal_text, plain
from psizero.core.money import CURRENCY_DIGITS, EXACT, money
from psizero.finance.price_models import ONE, ZERO, Step, plain_step
from psizero.finance.proration import split
from psizero.finance.terms import PriceVersion

PERIOD_MAXIMUM = "maximum of the period"
Period = tuple[datetime, datetime]  # first instant, first instant after


class TaxPart(msgspec.Struct, frozen=True, rename={"tax_minor": "tax"}):
    """One of several taxes on a line, by its share; minor units."""

    name: str
    share: Decimal
    tax_minor: int


class Line(
    msgspec.Struct, frozen=True, kw_only=True, rename={"amount_minor": "amount", "tax_minor": "tax"}
):
    """One line of an invoice. `kind`: base, usage, minimum, late_usage.

    `precise` is exact and in major units, `amount_minor` is it rounded once. `tax_minor` is tax
    on the amount as posted, so that whoever holds the invoice can add it up again; `taxes` are its
    parts where they have names.
    """

    kind: str
    description: str
    meter: str = ""
    quantity: Decimal | None = None
    period_start: datetime
    period_end: datetime
    precise: Decimal
    amount_minor: int
    tax_minor: int = 0
    steps: tuple[Step, ...] = ()
    taxes: tuple[TaxPart, ...] = ()


def new_line(price: PriceVersion, period: Period, kind: str, text: str, precise: Decimal) -> Line:
    """A line with its precise amount rounded, once; its tax comes last."""
    return Line(
        kind=kind,
        description=text,
        period_start=period[0],
        period_end=period[1],
        precise=precise,
        amount_minor=money(precise, price.currency).minor,
    )


def line_json(line: Line) -> dict[str, object]:
    """A line as an invoice stores it: `amount` and `tax` in minor units, decimals as text."""
    fields: dict[str, object] = msgspec.to_builtins(line, builtin_types=(Decimal, datetime))
    if not line.taxes:
        del fields["taxes"]
    return {name: plain(value) for name, value in fields.items()}


def major(minor: int, currency: str) -> Decimal:
    """Minor units as an exact amount in major ones."""
    return Decimal(minor).scaleb(-CURRENCY_DIGITS[currency], EXACT)


def shown(number: Decimal) -> str:
    """A number for people: 1,250,000.5."""
    return f"{Decimal(decimal_text(number)):,f}"


def reduced(line: Line, steps: Sequence[Step], currency: str) -> Line:
    """The line with further steps, rounded anew; one that showed no steps shows what it was."""
    if not steps:
        return line
    before = line.steps or (Step("full amount", ZERO, None, ONE, line.precise, line.precise),)
    precise = EXACT.add(line.precise, sum((step.amount for step in steps), ZERO))
    amount = money(precise, currency).minor
    return replace(line, precise=precise, amount_minor=amount, steps=(*before, *steps))


def less(line: Line, minor: int, label: str, currency: str) -> Line:
    """The line less so many minor units of what is posted of it, to the unit.

    What was lost or won by rounding is a step of its own, or the rest could round otherwise.
    """
    if not minor:
        return line
    rest = EXACT.subtract(major(line.amount_minor, currency), line.precise)
    steps = [plain_step("rounding", rest)] if rest else []
    return reduced(line, [*steps, plain_step(label, major(-minor, currency))], currency)


def limited(lines: Sequence[Line], total_minor: int, currency: str) -> list[Line]:
    """Lines brought to a total for the sake of a maximum, in proportion, by largest remainder.

    Charges are cut, and where there is too little of these to cut, credits; the lines changed are
    whole minor units then, so what is posted is the total exactly.
    """
    charges = sum(line.amount_minor for line in lines if line.amount_minor > 0)
    credits = charges - sum(line.amount_minor for line in lines)
    if charges - credits == total_minor:
        return list(lines)
    cut_charges = charges - credits > total_minor
    part = total_minor + credits if cut_charges else total_minor - charges
    sign = 1 if cut_charges else -1
    weights = [max(sign * line.amount_minor, 0) for line in lines]
    found = []
    for line, minor in zip(lines, split(part, weights), strict=True):
        step = plain_step(PERIOD_MAXIMUM, EXACT.subtract(major(minor, currency), line.precise))
        found.append(reduced(line, [step] if sign * line.amount_minor > 0 else [], currency))
    return found
