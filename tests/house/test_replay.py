"""A replay of what was is the record, byte for byte; with other settings it says what differs."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from psizero.core.errors import Problem
from psizero.core.tables import Kept
from psizero.house import replay as room
from psizero.house.comparison import Comparison, Side
from psizero.house.home import House
from psizero.house.replay import Trial, settings_from
from psizero.store.rewind import Cut
from tests.house.flights import once, say
from tests.house.replays import BEGIN, END, HOUR, asked, digests, plain, stamps, tried
from tests.toy.installed import installed
from tests.toy.town import LATE_AT, entered, fly, take

FROM = ("--from", "2026-01-11T00:00:00Z")
GRACE = "settings.finance.invoicing.grace_hours"
LATER = {GRACE: 48}
MIDDLE = LATE_AT - timedelta(hours=20, seconds=1)


@pytest.fixture(scope="module")
def plain_home(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = once(shared / "replay_plain", plain)
    return Path(shutil.copytree(home, tmp_path_factory.mktemp("plain") / "home"))


@pytest.fixture(scope="module")
def asked_home(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = once(shared / "replay_asked", asked)
    return Path(shutil.copytree(home, tmp_path_factory.mktemp("asked") / "home"))


def invoices(house: House) -> pl.DataFrame:
    """What customers get, without what the ledger says of it."""
    terms = ["net_minor", "tax_minor", "total_minor", "lines"]
    return house.read("invoices").select("subject", "period_start", *terms).sort(pl.all())


def test_as_it_was(asked_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stops, late files, yes and no, refusals, waits, a fall: identical, and nothing is written."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = digests(asked_home)
    found = tried(asked_home)
    assert found.identical and found.unlike == ""
    assert (found.differing, found.void, found.diverged) == (0, 0, 0)
    assert found.compared > 15 and sum(one.then for one in found.attempted) > 5
    assert all(one.then == one.now for one in found.attempted)
    assert all(one.difference == 0 and one.invoices_then > 3 for one in found.computed)
    assert digests(asked_home) == before
    assert list(tmp_path.iterdir()) == []


def test_the_home_has_all_that_a_replay_must_bear(asked_home: Path) -> None:
    with entered(asked_home) as house:
        clauses = set(house.read("verdict")["clause"])
        states = set(house.read("receipt")["state"])
        levels = house.read("policy_changed").filter(pl.col("by") == "policy")
        assert house.read("message_delivered")["cause"].is_not_null().any()
    assert clauses >= {"approved", "declined", "overridden", "asks", "protected", "undeclared"}
    assert states >= {"sent", "done", "refused", "unknown", "waiting"}
    assert levels["subject"].to_list() == ["customers.greeting"]


def test_what_was_answered_can_be_read_again(
    plain_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A personal answer to what the house did is put back as it lies there: encrypted once."""
    home = Path(shutil.copytree(plain_home, tmp_path / "home"))
    words, seen = "No, that was not it", list[str | None]()
    with entered(home) as house:
        kind = house.members.catalog.kinds["ticket.said"]
        done = house.read("receipt").filter(pl.col("state") == "done").row(-1, named=True)
        said = {"id": "reply", "subject": done["subject"], "cause": done["decision"]}
        said |= {"occurred_at": END + HOUR, "ticket": "T-1", "author": "customer", "text": words}
        said |= {"direction": "in", "message_id": "<r@t>", "subject_line": "Re", "headers": "{}"}
        assert take(house, "ticket.said", [said], END + 2 * HOUR).taken == 1
        fly(house, END + 2 * HOUR)

        def read(sides: tuple[Side, Side], *_: object) -> None:
            for side in sides:
                row = house.keys.read(kind, side.store.everything("ticket.said"))
                seen.append(row["text"][0])

        monkeypatch.setattr(room, "compared", read)
        room.replay(house, Trial(), lambda _: None)
    assert seen == [words, words]


def test_from_the_middle_and_to_it(asked_home: Path) -> None:
    """Also from the midst of a tick: what it had sealed stands, what it had done is done again."""
    ticks = stamps(asked_home)
    for begin, until in ((MIDDLE, ticks[-3]), (ticks[-2], None), (LATE_AT + 5 * HOUR, END)):
        end = until.replace(microsecond=0) if until else None
        found = tried(asked_home, begin=begin, until=end)
        assert found.identical, (begin, found.unlike)


def test_a_changed_record_is_seen(plain_home: Path) -> None:
    """Other code, as after an upgrade: the replay names the first row that is not the same."""
    name, members = "customers.greeting", installed()
    silent = msgspec.structs.replace(members.automations[name], propose=lambda *_: [])
    other = msgspec.structs.replace(members, automations={**members.automations, name: silent})
    with entered(plain_home, other) as house:
        found = room.replay(house, Trial(begin=None, until=BEGIN + 12 * HOUR), lambda _: None)
    assert found.identical is False
    assert found.unlike.startswith("decision: 2 rows") and found.differing == 2


