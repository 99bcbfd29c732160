"""MRR of a real subscription business, counted a second time row by row in plain Python.

The files are public data and no part of the project; `data_folder` says where they are.
"""

import csv
import runpy
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import msgspec
import polars as pl
import pyarrow.parquet as pq
import pytest

from psizero.house.home import House, opened
from tests.conftest import ROOT
from tests.house.flights import objects, say

END = datetime(2022, 1, 1)
MONTHS = [datetime(2020 + n // 12, n % 12 + 1, 1) for n in range(25)]
BOOK = ROOT / "examples" / "prices" / "buffer.py"
MAP = ROOT / "examples" / "maps" / "buffer.toml"


class Taken(msgspec.Struct, frozen=True):
    """`count` customers, each with one subscription of `minor` a month; None is unpriced."""

    starts: datetime
    ends: datetime
    minor: int | None
    count: int

    def stands(self, end: datetime) -> bool:
        """Whether it runs up to an instant: that of its start is in it, that of its end not."""
        return self.starts < end <= self.ends


@pytest.fixture(scope="module")
def place(data_folder: Path) -> Path:
    return data_folder / "buffer_saas"


@pytest.fixture(scope="module")
def home(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of the map's page; sealed at once, which gives what a flight day by day does."""
    folder = tmp_path_factory.mktemp("buffer")
    home, book = folder / "home", folder / "prices.toml"
    book.write_text("".join(runpy.run_path(str(BOOK))["prices"](place)))
    say("init", "--home", home)
    say("prices", "apply", book, "--home", home)
    file = place / "paid_subs_asof_2022-01-01.parquet"
    read = objects("import", file, "--map", MAP, "--home", home)
    assert [(one["read"], one["taken"]) for one in read] == [(70_627, 70_627), (39_089, 39_089)]
    with opened(home) as house:
        house.store.seal(END)
    return home


@pytest.fixture(scope="module")
def house(home: Path) -> Iterator[House]:
    with opened(home) as one:
        yield one


@pytest.fixture(scope="module")
def taken(place: Path) -> list[Taken]:
    with (place / "plan_list_prices.csv").open(newline="") as file:
        listed = {row["plan_id"]: row for row in csv.DictReader(file) if row["plan_amount"]}
    found = []
    for row in pq.read_table(place / "paid_subs_asof_2022-01-01.parquet").to_pylist():
        starts, ends = row["start_date"], row["end_date"] or datetime.max
        plan, minor = listed.get(row["plan_id"]), None
        if plan is not None:
            assert plan["interval"] == row["interval"]
            cents = Fraction(plan["plan_amount"]) * 100 * Fraction(row["quantity"])
            exact = cents / {"month": 1, "year": 12}[plan["interval"]]
            minor = int(exact + Fraction(1, 2))
        found.append(Taken(starts, ends, minor, row["n"]))
    return found


def table(house: House, name: str) -> pl.DataFrame:
    return house.read(name, END)


def test_mrr_by_month(house: House, taken: list[Taken]) -> None:
    found = table(house, "mrr").to_dicts()
    assert len(found) == len(MONTHS) - 1
    for row, start, end in zip(found, MONTHS[:-1], MONTHS[1:], strict=True):
        stands = [one for one in taken if one.stands(end)]
        priced = [one for one in stands if one.minor is not None]
        assert (row["period_start"], row["period_end"], row["currency"]) == (start, end, "USD")
        assert row["mrr_minor"] == sum((one.minor or 0) * one.count for one in priced)
        assert row["arr_minor"] == 12 * row["mrr_minor"]
        assert row["customers"] == row["subscriptions"] == sum(one.count for one in priced)
        unpriced = sum(one.count for one in stands if one.minor is None)
        assert row["unpriced_subscriptions"] == unpriced


def test_movements_by_month(house: House, taken: list[Taken]) -> None:
    """One subscription a customer: nobody expands, nobody comes back."""
    came, left, came_count, left_count = (Counter[datetime]() for _ in range(4))
    for one in taken:
        if one.minor and one.starts < one.ends:
            came[one.starts.replace(day=1)] += one.minor * one.count
            came_count[one.starts.replace(day=1)] += one.count
            left[one.ends.replace(day=1)] += one.minor * one.count
            left_count[one.ends.replace(day=1)] += one.count
    stands = 0
    for row, start in zip(table(house, "mrr_movements").to_dicts(), MONTHS[:-1], strict=True):
        end = stands + came[start] - left[start]
        assert row["period_start"] == start
        assert (row["start_minor"], row["new_minor"]) == (stands, came[start])
        assert (row["churn_minor"], row["end_minor"]) == (left[start], end)
        assert (row["new_count"], row["churn_count"]) == (came_count[start], left_count[start])
        quiet = ("expansion", "contraction", "reactivation")
        assert {row[f"{one}_{unit}"] for one in quiet for unit in ("minor", "count")} == {0}
        stands = end
    assert stands == table(house, "mrr")["mrr_minor"][-1] > 0


def test_cohort_retention(house: House, taken: list[Taken]) -> None:
    kept: dict[tuple[datetime, int], list[int]] = defaultdict(lambda: [0, 0])
    for one in taken:
        if one.minor and one.starts < one.ends:
            cohort = one.starts.replace(day=1)
            for age, end in enumerate(MONTHS[MONTHS.index(cohort) + 1 :]):
                both = kept[cohort, age]
                if age == 0 or one.stands(end):
                    both[0] += one.count
                    both[1] += one.minor * one.count
    found = table(house, "cohorts").to_dicts()
    assert len(found) == len(kept) == 24 * 25 // 2
    for row in found:
        customers, minor = kept[row["cohort"], row["age_months"]]
        began, began_minor = kept[row["cohort"], 0]
        assert (row["customers"], row["mrr_minor"]) == (customers, minor)
        assert row["customers_share"] == round(customers / began, 6)
        assert row["mrr_share"] == round(minor / began_minor, 6)


def test_what_is_left_out_is_counted(house: House, taken: list[Taken]) -> None:
    rows = table(house, "mrr_unpriced")
    for start, end in pairwise(MONTHS):
        counted = rows.filter(pl.col("period_start") == start)["subscriptions"].sum()
        assert counted == sum(one.count for one in taken if one.minor is None and one.stands(end))
    assert sum(one.count for one in taken if one.minor is None) == 265


def test_nothing_was_rejected_and_verify_passes(house: House, home: Path) -> None:
    assert house.read("row_rejected").height == house.read("invoices").height == 0
    assert house.verify() == []
