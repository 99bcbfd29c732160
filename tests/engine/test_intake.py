"""Intake: what a row from outside may be, and which reason a refused one is given."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.clock import MICROSECOND
from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.core.events.payment import PAYMENT_FAILED
from psizero.core.events.subscription import SUBSCRIPTION_STARTED
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.ports import Batch
from psizero.core.tables import POLARS_TYPES, Kind
from psizero.engine.intake import AHEAD_MAX, Report, checked, take_in
from psizero.house.home import House, create, opened

CLOCK = datetime(2026, 10, 1)
USE = {"meter": "calls", "quantity": Decimal(1), "properties": "{}"}
PAID = {"amount_minor": 100, "currency": "EUR"}
PLAN = {"subscription": "s", "plan": "gone"}
Row = Mapping[str, object]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An open house in which nothing happened; tests that write have one of their own."""
    home = tmp_path_factory.mktemp("intake") / "home"
    create(home, "Test", "salt", {})
    with opened(home) as found:
        yield found


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[House]:
    create(tmp_path / "home", "Test", "salt", {})
    with opened(tmp_path / "home") as found:
        yield found


def rows(kind: Kind, *changes: Row, given: Row = USE) -> pl.DataFrame:
    """A frame as a connector gives it: good rows of a kind, each with its changes."""
    good = {"source": "s", "subject": "ann", "cause": None, "occurred_at": "2026-09-30"} | given
    made = [{"line": n, "id": f"i{n}"} | good | change for n, change in enumerate(changes, 1)]
    names = ("source", "id", "subject", "cause", "occurred_at")
    typed = {name: pl.String() for name in names} | {"line": pl.Int64()}
    typed |= {name: POLARS_TYPES[column.type] for name, column in kind.columns.items()}
    typed |= {name: pl.String() for name in made[0] if str(name).endswith("__raw")}
    if isinstance(made[0]["occurred_at"], datetime):
        typed["occurred_at"] = pl.Datetime("us")
    return pl.DataFrame(made, schema=typed)


def reasons(house: House, kind: Kind, *changes: Row, given: Row = USE) -> list[str | None]:
    frame = rows(kind, *changes, given=given)
    found: list[str | None] = checked(kind, frame, CLOCK, house.store)["objection"].to_list()
    return found


INSTANTS = {
    "2026-09-30": "2026-09-30T00:00:00",
    "2026-09-30T10:00": "2026-09-30T10:00:00",
    "2026-09-30 10:00:01": "2026-09-30T10:00:01",
    " 2026-09-30T10:00:01Z ": "2026-09-30T10:00:01",
    "2026-09-30t10:00:01z": "2026-09-30T10:00:01",
    "2026-09-30 10:00:01 UTC": "2026-09-30T10:00:01",
    "2026-09-30T10:00:01.5Z": "2026-09-30T10:00:01.500000",
    "2026-09-30T10:00:01,123456789Z": "2026-09-30T10:00:01.123456",
    "2026-09-30T10:00:01.999999999Z": "2026-09-30T10:00:01.999999",
    "2026-09-30T10:00:01+02:00": "2026-09-30T08:00:01",
    "2026-09-30T10:00:01.25-0330": "2026-09-30T13:30:01.250000",
    "2026-09-30T10:00:01+14": "2026-09-29T20:00:01",
    "1970-01-01T00:00:00Z": "1970-01-01T00:00:00",
}
NO_INSTANTS = """yesterday|now|infinity|1790000000|1790000000.5|2026-13-01|2026-02-30|2026-1-1
2026-09-30T25:00|2026-09-30T10:00:01+25:00|2026-09-30T10:00:01 CET|01/10/2026|20260930
2026-W40-1|99999-01-01|-2026-09-30|2026-09-30T10|2026-09-30T10:00:01Z[UTC]|2026-09-30 x""".replace(
    "\n", "|"
).split("|")
TOO_EARLY = ["1969-12-31T23:59:59Z", "0001-01-01", "0000-01-01T00:00:00Z", "1970-01-01T00:30+01:00"]


