"""Revenue by contract and day, beside a slow and obvious second calculation."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import msgspec
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from psizero.finance.accruals import LINES
from psizero.finance.recognition import by_contract, earned, first_shown, standing

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 6, 5)
TODAY = datetime(2026, 11, 6)
BEGIN = datetime(2026, 7, 1)
Used = dict[datetime, int]


class Sold(msgspec.Struct, frozen=True):
    """A line of a contract; `used` by day is of one month."""

    contract: str
    kind: str
    start: datetime
    end: datetime
    minor: int
    issued: datetime | None
    used: Used


def half_away(value: Fraction) -> int:
    """The nearest whole number; of two as near, the one further from 0."""
    size = floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


def had(line: Sold, end: datetime) -> int:
    """What a line has earned by the end of a day, minor units."""
    if line.kind == "late_usage":
        return line.minor if line.issued and line.issued < end else 0
    if line.used and sum(line.used.values()):
        part = sum(units for day, units in line.used.items() if day < end)
        return half_away(Fraction(line.minor * part, sum(line.used.values())))
    elapsed = max(min(end, line.end) - line.start, timedelta())
    return half_away(line.minor * Fraction(elapsed // DAY.resolution, _whole(line)))


def _whole(line: Sold) -> int:
    return (line.end - line.start) // DAY.resolution


@st.composite
def lines(draw: st.DrawFn) -> Sold:
    """Fees, use and late use: in advance, in arrears, not invoiced yet, of either sign."""
    kind = draw(st.sampled_from(["base", "minimum", "usage", "late_usage"]))
    start = BEGIN + timedelta(minutes=15 * draw(st.integers(0, 120 * 96)))
    whole = draw(st.sampled_from([timedelta(days=d) for d in (1, 7, 28, 30, 31, 365)] + [3 * DAY]))
    end = start + whole
    issued = draw(st.sampled_from([None, start, start + whole / 2, end + timedelta(hours=6)]))
    if kind == "late_usage":
        issued = min(end + draw(st.integers(0, 30)) * DAY, NOW)
    issued = issued.replace(microsecond=0) if issued and issued <= NOW else None
    kind = "usage" if kind == "late_usage" and issued is None else kind
    used: Used = {}
    if kind == "usage" and start < TODAY:
        first = start.replace(hour=0, minute=0)
        possible = [first + n * DAY for n in range(40) if first + n * DAY < min(end, TODAY)]
        month = [day for day in possible if day.month == possible[0].month]
        days = draw(st.lists(st.sampled_from(month), unique=True, max_size=4))
        used = {day: draw(st.integers(0, 9)) for day in days}
    minor = draw(st.integers(-500, 20_000))
    return Sold(draw(st.sampled_from(["one", "two"])), kind, start, end, minor, issued, used)


def computed(sold: list[Sold]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines as a frame, and what each has earned by day."""
    rows = [
        {
            "key": key,
            "subscription": one.contract,
            "customer": one.contract,
            "account": "revenue:usage" if "usage" in one.kind else "revenue:subscription",
            "currency": "EUR",
            "kind": one.kind,
            "served_from": one.start,
            "served_until": one.end,
            "amount_minor": one.minor,
            "issued_at": one.issued,
            "at_once": one.kind == "late_usage",
        }
        for key, one in enumerate(sold)
    ]
    typed = {"key": pl.Int64(), "account": pl.String(), **LINES}
    frame = pl.DataFrame([{**dict.fromkeys(typed), **row} for row in rows], schema=typed)
    used = [
        {"key": key, "day": day, "quantity": Decimal(units), "piece_minor": one.minor}
        for key, one in enumerate(sold)
        for day, units in one.used.items()
    ]
    kept = {"key": pl.Int64(), "day": pl.Datetime("us"), "quantity": pl.Decimal(38, 9)}
    pieces = pl.DataFrame(used, schema=kept | {"piece_minor": pl.Int64()})
    return frame, earned(frame, pieces, NOW)


@given(st.lists(lines(), min_size=1, max_size=6))
def test_each_day_as_counted_slowly(sold: list[Sold]) -> None:
    frame, days = computed(sold)
    found: Counter[tuple[int, datetime]] = Counter()
    for key, day, minor in days.iter_rows():
        found[key, day] += minor
    for key, one in enumerate(sold):
        before, day = 0, first_shown(NOW) - DAY
        while day < TODAY:
            now_ = had(one, day + DAY)
            assert found[key, day] == now_ - before, (one, day)
            before, day = now_, day + DAY
    shown = days.filter(pl.col("day") >= first_shown(NOW))
    table = by_contract(frame, days, NOW)
    assert table["amount_minor"].sum() == shown["amount_minor"].sum()
    assert table.filter(pl.col("day") >= TODAY).height == 0


@given(st.lists(lines(), min_size=1, max_size=6))
def test_billed_is_recognised_less_unbilled_plus_deferred_at_every_days_end(
    sold: list[Sold],
) -> None:
    frame, days = computed(sold)
    changed = standing(frame, days, NOW, "1d")
    found = {(row["subscription"], row["at"]): row for row in changed.iter_rows(named=True)}
    billed, recognised = Counter[str](), Counter[str]()
    last: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    day = first_shown(NOW) - DAY
    while day < TODAY:
        for contract in ("one", "two"):
            row = found.get((contract, day))
            if row is not None:
                billed[contract] += row["billed_minor"]
                recognised[contract] += row["recognised_minor"]
                last[contract] = (row["deferred_minor"], row["unbilled_minor"])
            deferred, unbilled = last[contract]
            assert billed[contract] == recognised[contract] - unbilled + deferred
            own = [one for one in sold if one.contract == contract]
            invoiced = [one for one in own if one.issued and one.issued < day + DAY]
            assert billed[contract] == sum(one.minor for one in invoiced)
            assert recognised[contract] == sum(had(one, day + DAY) for one in own)
            assert deferred == sum(one.minor - had(one, day + DAY) for one in invoiced)
        day += DAY


def test_one_dollar_a_day() -> None:
    """31 USD from the 15th of October: 17 in October, 14 in November."""
    start, end = datetime(2026, 9, 15), datetime(2026, 10, 16)
    sold = Sold("one", "base", start, end, 3_100, start, {})
    frame, days = computed([sold])
    table = by_contract(frame, days, NOW)
    sums = table.group_by(pl.col("day").dt.month()).agg(pl.col("amount_minor").sum())
    assert dict(sums.iter_rows()) == {9: 1_600, 10: 1_500}
    month = standing(frame, days, NOW, "1mo").filter(pl.col("at") == datetime(2026, 9, 1))
    assert month["deferred_minor"].to_list() == [1_500], "the unserved days, to the cent"


def test_late_use_is_earned_when_invoiced_and_names_its_month() -> None:
    sold = Sold(
        "one",
        "late_usage",
        datetime(2026, 9, 1),
        datetime(2026, 10, 1),
        77,
        datetime(2026, 11, 2, 6),
        {},
    )
    (row,) = by_contract(*computed([sold]), NOW).iter_rows(named=True)
    assert (row["day"], row["source_month"]) == (datetime(2026, 11, 2), "2026-09")
