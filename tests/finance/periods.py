"""Periods of two meters, billed once or after every round, and what they cost by hand."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.finance.lines import Line
from psizero.finance.stretches import NOTHING, Stretch, Used, stretch_lines
from psizero.finance.terms import PriceVersion
from tests.finance.priced import halves
from tests.finance.slow_prices import metered, off

START, END = datetime(2026, 9, 1), datetime(2026, 10, 1)
ROUNDS = st.lists(st.tuples(halves(0, 30), halves(0, 30)), min_size=1, max_size=4)


def used(*rounds: tuple[Decimal, Decimal]) -> Used:
    """Calls and tokens so far, each round one transaction of either."""
    each = {name: [(one[place], 1) for one in rounds] for place, name in enumerate(NAMES)}
    totals = {name: sum((amount for amount, _ in rows), Decimal(0)) for name, rows in each.items()}
    return Used(totals, each)


NAMES = ("calls", "tokens")


def billed(of: PriceVersion, rounds: Sequence[tuple[Decimal, Decimal]], often: bool) -> list[Line]:
    """All lines of a period, billed once, or after every round."""
    lines, before = list[Line](), NOTHING
    for place in range(len(rounds)) if often else [len(rounds) - 1]:
        now = used(*rounds[: place + 1])
        stretch = Stretch(price=of, start=START, end=END, used=now, before=before)
        final = place == len(rounds) - 1
        lines += stretch_lines(replace(stretch, billed=tuple(lines), final=final))
        before = now
    return lines


def slow(of: PriceVersion, rounds: Sequence[tuple[Decimal, Decimal]]) -> Fraction:
    """The net of a period."""
    spent = {
        one.meter: metered(one, [Fraction(row[NAMES.index(one.meter)]) for row in rounds])
        for one in of.terms.meters
    }
    net = max(Fraction(of.terms.base) + sum(spent.values()), Fraction(of.terms.minimum))
    for one in of.terms.discounts:
        net -= off(one, sum((spent[name] for name in one.meters or NAMES), Fraction(0)))
    return net if of.terms.maximum is None else min(net, Fraction(of.terms.maximum))