@given(st.permutations([*INSTANTS, *NO_INSTANTS, *TOO_EARLY]))
def test_instants_are_read_one_by_one(house: House, texts: list[str]) -> None:
    """What stands in the first row says nothing about the others."""
    frame = rows(USAGE_RECORDED, *({"occurred_at": text} for text in texts))
    seen = checked(USAGE_RECORDED, frame, CLOCK, house.store)
    moments = seen["occurred_at"].dt.to_string("iso:strict")
    for text, at, reason in zip(texts, moments, seen["objection"], strict=True):
        if text in INSTANTS:
            assert (datetime.fromisoformat(at).isoformat(), reason) == (INSTANTS[text], None)
        elif text in TOO_EARLY:
            assert reason == f"occurred_at is before 1970: {text}"
        else:
            assert (at, reason) == (None, f"occurred_at is not an instant: {text}")


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_instant(house: House, nothing: str | None) -> None:
    said = "nothing" if nothing is None else nothing
    found = reasons(house, USAGE_RECORDED, {"occurred_at": nothing})
    assert found == [f"occurred_at is not an instant: {said}"]


def test_ahead_of_the_clock(house: House) -> None:
    """Five minutes are no lie; a microsecond more is."""
    last = CLOCK + AHEAD_MAX
    found = reasons(
        house, USAGE_RECORDED, {"occurred_at": last}, {"occurred_at": last + MICROSECOND}
    )
    assert timedelta(minutes=5) == AHEAD_MAX
    assert found == [None, "more than 5 minutes ahead of the clock"]
    texts = [{"occurred_at": f"{one.isoformat()}Z"} for one in (last, last + MICROSECOND)]
    assert reasons(house, USAGE_RECORDED, *texts) == found


NAMES = {
    None: "is missing",
    "": "is missing",
    " \u2003": "is missing",
    "a\nb": "holds control characters",
    "\x00": "holds control characters",
    "\x1b[31mred": "holds control characters",
    "\x9b31m": "holds control characters",
    "x" * 1_001: "is longer than 1,000 characters",
    "x" * 1_000: "",
    "'; drop table run; --": "",
    "[red]x[/red]": "",
    "null": "",
    "çé 数量 🎉": "",
}


@pytest.mark.parametrize("name", ["id", "subject"])
def test_names(house: House, name: str) -> None:
    found = reasons(house, USAGE_RECORDED, *({name: text} for text in NAMES))
    assert found == [f"{name} {said}" if said else None for said in NAMES.values()]


REFUSED: list[tuple[Kind, Row, Row, str]] = [
    (USAGE_RECORDED, USE, {"meter": None}, "meter is missing"),
    (USAGE_RECORDED, USE, {"meter": "ca\0lls"}, "meter holds a NUL"),
    (USAGE_RECORDED, USE, {"source": "a\0b"}, "source holds a NUL"),
    (USAGE_RECORDED, USE, {"cause": "\0"}, "cause holds a NUL"),
    (USAGE_RECORDED, USE, {"quantity": None}, "quantity is missing"),
    (USAGE_RECORDED, USE, {"quantity": Decimal("-0.000000001")}, "quantity is below 0: -"),
    (
        USAGE_RECORDED,
        USE,
        {"quantity": None, "quantity__raw": "1,000"},
        "quantity is not a quantity: 1,000",
    ),
    (
        USAGE_RECORDED,
        USE,
        {"quantity": None, "quantity__raw": "9" * 81},
        "quantity is not a quantity: " + "9" * 80 + "...",
    ),
    (PAYMENT_FAILED, PAID, {"amount_minor": -1}, "amount_minor is below 0: -1"),
    (PAYMENT_FAILED, PAID, {"currency": "DOGE"}, "unknown currency: DOGE"),
    (PAYMENT_FAILED, PAID, {"currency": "eur"}, "unknown currency: eur"),
    (SUBSCRIPTION_STARTED, PLAN, {}, "unknown plan: gone"),
    (SUBSCRIPTION_STARTED, PLAN, {"plan": None}, "plan is missing"),
    (USAGE_RECORDED, USE, {"reason": "no row at all", "id": None}, "no row at all"),
]


