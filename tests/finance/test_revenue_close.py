"""The close of a month in a home that was flown: what is posted, corrected, and never twice."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from psizero.house.home import House
from tests.finance.ledgers import DAY, END, booked, late_use
from tests.toy.town import entered, fly


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return booked(tmp_path_factory.mktemp("plain") / "home")


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return booked(tmp_path_factory.mktemp("late") / "home", late_use)


def by_month(journal: pl.DataFrame, account: str) -> dict[str, int]:
    """What was credited to an account, by the month for which it is booked."""
    booked_in = (pl.col("booked_for") - pl.duration(microseconds=1)).dt.strftime("%Y-%m")
    sums = (
        journal.filter(pl.col("account").str.starts_with(account))
        .group_by(booked_in)
        .agg(-pl.col("amount_minor").sum())
    )
    return dict(sums.iter_rows())


def earned_in(house: House, month: str) -> int:
    """By the table of contracts and days."""
    days = house.read("recognised_revenue").filter(pl.col("day").dt.strftime("%Y-%m") == month)
    return int(days["amount_minor"].sum())


@pytest.mark.parametrize("which", ["plain", "late"])
def test_every_month_is_closed_once_with_what_was_earned(
    which: str, request: pytest.FixtureRequest
) -> None:
    with entered(request.getfixturevalue(which)) as house:
        closed = house.read("month_closed").sort("position")
        journal = house.read("journal")
        assert closed["month"].to_list() == ["2026-09", "2026-10", "2026-11"]
        assert (closed["recorded_at"] - closed["month_end"]).to_list() == [5 * DAY] * 3
        assert journal["amount_minor"].sum() == 0
        posted = by_month(journal, "revenue:")
        assert posted == {m: earned_in(house, m) for m in ("2026-09", "2026-10", "2026-11")}
        assert all(amount > 1_000 for amount in posted.values())


@pytest.mark.parametrize("which", ["plain", "late"])
def test_the_contract_accounts_are_what_is_deferred_less_unbilled(
    which: str, request: pytest.FixtureRequest
) -> None:
    with entered(request.getfixturevalue(which)) as house:
        standing = house.read("deferred_revenue")
        journal = house.read("journal")
        for end in (datetime(2026, 10, 1), datetime(2026, 11, 1), datetime(2026, 12, 1)):
            known = journal.filter(pl.col("booked_for") <= end)
            credit = -known.filter(pl.col("account").str.starts_with("contract:"))["amount_minor"]
            row = standing.filter(pl.col("period_end") == end)
            net = row["deferred_minor"].sum() - row["unbilled_minor"].sum()
            assert credit.sum() == net != 0


def test_use_over_a_months_end_is_no_second_revenue(plain: Path) -> None:
    """Ada's and Bob's periods cross every month's end, and no month has to be corrected."""
    with entered(plain) as house:
        entries = house.read("journal")["entry"].unique().to_list()
        decided = house.read("decision").filter(pl.col("verb") == "month.close")
        assert not [one for one in entries if "correcting" in one or ", late for" in one]
        assert not [one for one in decided["parameters"] if '"corrected_minor":{}' not in one]
        outcomes = house.read("outcome").filter(pl.col("name") == "left to correct")
        assert outcomes["good"].to_list() == [True]


def test_late_use_is_posted_in_the_open_month_and_names_its_own(plain: Path, late: Path) -> None:
    """Its invoice is of December, so is its revenue; the closed months stay as they were."""
    with entered(plain) as house:
        before = house.read("month_closed")["sums"].to_list()
    with entered(late) as house:
        assert house.read("month_closed")["sums"].to_list() == before
        fly(house, datetime(2027, 1, 10))
        after = house.read("journal").filter(pl.col("entry").str.contains("late for 2026-10"))
        assert after["booked_for"].unique().to_list() == [datetime(2026, 12, 16)]
        assert after.filter(pl.col("amount_minor") < 0)["account"].to_list() == ["revenue:usage"]
        assert after["amount_minor"].sum() == 0


def test_a_closed_month_stays_closed(plain: Path, tmp_path: Path) -> None:
    """The same life in another home gives the same bytes; more days post nothing again."""
    again = booked(tmp_path / "home", until=datetime(2026, 12, 1))
    with entered(again) as house:
        assert house.read("month_closed").height == 2
        fly(house, END)
        second = house.read("journal").drop("position", "recorded_at")
    with entered(plain) as house:
        assert (
            second.write_json()
            == house.read("journal").drop("position", "recorded_at").write_json()
        )
