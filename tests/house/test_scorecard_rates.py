"""Rules 65 to 67: what counts as automated, from the ledger's records and in slow other words."""

from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psizero.core.automation import Verb
from psizero.core.policy import Level
from psizero.house.measures import share
from psizero.house.members import members
from psizero.house.scorecard import COUNTS, Rate, counted, rates, scorecard
from tests.engine.test_automation_rate import CAPPED, WISHES, lived
from tests.toy.town import entered, founded

NOW = datetime(2026, 6, 15, 9, 30)
TODAY = datetime(2026, 6, 15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = [
    *(("auto", "within_policy"), ("auto", "approved"), ("approve", "asks")),
    *(("approve", "escalated"), ("shadow", "in_shadow"), ("off", "switched_off")),
    *(("off", "expired"), ("off", "unanswered"), ("off", "superseded"), ("off", "stale")),
]
PEOPLE = [("auto", "approved"), ("off", "declined"), ("off", "overridden"), ("auto", "reviewed")]
STATES = ["sent", "waiting", "done", "refused", "unknown", "undone"]
KEPT = ["level", "clause", "asked", "overridden", "state", "good"]


class History(msgspec.Struct, frozen=True):
    """All that was ever said of one decision, in its order: by policy, people, hands, outcome."""

    automation: str
    verb: str
    age_days: int
    said: list[tuple[str, str, str]]


_FIRST = [one for one in POLICY if one[1] not in ("escalated", "approved")]
_STEP = (
    st.sampled_from(POLICY).map(lambda one: ("policy", *one))
    | st.sampled_from(PEOPLE).map(lambda one: ("ada", *one))
    | st.sampled_from(STATES).map(lambda one: ("hands", one, ""))
    | st.sampled_from(["good", "bad", "missing"]).map(lambda one: ("outcome", one, ""))
)
HISTORIES = st.lists(
    st.builds(
        lambda names, age_days, first, more: History(
            names[0], names[1], age_days, [("policy", *first), *more]
        ),
        st.sampled_from(
            [
                ("finance.invoicing", "invoice.issue"),
                ("customers.health_watch", "task.assign"),
                ("customers.health_watch", "report"),
            ]
        ),
        st.integers(0, 92),
        st.sampled_from(_FIRST),
        st.lists(_STEP, max_size=4),
    ),
    max_size=12,
)


def fate(one: History) -> dict[str, object]:
    """What became of it, word by word."""
    stand: dict[str, object] = dict.fromkeys(KEPT)
    for who, what, why in one.said:
        if who == "policy":
            if why != "escalated":
                stand |= {"level": what, "clause": why}
            stand["asked"] = bool(stand["asked"]) or what == "approve"
        elif who == "hands":
            stand["state"] = what
        elif who == "outcome":
            stand["good"] = {"good": True, "bad": False, "missing": stand["good"]}[what]
        else:
            stand["overridden"] = bool(stand["overridden"]) or why == "overridden"
    return stand


def expected(told: list[History]) -> list[tuple[object, ...]]:
    """The counts by automation, verb and day, one decision after the other."""
    found: dict[tuple[str, str, datetime], dict[str, int]] = {}
    for one in told:
        day = TODAY - one.age_days * DAY
        if not TODAY - 90 * DAY <= day < TODAY:
            continue
        tally = found.setdefault((one.automation, one.verb, day), dict.fromkeys(COUNTS, 0))
        stand = fate(one)
        if stand["level"] == "shadow":
            tally["shadow"] += 1
        elif stand["clause"] in ("switched_off", "superseded"):
            tally[str(stand["clause"])] += 1
        else:
            tally["eligible"] += 1
            done = stand["level"] == "auto" and stand["state"] == "done"
            tally["automatic"] += done and not stand["asked"] and not stand["overridden"]
            tally["asked"] += bool(stand["asked"])
            tally["reverted"] += bool(stand["overridden"]) or stand["state"] == "undone"
            tally["failed"] += stand["state"] in ("refused", "unknown")
            tally["outcomes"] += stand["good"] is not None
            tally["bad"] += stand["good"] is False
    return sorted((*key, *(tally[name] for name in COUNTS)) for key, tally in found.items())


def frames(told: list[History]) -> dict[str, pl.DataFrame]:
    """The records as the ledger has them, and what the kept table would say."""
    rows: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("decision", "verdict", "receipt", "outcome", "fates")
    }
    for number, one in enumerate(told):
        key, at = f"d{number}", TODAY - one.age_days * DAY + HOUR
        names = {"automation": one.automation, "verb": one.verb}
        rows["decision"].append({"id": key, "recorded_at": at, **names})
        rows["fates"].append(
            {"decision": key, "decided_at": at, "automation": one.automation, **fate(one)}
        )
        for step, (who, what, why) in enumerate(one.said):
            known = {
                "decision": key,
                "recorded_at": at + step * HOUR,
                "position": 9 * number + step,
            }
            if who == "hands":
                rows["receipt"].append({**known, "state": what})
            elif who == "outcome":
                good = {"good": True, "bad": False}.get(what)
                rows["outcome"].append({**known, "good": good})
            else:
                rows["verdict"].append({**known, "by": who, "level": what, "clause": why})
    return {name: pl.DataFrame(found, schema=SCHEMAS[name]) for name, found in rows.items()}


