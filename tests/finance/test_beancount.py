"""The books of a home that was flown, with credits and bad debts, and as Beancount reads them."""

import csv
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from beancount import loader
from beancount.core.data import Open, Transaction
from beancount.scripts.check import main as bean_check
from click.testing import CliRunner

from psizero.finance.beancount import account_name, text
from psizero.house.home import House
from tests.finance.ledgers import booked, paid_and_given_back
from tests.house.flights import say
from tests.toy.town import entered


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return booked(tmp_path_factory.mktemp("books") / "home", paid_and_given_back)


def test_what_was_given_up_and_given_back_is_in_the_books(home: Path) -> None:
    """The credit went to the oldest debt; what was given up came back by 10.00 EUR in December."""
    with entered(home) as house:
        states = house.read("invoice_states").filter(pl.col("customer") == "ada").sort("issued_at")
        (note,) = house.read("credit_issued").iter_rows(named=True)
        journal = house.read("journal")
        credits = house.read("credits")
    states = states.filter(pl.col("state") != "draft")
    assert states["state"].to_list() == ["uncollectible", "paid"]
    first, second = states.iter_rows(named=True)
    assert first["given_up_minor"] == first["total_minor"] - 500 - 1_000 > 0
    assert (second["credited_minor"], second["owed_minor"]) == (500, 0)
    assert (note["number"], note["total_minor"], note["invoice"]) == (1, 500, second["invoice"])
    assert note["net_minor"] == 420 and note["tax_minor"] == 80, "19 % of it is tax"
    sums = dict(journal.group_by("account").agg(pl.col("amount_minor").sum()).iter_rows())
    assert sums["expense:bad_debt"] == first["given_up_minor"]
    assert credits["balance_minor"].to_list() == [0] and sums["customer_credit"] == 0
    assert sums["cash"] == second["total_minor"] + 1_000


def test_a_credit_lowers_revenue_and_leaves_nothing_on_the_contract(home: Path) -> None:
    with entered(home) as house:
        standing, journal = house.read("deferred_revenue"), house.read("journal")
        days = house.read("recognised_revenue").filter(pl.col("subscription") == "ada")
    for end in (datetime(2026, 11, 1), datetime(2026, 12, 1)):
        known = journal.filter(pl.col("booked_for") <= end)
        credit = -known.filter(pl.col("account").str.starts_with("contract:"))["amount_minor"]
        row = standing.filter(pl.col("period_end") == end)
        assert credit.sum() == row["deferred_minor"].sum() - row["unbilled_minor"].sum() != 0
    noted = days.filter(pl.col("amount_minor") < 0)
    assert noted["amount_minor"].sum() == -420
    assert noted["day"].unique().to_list() == [datetime(2026, 11, 20)]


def journal_of(house: House) -> Counter[tuple[str, str]]:
    """Minor units by account and currency."""
    found: Counter[tuple[str, str]] = Counter()
    rows = house.read("journal").select("account", "currency", "amount_minor")
    for account, currency, minor in rows.iter_rows():
        found[account_name(account), currency] += minor
    return found


def test_bean_check_accepts_it_and_finds_the_same_sums(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    say("books", "-o", file, "--home", home)
    checked = CliRunner().invoke(bean_check, ["--no-cache", str(file)])
    assert (checked.exit_code, checked.output) == (0, "")
    entries, errors, _ = loader.load_string(file.read_text())
    assert not errors
    found: Counter[tuple[str, str]] = Counter()
    for one in entries:
        for posting in one.postings if isinstance(one, Transaction) else []:
            found[posting.account, posting.units.currency] += int(posting.units.number * 100)
    with entered(home) as house:
        assert found == journal_of(house)
        many = house.read("journal").select("entry", "currency", "recorded_at").unique().height
    assert sum(isinstance(one, Transaction) for one in entries) == many > 80
    assert sum(isinstance(one, Open) for one in entries) == len(found)


def test_bean_check_refuses_what_is_cut(home: Path, tmp_path: Path) -> None:
    """Else the test before would hold for anything."""
    file = tmp_path / "books.beancount"
    say("books", "-o", file, "--home", home)
    file.write_text("\n".join(file.read_text().splitlines()[:-1]))
    assert CliRunner().invoke(bean_check, ["--no-cache", str(file)]).exit_code == 1


def test_csv_has_each_side_in_major_units(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    say("books", "--format", "csv", "-o", file, "--home", home)
    with file.open() as lines:
        found = list(csv.DictReader(lines))
    assert sum(Decimal(row["amount"]) for row in found) == 0
    with entered(home) as house:
        assert len(found) == house.read("journal").height


def test_texts_cannot_leave_their_quotes() -> None:
    side = {"position": 1, "subject": 'a"\n2026-01-01 close', "entry": "back\\", "currency": "JPY"}
    side |= {"booked_for": datetime(2026, 1, 2), "recorded_at": datetime(2026, 1, 2)}
    rows = [
        side | {"account": "cash", "amount_minor": 5},
        side | {"position": 2, "account": "odd_one", "amount_minor": -5},
    ]
    said = text(pl.DataFrame(rows), 'the "title"')
    entries, errors, _ = loader.load_string(said)
    assert not errors
    (one,) = (one for one in entries if isinstance(one, Transaction))
    assert one.payee == 'a" 2026-01-01 close' and one.narration == "back\\"
    assert [str(posting.units) for posting in one.postings] == ["5 JPY", "-5 JPY"]
    assert [posting.account for posting in one.postings] == ["Assets:Cash", "Equity:Odd-One"]
