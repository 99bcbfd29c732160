"""The demo: the main job on a made-up company, and what a newcomer sees of it."""

import contextlib
import csv
import gzip
import json
import shutil
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from psizero.cli.commands import app
from psizero.cli.demo import MADE, clear, demo, mark, prepare, steps
from psizero.cli.show import out
from psizero.core.errors import Problem
from tests.cli.conftest import Shown, commands


def run(tokens: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A command as typed in a folder, and what it wrote to stdout."""
    capsys.readouterr()
    with contextlib.chdir(folder):
        app(tokens, result_action="return_value")
    return capsys.readouterr().out


def said(command: str, shown: Shown, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The rows that a command gives to programs."""
    text = run([*command.split(), "--home", "demo", "--format", "json"], shown.folder, capsys)
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


SOMETIMES = (
    *("house.duckdb.wal", "made-by-demo.txt", "outbox", "truth"),
    *("users.json", ".users.json.lock"),
)
"""What is of no use to a newcomer, or comes with the other demo or with the console."""
STEPS = len(steps(Path("demo")))


def test_what_it_prints_is_what_it_ran(shown: Shown) -> None:
    assert [tokens for _, tokens in steps(Path("demo"))] == commands(shown.text)[:STEPS]
    order = [tokens[0] for tokens in commands(shown.text)[:STEPS]]
    assert order[:3] == ["init", "prices", "import"]
    assert order[-4:] == ["verify", "invoices", "pending", "briefing"]


def test_it_ends_with_an_invoice_where_all_is_and_what_to_try(shown: Shown) -> None:
    invoice, where, tries = (
        shown.text.index(heading)
        for heading in ("\nInvoice 74 ", "\nWhere everything is", "\nWhat to try next")
    )
    assert shown.text.index("$ psizero invoices") < invoice < where < tries
    assert len(commands(shown.text[tries:])) == 6
    for name in MADE:
        if name not in SOMETIMES:
            assert f"  demo/{name} " in shown.text[where:]
            assert (shown.home / name).exists()


def test_it_fits_a_terminal_of_80_columns(shown: Shown) -> None:
    """All but the reasons of rejected rows and the ticks, which are as long as they are."""
    before = shown.text.partition("$ psizero briefing")[0]
    long = [line for line in before.splitlines() if len(line) > 80]
    assert [line for line in long if "usage.csv.gz  " not in line and "  sealed " not in line] == []


def test_every_line_it_proposes_to_try_works(
    shown: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(shown.home, tmp_path / "demo")
    tries = commands(shown.text.partition("What to try next")[2])
    for tokens in [*tries, ["verify", "--home", "demo"]]:
        assert run(tokens, tmp_path, capsys).strip(), tokens


def test_nothing_is_left_beside_what_it_names(shown: Shown) -> None:
    assert {path.name for path in shown.home.iterdir()} <= set(MADE)


def test_bad_rows_are_told_one_by_one(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [(row["origin"], row["reason"]) for row in said("rejected", shown, capsys)]
    beginnings = [
        ("customers.csv", "unknown plan: enterprise"),
        ("usage-late.csv", "older than 35 days"),
        ("usage.csv.gz", "source gateway id gw-3@cust-23"),
        ("usage.csv.gz", "quantity is below 0"),
        ("usage.csv.gz", "quantity is not a quantity: n/a"),
        ("usage.csv.gz", "subject is missing"),
        ("usage.csv.gz", "occurred_at is not an instant: 20 January"),
        ("usage.csv.gz", "more than 5 minutes ahead"),
        ("usage.csv.gz", "Expected Number of Columns: 5"),
    ]
    assert len(reasons) == len(beginnings)
    for (origin, reason), (file, beginning) in zip(reasons, beginnings, strict=True):
        assert origin == file
        assert str(reason).startswith(beginning)


def good_rows(shown: Shown) -> list[dict[str, str]]:
    """The usage of both files that can be billed, read by the plainest means."""
    given = shown.home / "input"
    files = (gzip.decompress((given / "usage.csv.gz").read_bytes()).decode(),)
    found = {}
    for text in (*files, (given / "usage-late.csv").read_text()):
        for row in csv.DictReader(text.splitlines()):
            fits = row["customer"] and row["calls"].isdigit() and None not in row
            if fits and "2026-01-01" <= row["hour"] < "2026-03-01":
                key = (row["hour"], row["gateway"], row["customer"], row["endpoint"])
                found.setdefault(key, row)
    del found["2026-01-02T09:00:00Z", "gw-2", "cust-12", "geocode"]  # older than 35 days
    return list(found.values())


def test_what_is_metered_is_the_sum_of_the_files(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in good_rows(shown):
        meter = "tiles" if row["endpoint"] == "tiles" else "calls"
        expected[row["customer"], meter] += int(row["calls"])
    metered: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in said("table usage_quarter_hour", shown, capsys):
        metered[str(row["customer"]), str(row["meter"])] += Decimal(str(row["quantity"]))
    assert metered == expected
    assert len({customer for customer, _ in metered}) == 25
    assert 45_000 < len(good_rows(shown)) < 55_000


def test_the_last_invoice_by_hand(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    used: dict[tuple[str, str], int] = defaultdict(int)
    for row in good_rows(shown):
        if row["customer"] == "cust-25":
            meter = "tiles" if row["endpoint"] == "tiles" else "calls"
            late = "late " if row["gateway"] == "gw-2" else ""
            used[late + row["hour"][:7], meter] += int(row["calls"])

    def calls(total: int) -> Decimal:
        first, rest = min(total - 50_000, 100_000), max(total - 150_000, 0)
        return first * Decimal("0.0022") + rest * Decimal("0.0016")

    def tiles(total: int) -> Decimal:
        return (total - 100_000) * Decimal("0.00035")

    january = [used["2026-01", meter] for meter in ("calls", "tiles")]
    with_late = [
        known + used["late 2026-01", meter]
        for known, meter in zip(january, ("calls", "tiles"), strict=True)
    ]
    lines = [
        Decimal(159),  # the second version of the price
        calls(used["2026-02", "calls"]),
        tiles(used["2026-02", "tiles"]),
        calls(with_late[0]) - calls(january[0]),
        tiles(with_late[1]) - tiles(january[1]),
    ]
    cents = [int((line * 100).quantize(Decimal(1), ROUND_HALF_UP)) for line in lines]
    taxes = [int((one * Decimal("0.19")).quantize(Decimal(1), ROUND_HALF_UP)) for one in cents]
    last = said("invoices", shown, capsys)[-1]
    assert last["customer"] == "cust-25"
    assert (last["net"], last["tax"]) == (sum(cents), sum(taxes))


def test_it_shows_what_billing_has_to_bear(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    invoices = said("invoices", shown, capsys)
    kinds = {line["kind"] for one in invoices for line in one["lines"]}
    corrections = [one["customer"] for one in invoices if one["correction"]]
    assert kinds == {"base", "usage", "minimum", "late_usage"}
    assert corrections == ["cust-09"]
    assert [one["number"] for one in invoices] == list(range(1, 75))


def test_no_name_or_address_lies_in_the_home_in_the_clear(shown: Shown) -> None:
    with (shown.home / "input" / "customers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    words = [row[column].encode() for row in rows for column in ("name", "email")]
    places = [
        path for path in shown.home.rglob("*") if path.is_file() and "input" not in path.parts
    ]
    assert any(path.name == "house.duckdb" for path in places)
    for path in places:
        body = path.read_bytes()
        assert [word for word in words if word in body] == [], path.name


def test_again_starts_fresh_and_gives_the_same(
    shown: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = shutil.copytree(shown.home, tmp_path / "demo")
    (home / "input" / "usage-late.csv").write_text("changed by a person\n")
    (home / "mine.txt").write_text("mine")
    with out.capture() as captured, contextlib.chdir(tmp_path):
        demo(home=Path("demo"), files=True)
    assert captured.get().startswith(
        "demo holds an earlier demo: it starts fresh; not the demo's, left alone: mine.txt\n"
    )
    assert (home / "mine.txt").read_text() == "mine"
    for path in (shown.home / "input").iterdir():
        assert (home / "input" / path.name).read_bytes() == path.read_bytes()
    again = Shown(tmp_path, captured.get())
    for command in ("invoices", "decisions", "rejected", "table journal"):
        assert said(command, again, capsys) == said(command, shown, capsys)


def test_a_start_that_was_cut_off_can_be_made_again(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with out.capture():
        for _ in range(2):
            clear(home)
            mark(home)
            prepare(home)
    assert (home / "input" / "usage.csv.gz").stat().st_size > 100_000


@pytest.mark.parametrize("name", ["house.duckdb", "notes.txt"])
def test_a_folder_that_is_something_else_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(Problem, match="no demo made it"):
        demo(home=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(Problem, match="no demo made it"):
        demo(home=tmp_path / "demo")
    with pytest.raises(Problem, match="cannot write to"):
        demo(home=tmp_path / "demo" / "inside")
