"""Contact in a whole house: what the doors told, what the gate said of it, when it went."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.engine import loop
from psizero.engine.agenda import Crew
from psizero.engine.ground import Ground
from psizero.engine.lift import difference
from psizero.engine.recipients import asking
from psizero.house.home import House
from psizero.house.members import Members
from tests.toy.installed import installed
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

WISHES = "growth.wishes"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAIN = "[gate]\ncool_down_hours = 0\n[contact]\nholdout_share = 0\n"
GROUND = loop._ground


def grounded(crew: Crew, thinkers: object, now: datetime) -> Ground:
    """The ground on which a tick judges, with what is known of people."""
    return msgspec.structs.replace(GROUND(crew, thinkers, now), people=asking(crew.store, now))


@pytest.fixture(autouse=True)
def _people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_ground", grounded)


def streaming() -> Members:
    """The house beside the toy, whose wishes name their stream in the text."""
    found = installed()
    one = found.automations[WISHES]

    def propose(facts: Facts, settings: msgspec.Struct, now: datetime) -> Iterator[Decision]:
        for decision in one.propose(facts, settings, now):
            named = {**decision.parameters, "stream": decision.parameters["text"]}
            yield msgspec.structs.replace(decision, parameters=named)

    automations = {**found.automations, WISHES: msgspec.structs.replace(one, propose=propose)}
    return msgspec.structs.replace(found, automations=automations)


FOUND = streaming()


def town(place: Path, toml: str = PLAIN, level: Level = Level.AUTO) -> Path:
    """A home in which wishes are proposed."""
    return founded(place / "home", {WISHES: level}, BINDINGS + toml, FOUND)


def told(house: House, kind: str, subject: str, at: datetime, **more: object) -> None:
    """One row at the door."""
    row = {"id": f"{kind} {subject} {at} {sorted(map(str, more.values()))}", "subject": subject}
    report = take(house, kind, [{**row, "occurred_at": at, **more}])
    assert report.rejected == 0


def wish(subject: str, at: datetime, stream: str, **more: object) -> dict[str, object]:
    return wished("message.send", subject, at, f"{stream} {at}", text=stream, **more)


def clauses(house: House) -> list[tuple[object, ...]]:
    return house.read("verdict").select("subject", "clause").rows()


def test_what_the_doors_tell_is_what_the_gate_knows(tmp_path: Path) -> None:
    """In whatever order it is told: what is delivered after a complaint changes nothing."""
    with entered(town(tmp_path), FOUND) as house:
        mail = {"channel": "mail"}
        told(house, "message.complained", "ada", BEGIN + HOUR, **mail)
        told(house, "message.delivered", "ada", BEGIN + 2 * HOUR, **mail)
        for subject, reason in (
            ("bob", "5.1.1 no such mailbox"),
            ("cyd", "4.2.2 mailbox full"),
            ("dan", "5.2.2 over quota"),
            ("eve", "5.7.1 policy"),
            ("fay", None),
            ("gus", "550 5.1.1 later in the text"),
        ):
            row = {"id": subject, "subject": subject, "occurred_at": BEGIN + HOUR, "reason": reason}
            row["recorded_at"] = row["occurred_at"]
            house.append(house.members.catalog.kinds["message.bounced"], "smtp", [row | mail])
        told(house, "message.suppressed", "hal", BEGIN, why="asked", **mail)
        fly(house, BEGIN + DAY)
        people = ["ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"]
        take(house, "wish.made", [wish(one, BEGIN + DAY, "service") for one in people])
        fly(house, BEGIN + DAY + HOUR)
        assert dict(clauses(house)) == dict.fromkeys(people, "within_policy") | {
            "ada": "suppressed",
            "bob": "suppressed",
            "hal": "suppressed",
        }
        soft = house.read("suppressions").filter(pl.col("soft_bounces") > 0)
        assert soft["subject"].to_list() == ["cyd", "dan"]
        told(
            house, "contact.set", "bob", BEGIN + 26 * HOUR, channel="mail", address="b@new.example"
        )
        later = BEGIN + 28 * HOUR
        take(house, "wish.made", [wish("bob", later, "service")])
        fly(house, later + HOUR)
        assert clauses(house)[-1] == ("bob", "within_policy")


def test_consent_with_and_without_proof(tmp_path: Path) -> None:
    """Rule 44: an import that cannot show it is no consent; an end bites at once."""
    with entered(town(tmp_path), FOUND) as house:
        shown = {"origin": "signup form", "text_version": "2026-01"}
        plain = {"purpose": "marketing", "channel": "mail", "basis": "explicit"}
        told(house, "consent.given", "ada", BEGIN, **plain, **shown)
        told(house, "consent.given", "bob", BEGIN, **plain, origin="an old list")
        told(house, "consent.given", "cyd", BEGIN, **plain, **shown)
        end = {"purpose": "all", "channel": "all", "origin": "one_click"}
        told(house, "consent.withdrawn", "cyd", BEGIN + 9 * HOUR, **end)
        noon = BEGIN + 12 * HOUR
        take(house, "wish.made", [wish(one, noon, "marketing") for one in ("ada", "bob", "cyd")])
        fly(house, noon + HOUR)
        assert dict(clauses(house)) == {
            "ada": "within_policy",
            "bob": "no_consent",
            "cyd": "no_consent",
        }


def test_who_is_erased_or_has_left(tmp_path: Path) -> None:
    with entered(town(tmp_path), FOUND) as house:
        told(house, "customer.created", "ada", BEGIN, email="ada@town.example", zone="UTC")
        held = {"subscription": "s1"}
        told(house, "subscription.ended", "bob", BEGIN + 2 * HOUR, **held)
        fly(house, BEGIN + 10 * HOUR)
        house.erase("ada", house.now)
        for subject in ("ada", "bob"):
            wishes = [wish(subject, BEGIN + 12 * HOUR, one) for one in ("product", "billing")]
            take(house, "wish.made", wishes)
        fly(house, BEGIN + 13 * HOUR)
        assert sorted(clauses(house)) == [
            ("ada", "no_longer"),
            ("ada", "no_longer"),
            ("bob", "no_longer"),
            ("bob", "within_policy"),
        ]


def test_what_comes_at_night_goes_in_the_morning_once(tmp_path: Path) -> None:
    """Berlin: wished for at 23:30 local time, called at 08:00, whatever dies in between."""
    home, night = town(tmp_path), datetime(2026, 10, 1, 21, 30)
    with entered(home, FOUND) as house:
        told(house, "customer.created", "ada", BEGIN, zone="Europe/Berlin")
        take(house, "wish.made", [wish("ada", night, "product"), wish("bob", night, "service")])
        fly(house, night + HOUR)
        waits = house.read("intents").select("subject", "state", "after", "attempts").rows()
        assert waits == [("ada", "waiting", datetime(2026, 10, 2, 6), 0)]
        assert house.read("contacts_recent")["contacted_at"].max() == datetime(2026, 10, 2, 6)
    assert [call["subject"] for call in said(home)] == ["bob"]
    with entered(home, FOUND) as house:
        fly(house, night + 30 * HOUR)
        done = house.read("receipt").filter(pl.col("subject") == "ada")
        assert done["state"].to_list() == ["sent", "done"]
        assert done["recorded_at"][0] == datetime(2026, 10, 2, 6)
        assert house.read("intents").is_empty()
        assert house.verify() == []
    assert [call["subject"] for call in said(home)] == ["bob", "ada"]


def test_what_waits_past_its_expiry_is_not_sent(tmp_path: Path) -> None:
    home, night = town(tmp_path), datetime(2026, 10, 1, 21, 30)
    with entered(home, FOUND) as house:
        late = wish("ada", night, "product", expires_at=night + HOUR)
        take(house, "wish.made", [late])
        fly(house, night + 20 * HOUR)
        assert clauses(house) == [("ada", "too_late")]
    assert said(home) == []


def test_the_cap_is_counted_from_the_log_over_every_verb_and_restart(tmp_path: Path) -> None:
    """Two in seven days: of five product messages on five days the first two and, after a week,
    another; what the outside refused takes no room."""
    toml = PLAIN + "messages_per_week_max = 2\n"
    home = town(tmp_path, toml)
    (home / "recorded").mkdir()
    (home / "recorded" / "behaviour.toml").write_text('[answers]\nbob = "refused"\n')
    days = (0, 1, 2, 6, 8)
    with entered(home, FOUND) as house:
        noon = BEGIN + 12 * HOUR
        wishes = [wish(one, noon + day * DAY, "product") for day in days for one in ("ada", "bob")]
        take(house, "wish.made", wishes)
        fly(house, BEGIN + 3 * DAY)
    with entered(home, FOUND) as house:
        fly(house, BEGIN + 9 * DAY)
        found = house.read("verdict").filter(pl.col("subject") == "ada")["clause"].to_list()
        other = house.read("verdict").filter(pl.col("subject") == "bob")["clause"].to_list()
    good, over = "within_policy", "too_often"
    assert found == [good, good, over, over, good]
    assert other == [good] * 5


def test_the_arms_of_the_holdout(tmp_path: Path) -> None:
    toml = "[gate]\ncool_down_hours = 0\n[contact]\nholdout_share = 0.5\n"
    noon = BEGIN + 12 * HOUR
    with entered(town(tmp_path, toml), FOUND) as house:
        wishes = [wish(f"s{n}", noon, "product") for n in range(40)]
        take(house, "wish.made", [*wishes, wish("s1", noon, "billing")])
        fly(house, noon + HOUR)
        arms = house.read("arms").row(0, named=True)
        lift = house.read("lift").row(0, named=True)
        held = house.read("verdict").filter(pl.col("clause") == "held_out").height
    assert arms["contacted"] + arms["held_out"] == 40
    assert 8 <= arms["held_out"] == held <= 32
    assert lift["lift"] is None, "nobody's outcome is known yet"


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ((56, 14, 48, 32), (0.2, 0.052397, 0.333868)),  # Newcombe (1998), table II, method 10
        ((9, 1, 3, 7), (0.6, 0.170532, 0.808978)),
        ((0, 0, 3, 7), (None, None, None)),
        ((3, 7, 0, 0), (None, None, None)),
    ],
)
def test_the_interval_of_a_lift(
    counts: tuple[int, int, int, int], found: tuple[float | None, ...]
) -> None:
    got = difference(*counts)
    assert got == (pytest.approx(found, abs=6e-4) if found[0] is not None else found)


def test_without_a_held_out_it_is_no_lift() -> None:
    """Rule 21."""
    assert difference(9, 1, 0, 0) == (None, None, None)
