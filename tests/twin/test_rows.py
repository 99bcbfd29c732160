"""Every row that services and market say is one that the door takes: typed, complete, in bounds."""

import msgspec
import polars as pl
import pytest

from psizero.core.tables import POLARS_TYPES, Kind
from psizero.house.members import members
from psizero.twin.access import answered
from psizero.twin.costs import costs
from psizero.twin.emission import Emission, joined
from psizero.twin.fleet import services
from psizero.twin.market import outside
from psizero.twin.remedies import Remedy, heal
from psizero.twin.visits import visits
from tests.twin.fleets import PLACES, START, broken, changed, flown, hourly, quiet, with_fault
from tests.twin.markets import BEGINS, PLANTED, company

KINDS = """request.counted request.answered request.timed resource.sampled deploy.started
deploy.finished alert.notified incident.opened incident.phase_changed incident.resolved
monitor.interrupted maintenance.planned cost.charged budget.set marketing.spent exchange.quoted
page.viewed market.page_fetched market.news_published""".split()


@pytest.fixture(scope="module")
def everything() -> Emission:
    """Some months in which all of it happens."""
    busy = changed({"incidents.daily": 0.2, "services.monitor_down_daily": 0.3})
    calls = hourly()[None, :].repeat(3, axis=0) / 1000
    names = pl.Series(["a", "b", "c"])
    leads = pl.DataFrame({"index": [0, 3], "lead": ["x", "y"], "intent": [0.9, 1.0]})
    fleet = with_fault(broken("bad_deploy", PLACES["bad_deploy"], START), quiet())
    fleet = msgspec.structs.replace(fleet, failing=(0.1,) * 24)
    back = Remedy("key", "rollback", "compiler", START)
    return joined(
        [
            flown(3, busy, 30)[0],
            heal(quiet(), fleet, back)[0],
            outside(company(3, PLANTED), BEGINS, 100),
            costs(company(3, PLANTED), BEGINS, hourly().repeat(4)),
            visits(company(3, PLANTED), BEGINS, leads),
            answered(quiet(), names, START, (calls.round(), calls.round() // 9), fleet),
        ]
    )


def test_all_kinds_are_said(everything: Emission) -> None:
    assert sorted(everything.rows) == sorted(KINDS)
    assert set(everything.truth) == {"incidents", "planted", "price_changes", "stories"}


@pytest.mark.parametrize("name", KINDS)
def test_rows_are_as_the_kind_says(everything: Emission, name: str) -> None:
    kind: Kind = members().catalog.kinds[name]
    frame = everything.rows[name]
    envelope = ["id", "subject", "cause", "occurred_at", "delivered_at"]
    assert sorted(frame.columns) == sorted([*envelope, *kind.columns])
    for column, said in kind.columns.items():
        values = frame[column]
        assert values.dtype == POLARS_TYPES[said.type], column
        assert not said.required or not values.null_count(), column
        assert not said.choices or set(values.drop_nulls()) <= set(said.choices), column
        assert said.least is None or (values.drop_nulls() >= said.least).all(), column
    by = kind.metered.by if kind.metered else ()
    assert not frame.select("id", "subject", "occurred_at", *by).null_count().sum_horizontal()[0]


def test_what_goes_on_has_a_cause_only_where_we_acted(everything: Emission) -> None:
    caused = {name for name, frame in everything.rows.items() if frame["cause"].drop_nulls().len()}
    assert caused == {"deploy.started", "deploy.finished"}


def test_a_quiet_hour_says_metrics_alone() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", START), quiet())
    emission, _ = services(company(1).dice, quiet(), START, hourly()[:1], fleet)
    metered = {name for name in emission.rows if members().catalog.kinds[name].metered}
    assert {"alert.notified", "incident.opened", "incident.phase_changed"} == (
        set(emission.rows) - metered
    )
