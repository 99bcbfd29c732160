"""Laws: shadow decides and records and does nothing; off writes nothing at all."""

import polars as pl

from psizero.core.policy import Level
from psizero.core.records import RECORD_KINDS
from psizero.house.home import House
from tests.laws.levels import Forbidden
from tests.laws.population import FOUND, each_automation
from tests.laws.witness import Life

Restrained = tuple[Level, House, Forbidden]
ADDED = sorted({kind for verb in FOUND.verbs.values() for kind in verb.kinds})


@each_automation
def test_it_does_something_at_auto(name: str, life: Life, house: House) -> None:
    """Else what follows would hold for an automation that never does anything."""
    done = house.read("receipt").filter(pl.col("automation") == name)
    assert set(done["state"]) >= {"done"}


def test_nobody_is_called(restrained: Restrained) -> None:
    _, house, forbidden = restrained
    assert forbidden.calls == 0
    assert house.read("receipt").is_empty()
    assert house.read("intents").is_empty()


def test_no_rows_are_added(restrained: Restrained) -> None:
    _, house, _ = restrained
    assert ADDED
    for kind in ADDED:
        assert house.store.everything(kind).is_empty(), kind


@each_automation
def test_shadow_decides_and_records(name: str, restrained: Restrained) -> None:
    """What acts on request alone has nothing to undo where nothing is done, and what follows what
    we do alone is never woken."""
    level, house, forbidden = restrained
    verdicts = house.read("verdict").filter(pl.col("automation") == name)
    automation = FOUND.automations[name]
    follows = automation.cadence is None and automation.due is None
    follows &= all(FOUND.catalog.kinds[kind].ours for kind in automation.wakes_on)
    if level is Level.SHADOW and not automation.on_request and not follows:
        assert forbidden.thoughts[name] > 0
        fed = any(house.read(table).height for table in FOUND.automations[name].reads)
        assert set(verdicts["level"]) == ({"shadow"} if fed else set())
        assert verdicts["decision"].is_in(house.read("decision")["id"].implode()).all()
    else:
        assert verdicts.is_empty()


@each_automation
def test_off_thinks_nothing(name: str, restrained: Restrained) -> None:
    level, house, forbidden = restrained
    if level is Level.OFF:
        assert name not in forbidden.thoughts
        assert house.read("run").is_empty()


def test_off_writes_nothing(restrained: Restrained) -> None:
    """Only what came in is in the log; the ledger has not one batch more."""
    level, house, _ = restrained
    if level is Level.OFF:
        for kind in RECORD_KINDS:
            assert house.store.everything(kind.name).is_empty(), kind.name
        kinds = set(house.store.position.chain and _kinds(house))
        assert not kinds & {kind.name for kind in RECORD_KINDS}


def test_what_shadow_leaves_changes_nothing_later(restrained: Restrained) -> None:
    """Rule 4: no touch, no act, no cap is used by what was never done."""
    _, house, _ = restrained
    assert house.read("touches").is_empty()
    assert house.read("acts_hourly").is_empty()


def _kinds(house: House) -> list[str]:
    rows = house.store._con.execute("select distinct unnest(kinds) from ledger").fetchall()
    return [row[0] for row in rows]