def test_kept_tables_after_the_rewind(asked_home: Path) -> None:
    """As the house had them at that position, and as a rebuild from the events makes them."""
    with entered(asked_home) as house:
        through = house.store.through(MIDDLE)
        cut = room._cut(house.members, through, END, {})
        with room.scratch(house, cut) as (again, past):
            assert again.store.position.last == through
            for name, table in house.members.catalog.tables.items():
                if isinstance(table, Kept):
                    then = house.store.read(name, END, through)
                    assert_frame_equal(again.store.read(name, END), then)
            assert [one for one in again.store.faults() if one.startswith("kept")] == []
            assert past.instants == sorted(past.instants) and len(past.instants) > 5
            assert again.store.waiting().keys() >= {"usage.recorded", "wish.made"}
        everything = Cut(through=0, until=END, made=cut.made, makers=cut.makers)
        with room.scratch(house, everything) as (again, _):
            assert again.store.position.last == 0
            assert again.read("decision").is_empty() and again.store.faults() == []


def test_longer_grace_is_what_it_would_have_been(plain_home: Path, tmp_path: Path) -> None:
    """The invoices differ as those of a home that had the setting from the start."""
    other = plain(tmp_path / "other", "[settings.finance.invoicing]\ngrace_hours = 48\n")
    found = tried(plain_home, settings=LATER)
    with entered(plain_home) as house, entered(other) as longer:
        was, would = invoices(house), invoices(longer)
        known = set(longer.read("decision")["id"])
    key = ["subject", "period_start"]
    joined = was.join(would, on=key, how="full", coalesce=True, suffix="_other")
    same = pl.col("lines").eq_missing(pl.col("lines_other"))
    (euro,) = found.computed
    assert euro.invoices_differing == joined.filter(~same).height > 0
    assert (euro.invoices_then, euro.invoices_now) == (was.height, would.height)
    assert (euro.net_then, euro.net_now) == (was["net_minor"].sum(), would["net_minor"].sum())
    assert (euro.total_then, euro.total_now) == (
        was["total_minor"].sum(),
        would["total_minor"].sum(),
    )
    assert euro.total_now == would["total_minor"].sum()
    assert {one.now.decision for one in found.differences if one.now} <= known
    assert euro.difference == euro.total_now - euro.total_then
    assert found.identical is None and found.differing > 0
    assert {one.automation for one in found.differences} == {"finance.invoicing"}


def test_lower_caps_let_less_out(plain_home: Path) -> None:
    found = tried(plain_home, settings={"caps.growth.wishes.actions_per_day_max": 1})
    then, now = (sum(getattr(one, side) for one in found.attempted) for side in ("then", "now"))
    assert now < then
    assert {(one.now.level, one.now.clause) for one in found.differences} == {
        ("approve", "over_cap")
    }
    assert all(one.difference == 0 for one in found.computed)


def money(found: Comparison) -> tuple[int, int]:
    (euro,) = found.computed
    return euro.invoices_then, euro.invoices_now


def test_an_approval_of_changed_content_is_void(asked_home: Path) -> None:
    """Unless it is assumed: then what was approved is issued, whatever it now says."""
    strict = tried(asked_home, settings=LATER, begin=BEGIN + 60 * HOUR)
    assumed = tried(asked_home, settings=LATER, begin=BEGIN + 60 * HOUR, assume_approved=True)
    assert strict.void > 0
    assert money(strict)[1] < money(strict)[0]
    assert money(assumed)[1] > money(strict)[1]
    assert {one.now.level for one in strict.differences if one.now} <= {"off", "approve", "auto"}


def test_an_answer_to_what_was_not_done(asked_home: Path) -> None:
    """The outside said that a greeting arrived; without the greeting nobody knows what follows."""
    found = tried(asked_home, settings={"settings.customers.greeting.fresh_days": 0})
    with entered(asked_home) as house:
        came = house.read("message_delivered").join(
            house.read("decision"), left_on="cause", right_on="id"
        )
        greeted = came.filter(pl.col("automation") == "customers.greeting")
    assert found.diverged == greeted["subject"].n_unique() > 0
    assert [one.currency for one in found.at_stake] == ["EUR"]
    assert found.at_stake[0].money > 0
    assert found.void >= greeted.height


def test_at_the_terminal(small_home: Path) -> None:
    """One screen; the first sentence says it in money."""
    same = say("replay", "--home", small_home, *FROM)
    assert same.startswith("Replayed as it was, the record is the same, byte for byte: ")
    shown = say("replay", "--home", small_home, *FROM, "--set", "finance.invoicing.grace_hours=48")
    assert shown.startswith("With finance.invoicing.grace_hours = 48 you would have invoiced ")
    assert len(shown.splitlines()) < 25


@pytest.mark.parametrize(
    "words",
    [
        ["--set", "finance.invoicing.grace_hours=-1"],
        ["--set", "finance.invoicing.none=1"],
        ["--set", "people.ada=owner"],
        ["--set", "caps.nobody.actions_per_day_max=1"],
        ["--from", "2027-01-01"],
        ["--to", "2020-01-01"],
    ],
)
def test_what_cannot_be_tried(words: list[str], small_home: Path) -> None:
    with pytest.raises(Problem):
        say("replay", "--home", small_home, *words)


def test_settings_are_written_as_in_the_file(small_home: Path) -> None:
    with entered(small_home) as house:
        known = house.members
    said = ["gate.review_share=0.5", "caps.finance.invoicing.actions_per_day_max=3"]
    assert settings_from(said, known) == {
        "gate.review_share": 0.5,
        "caps.finance.invoicing.actions_per_day_max": 3,
    }
