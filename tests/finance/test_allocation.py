"""Money that came is used once and wholly: properties over any payments, credits and invoices."""

from collections import defaultdict
from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.tables import POLARS_TYPES
from psizero.finance.allocation import Part, allocated
from psizero.finance.receivables import TABLES

BEGIN = datetime(2026, 3, 1)
SCHEMAS = {
    table.name: {name: POLARS_TYPES[kept] for name, (kept, _) in table.columns.items()}
    for table in TABLES
    if hasattr(table, "columns")
}
WHO = st.sampled_from(["acme", "bolt"])
MONEY = st.sampled_from(["USD", "EUR"])


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of one of the tables."""
    return pl.DataFrame(rows, schema=SCHEMAS[name])


@st.composite
def waits(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.lists(st.tuples(WHO, MONEY, st.integers(1, 500), st.integers(0, 5)), max_size=6))
    return frame(
        "payments_waiting",
        [
            {"payment": f"p{n}", "customer": who, "currency": money, "amount_minor": minor}
            | {"invoice": str(named), "received_at": BEGIN + timedelta(hours=n), "open": True}
            | {"applied_minor": min(minor - 1, n)}
            for n, (who, money, minor, named) in enumerate(rows)
        ],
    )


@st.composite
def owed(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.lists(st.tuples(WHO, MONEY, st.integers(1, 500)), max_size=5))
    return frame(
        "receivables",
        [
            {"invoice": str(n), "customer": who, "currency": money, "total_minor": minor}
            | {"subscription": who, "applied_minor": min(minor - 1, 3 * n), "open": True}
            | {"issued_at": BEGIN - timedelta(days=n)}
            for n, (who, money, minor) in enumerate(rows)
        ],
    )


@st.composite
def kept(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.dictionaries(st.tuples(WHO, MONEY), st.integers(0, 400), max_size=3))
    return frame(
        "credits",
        [
            {"customer": who, "currency": money, "balance_minor": minor}
            for (who, money), minor in rows.items()
        ],
    )


def by(parts: list[Part], name: str) -> dict[str, int]:
    """The sum of the parts by one of their names."""
    found: dict[str, int] = defaultdict(int)
    for part in parts:
        found[str(getattr(part, name))] += part.amount_minor
    return found


@given(waits(), kept(), owed())
def test_nothing_is_created_and_nothing_is_lost(
    payments: pl.DataFrame, credits: pl.DataFrame, receivables: pl.DataFrame
) -> None:
    parts = list(allocated(payments, credits, receivables))
    assert all(part.amount_minor > 0 for part in parts)
    used = by([part for part in parts if part.payment], "payment")
    for row in payments.iter_rows(named=True):
        assert used[row["payment"]] == row["amount_minor"] - row["applied_minor"]
        last = [part for part in parts if part.payment == row["payment"]][-1]
        assert last.spends
    assert sum(part.spends for part in parts) == payments.height
    paid = by([part for part in parts if part.invoice], "invoice")
    for row in receivables.iter_rows(named=True):
        open_minor = row["total_minor"] - row["applied_minor"]
        assert paid[row["invoice"]] <= open_minor
        settles = [part.settles for part in parts if part.invoice == row["invoice"]]
        assert any(settles) == (paid[row["invoice"]] == open_minor)


@given(waits(), kept(), owed())
def test_money_stays_with_its_customer_and_its_currency(
    payments: pl.DataFrame, credits: pl.DataFrame, receivables: pl.DataFrame
) -> None:
    whose = dict(receivables.select("invoice", pl.struct("customer", "currency")).iter_rows())
    from_ = dict(payments.select("payment", pl.struct("customer", "currency")).iter_rows())
    balance = {
        (row["customer"], row["currency"]): row["balance_minor"]
        for row in credits.iter_rows(named=True)
    }
    for part in allocated(payments, credits, receivables):
        account = {"customer": part.customer, "currency": part.currency}
        assert not part.invoice or whose[part.invoice] == account
        assert not part.payment or from_[part.payment] == account
        if not part.payment:
            balance[part.customer, part.currency] -= part.amount_minor
    assert all(left >= 0 for left in balance.values())


@given(waits(), kept(), owed())
def test_nobody_owes_who_has_money_here(
    payments: pl.DataFrame, credits: pl.DataFrame, receivables: pl.DataFrame
) -> None:
    """A part is kept as a credit only where nothing more is owed."""
    parts = list(allocated(payments, credits, receivables))
    paid = by([part for part in parts if part.invoice], "invoice")
    for part in (one for one in parts if not one.invoice):
        mine = receivables.filter(customer=part.customer, currency=part.currency)
        for row in mine.iter_rows(named=True):
            assert paid[row["invoice"]] == row["total_minor"] - row["applied_minor"]


def test_the_invoice_named_goes_before_the_oldest() -> None:
    rows: list[dict[str, object]] = [
        {"invoice": name, "customer": "acme", "currency": "USD", "total_minor": 100}
        | {"applied_minor": 0, "issued_at": BEGIN + timedelta(days=day), "subscription": "a"}
        for name, day in (("7", 1), ("8", 2), ("9", 3))
    ]
    payment = {"payment": "p", "customer": "acme", "currency": "USD", "amount_minor": 150}
    payment |= {"invoice": "9", "received_at": BEGIN, "applied_minor": 0}
    parts = allocated(
        frame("payments_waiting", [payment]), frame("credits", []), frame("receivables", rows)
    )
    assert [(part.invoice, part.amount_minor) for part in parts] == [("9", 100), ("7", 50)]
