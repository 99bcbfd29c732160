"""Every kind of line has its accounts, whoever adds a kind."""

import re
from datetime import datetime
from decimal import Decimal

import pytest

from psizero.finance import lines
from psizero.finance.books import CONTRACT, EARNED, recognised, sides
from psizero.finance.lines import Line

NAMED = re.search(r"`kind`: ([\w, ]+)\.", Line.__doc__ or "")
KINDS: list[str] = sorted(getattr(lines, "LINE_KINDS", NAMED[1].split(", ") if NAMED else ()))
"""As they are declared where Line is: by the constant LINE_KINDS there, or by Line's own words."""


def test_the_kinds_are_declared() -> None:
    assert {"base", "usage", "minimum", "late_usage"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_line_has_its_accounts(kind: str) -> None:
    """finance/books.py says under which sort it is earned: subscription or usage."""
    assert kind in CONTRACT and kind in EARNED, f"{kind} has no account in finance/books.py"
    assert recognised(EARNED[kind], 5) == {CONTRACT[kind]: 5, EARNED[kind]: -5}
    line = Line(
        kind=kind,
        description="",
        period_start=datetime(2026, 1, 1),
        period_end=datetime(2026, 2, 1),
        precise=Decimal("-1.19"),
        amount_minor=-119,
        tax_minor=-23,
    )
    posted = sides([line])
    assert posted == {"receivable": -142, CONTRACT[kind]: 119, "tax_payable": 23}
    assert sum(posted.values()) == 0