_T, _B, _AT, _N = pl.String(), pl.Boolean(), pl.Datetime("us"), pl.Int64()
_KNOWN = {"decision": _T, "recorded_at": _AT, "position": _N}
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "decision": {"id": _T, "recorded_at": _AT, "automation": _T, "verb": _T},
    "verdict": {**_KNOWN, "by": _T, "level": _T, "clause": _T},
    "receipt": {**_KNOWN, "state": _T},
    "outcome": {**_KNOWN, "good": _B},
    "fates": {"decision": _T, "decided_at": _AT, "automation": _T, "level": _T, "clause": _T}
    | {"asked": _B, "overridden": _B, "state": _T, "good": _B},
}


def asked_of_sql(name: str, known: dict[str, pl.DataFrame]) -> list[tuple[object, ...]]:
    """One of the two views over these frames."""
    sql = (files("psizero.engine") / "sql" / f"{name}.sql").read_text()
    with duckdb.connect() as connection:
        for table, frame in known.items():
            connection.register(table, frame)
        found = connection.sql(sql, params={"now": NOW}).pl()
    return sorted(found.select("automation", "verb", "day", *COUNTS).iter_rows())


@settings(max_examples=60)
@given(HISTORIES)
def test_both_counts_are_the_slow_one(told: list[History]) -> None:
    known = frames(told)
    assert asked_of_sql("actions_recounted", known) == expected(told)
    assert asked_of_sql("actions_daily", known) == expected(told)


def told_rate(told: list[History], domain: str = "customers", capability: str = "") -> Rate:
    """The rate of a domain of these decisions."""
    typed = {"automation": _T, "verb": _T, "day": _AT, **dict.fromkeys(COUNTS, _N)}
    actions = pl.DataFrame(expected(told), schema=typed, orient="row")
    made = rates(counted(actions, members().verbs), members().automations, [])
    return next(one for one in made if (one.domain, one.capability) == (domain, capability))


@given(HISTORIES, st.sampled_from(POLICY))
def test_only_what_stands_is_automated(told: list[History], last: tuple[str, str]) -> None:
    """One more decision: shadow changes nothing, nothing but a success raises the rate."""
    before = told_rate(told)
    said = [("policy", *last), ("hands", "done", "")]
    after = told_rate([*told, History("customers.health_watch", "task.assign", 3, said)])
    assert after.automatic <= after.eligible
    if last[1] in ("in_shadow", "switched_off", "superseded"):
        assert (after.automatic, after.eligible) == (before.automatic, before.eligible)
    elif last[0] == "auto":
        assert (after.automatic, after.eligible) == (before.automatic + 1, before.eligible + 1)
        assert after.hours_replaced == pytest.approx(before.hours_replaced + 15 / 60)
    elif last[1] != "escalated":
        assert (after.automatic, after.eligible) == (before.automatic, before.eligible + 1)
        assert before.value is None or (after.value or 0.0) <= before.value


@given(HISTORIES)
def test_a_report_is_nobodys_work(told: list[History]) -> None:
    without = [one for one in told if one.verb != "report"]
    assert told_rate(told) == told_rate(without)
    health = told_rate(told, capability="Health Monitoring & Risk Detection")
    assert health.eligible == told_rate(told).eligible, "its target names the capability"


def test_a_verb_that_replaces_nothing_does_not_count() -> None:
    idle = {
        name: msgspec.structs.replace(verb, manual_minutes=0.0)
        for name, verb in members().verbs.items()
    }
    typed = {"automation": _T, "verb": _T, **dict.fromkeys(COUNTS, _N)}
    row = ["finance.invoicing", "invoice.issue", *([1] * len(COUNTS))]
    lost = ["finance.gone", "gone.verb", *([1] * len(COUNTS))]
    actions = pl.DataFrame([row, lost], schema=typed, orient="row")
    none: dict[str, Verb] = {}
    assert counted(actions, idle)["verb"].to_list() == ["gone.verb"], "what nobody knows stays in"
    assert counted(actions, none).height == 2
    assert counted(actions, members().verbs)["minutes"].to_list() == [12.0, 0.0]


def test_the_card_of_a_house_is_what_its_ledger_says(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, CAPPED)
    with entered(home) as house:
        lived(house)
        found = scorecard(house, datetime(2026, 10, 12))
        growth = next(one for one in found.rates if one.domain == "growth")
        assert found.differing == 0
        assert (growth.automatic, growth.eligible, growth.asked, growth.shadow) == (4, 8, 3, 1)
        assert growth.reverted == 1
        assert growth.hours_replaced == pytest.approx(4 * 20 / 60)
        bounds = share("any", 4, 8)
        assert (growth.low, growth.high) == (bounds.low, bounds.high)
        assert growth.status == "not enough data"
        early = scorecard(house, datetime(2026, 10, 1, 23))
        assert {one.status for one in early.rates} == {"not measured yet"}, "no day has finished"
        house.store._con.execute("update kept.fates set overridden = false where overridden")
        assert scorecard(house, datetime(2026, 10, 13)).differing > 0, "a broken fold shows"