@pytest.mark.parametrize(("kind", "given", "change", "said"), REFUSED)
def test_values(house: House, kind: Kind, given: Row, change: Row, said: str) -> None:
    frame = rows(kind, change, given=given)
    if "reason" in change:
        frame = frame.with_columns(objection=pl.lit(change["reason"]))
    (found,) = checked(kind, frame, CLOCK, house.store)["objection"]
    assert found == said or (said.endswith("-") and found.startswith(said))


def test_nothing_personal_in_a_reason(house: House) -> None:
    """A row cut wrongly may hold an address in any column."""
    found = reasons(house, CUSTOMER_CREATED, {"occurred_at": "ann@example.org"}, given={})
    assert found == ["occurred_at is not an instant: (not shown)"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=5), st.randoms(use_true_random=False))
def test_equal_objects_are_one_group(house: House, value: dict[str, object], dice: Random) -> None:
    """Whatever the order of keys and the space between them."""
    pairs = list(value.items())
    dice.shuffle(pairs)
    texts = [
        msgspec.json.encode(value).decode(),
        msgspec.json.format(msgspec.json.encode(dict(pairs)), indent=3).decode(),
    ]
    seen = checked(
        USAGE_RECORDED,
        rows(USAGE_RECORDED, *({"properties": text} for text in texts)),
        CLOCK,
        house.store,
    )
    assert seen["objection"].to_list() == [None, None]
    first, second = seen["properties"]
    assert first == second and msgspec.json.decode(first) == value


NO_OBJECTS = """null|[]|1|"x"|{|{a:1}|{} x|{"a":NaN}|{"a":1e400}|{"a":1,}|{'a':1}|{"a":"\\ud800"}"""


@pytest.mark.parametrize("text", ["", "{" * 9_999, '{"a":' * 9_999, *NO_OBJECTS.split("|")])
def test_no_object(house: House, text: str) -> None:
    found = reasons(house, USAGE_RECORDED, {"properties": text}, {})
    assert found == ["properties is no JSON object", None]


def test_absent_properties_are_the_empty_object(house: House) -> None:
    seen = checked(USAGE_RECORDED, rows(USAGE_RECORDED, {"properties": None}), CLOCK, house.store)
    assert seen.select("properties", "objection").row(0) == ("{}", None)


def offer(house: House, frame: pl.DataFrame, origin: str = "a.csv", content: str = "1") -> Report:
    return take_in(
        house.store, USAGE_RECORDED, Batch("usage.recorded", frame, origin, content), CLOCK
    )


def test_every_row_is_in_one_count(fresh: House) -> None:
    one, other = {"id": "a"}, {"id": "b"}
    offered = rows(USAGE_RECORDED, one, one, other, {"subject": ""}, {"quantity": None})
    report = offer(fresh, offered)
    assert (report.read, report.taken, report.duplicates, report.rejected) == (5, 2, 1, 2)
    again = offer(fresh, offered.with_columns(pl.col("quantity") + 6))
    assert (again.read, again.taken, again.rejected) == (5, 0, 2)
    assert again.conflicts >= 2 and again.conflicts + again.duplicates == 3
    held = fresh.store.everything("usage.recorded")
    assert sorted(held.select("id", "quantity").rows()) == [("a", Decimal(1)), ("b", Decimal(1))]


def test_rejected_rows_are_all_kept_and_once(fresh: House) -> None:
    """Also rows without a line, and several of one line."""
    bad = [{"subject": None, "line": line, "id": None} for line in (None, None, 3, 3, 4)]
    for _ in range(2):
        assert offer(fresh, rows(USAGE_RECORDED, *bad)).rejected == 5
        held = fresh.store.everything("row.rejected").select("origin", "line", "reason")
        assert sorted(held.rows(), key=str) == [
            *(("a.csv", line, "id is missing") for line in (3, 3, 4)),
            *[("a.csv", None, "id is missing")] * 2,
        ]
    offer(fresh, rows(USAGE_RECORDED, *bad), "b.csv")
    assert fresh.store.everything("row.rejected").height == 10
    for _ in range(2):  # another file of the name, with the same faults
        assert offer(fresh, rows(USAGE_RECORDED, *bad), content="2").rejected == 5
        assert fresh.store.everything("row.rejected").height == 15
