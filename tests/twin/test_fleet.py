"""The services: rows that sum up, rates that hold, and nothing before its cause."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl
import pytest

from psizero.core.events.request import LE_MS
from psizero.twin.dice import Dice
from psizero.twin.emission import joined
from psizero.twin.faults import CAUSES, HOUR, SERVICES, blind, deploys, faults, maintenance
from psizero.twin.fleet import next_fault_at, opened, services
from psizero.twin.incidents import fingerprint
from tests.twin.fleets import (
    CALM,
    DAY,
    PLACES,
    QUIET,
    START,
    broken,
    changed,
    failing_by_hour,
    flown,
    hourly,
    quantile_ms,
    quiet,
    with_fault,
)

BUSY = changed({"incidents.daily": 0.15, "incidents.bad_deploy_share": 0.5})
SEEDS = range(1, 21)


def within(seen: int, expected: float) -> bool:
    """Within four standard deviations of a Poisson count."""
    return abs(seen - expected) <= 4 * np.sqrt(expected)


def test_hour_by_hour_says_what_a_day_and_a_week_say() -> None:
    dice, calls = Dice(5), np.concatenate([hourly(200_000 + 9_000 * n) for n in range(9)])
    said = []
    for step in (1, 24, len(calls)):
        fleet, found = opened(BUSY, START, hourly().max()), []
        failing: list[float] = []
        for begin in range(0, len(calls), step):
            at = START + begin * HOUR
            emission, fleet = services(dice, BUSY, at, calls[begin : begin + step], fleet)
            found.append(emission)
            failing += fleet.failing
        told = msgspec.structs.replace(fleet, failing=(), loud=())
        said.append((joined(found), failing, told))
    first = said[0]
    for rows, failing, fleet in said[1:]:
        assert failing == first[1] and fleet == first[2]
        assert rows.rows.keys() == first[0].rows.keys()
        for kind, frame in rows.rows.items():
            assert frame.sort("id").equals(first[0].rows[kind].sort("id")), kind
        assert rows.truth["incidents"].sort("id").equals(first[0].truth["incidents"].sort("id"))
    assert max(first[1]) > 0.05 and first[0].truth["incidents"].height > 3


def test_the_fleet_cannot_skip() -> None:
    fleet = opened(CALM, START, 1000.0)
    with pytest.raises(ValueError, match="stands at"):
        services(Dice(1), CALM, START + DAY, hourly(), fleet)


def test_the_same_seed_gives_the_same_rows_and_another_one_others() -> None:
    one, again, other = (flown(seed, BUSY, 5)[0].rows for seed in (3, 3, 4))
    assert one.keys() == again.keys()
    assert all(one[kind].equals(again[kind]) for kind in one)
    assert not one["request.counted"].equals(other["request.counted"])


def test_ids_are_unique_and_nothing_is_handed_in_before_it_happened() -> None:
    for kind, frame in flown(2, BUSY, 20)[0].rows.items():
        assert frame["id"].n_unique() == frame.height, kind
        assert (frame["delivered_at"] >= frame["occurred_at"]).all(), kind
        assert frame["cause"].null_count() == frame.height, "nobody did anything"


def test_buckets_and_endpoints_sum_to_the_requests() -> None:
    rows = flown(1, BUSY, 12)[0].rows
    by = ("subject", "occurred_at")
    counted = rows["request.counted"].group_by(by).agg(pl.col("quantity").sum())
    timed = rows["request.timed"].group_by(by).agg(pl.col("quantity").sum())
    both = counted.join(timed, on=by, how="full", suffix="_timed")
    assert both.height >= 11 * 24 * len(SERVICES)
    assert (both["quantity"] == both["quantity_timed"]).all()
    assert set(rows["request.timed"]["le_ms"]) <= set(LE_MS)


def test_the_gateway_counts_every_call_once() -> None:
    rows = flown(1, quiet(), 3)[0].rows["request.counted"]
    gateway = rows.filter(pl.col("subject") == "gateway")
    assert int(gateway["quantity"].sum()) == int(3 * hourly().sum())


def test_without_faults_only_the_usual_share_fails() -> None:
    emission, fleet = flown(4, quiet(), 21)
    assert "alert.notified" not in emission.rows and not emission.truth
    assert not any(fleet.failing)
    usual = CALM.number("use.failing_share")
    rows = emission.rows["request.counted"].filter(pl.col("subject") == "gateway")
    total = float(rows["quantity"].sum())
    failed = float(rows.filter(pl.col("status_class") != "2xx")["quantity"].sum())
    assert abs(failed - usual * total) < 5 * np.sqrt(usual * total)


def test_load_raises_the_slowest_requests_and_the_processor() -> None:
    fleet = opened(quiet(), START, hourly().max())
    slow, busy = [], []
    for factor in (0.3, 1.0, 1.6):
        emission, _ = services(Dice(1), quiet(), START, factor * hourly(), fleet)
        slow.append([quantile_ms(emission, one, 0.99) for one in SERVICES])
        sampled = emission.rows["resource.sampled"].filter(pl.col("resource") == "cpu")
        busy.append(float(sampled["quantity"].cast(pl.Float64).mean() or 0))
    assert all(low <= high for low, high in zip(slow[0], slow[2], strict=True))
    assert sum(low < high for low, high in zip(slow[0], slow[2], strict=True)) >= 3
    assert busy[0] < busy[1] < busy[2]


def test_more_than_the_fleet_can_do_is_turned_away() -> None:
    fleet = opened(quiet(), START, hourly().max())
    _, after = services(Dice(1), quiet(), START, 3 * hourly(), fleet)
    assert max(after.failing) > 0.2 and min(after.failing) == 0.0


@pytest.mark.parametrize(("cause", "service"), PLACES.items())
def test_a_fault_shows_where_it_lies_and_is_over_with_its_end(cause: str, service: str) -> None:
    at = START + DAY + 10 * HOUR
    fleet = with_fault(broken(cause, service, at), quiet())
    emission, after = services(Dice(1), quiet(), at, hourly()[10:], fleet)
    sound = msgspec.structs.replace(fleet, faults=())
    well, _ = services(Dice(1), quiet(), at, hourly()[10:], sound)
    other = next(one for one in SERVICES[1:] if one != service)
    before, seen = (
        one.rows["request.counted"].filter(pl.col("subject") == other) for one in (well, emission)
    )
    assert seen.equals(before), "the services beside it are well"
    late = pl.col("occurred_at") >= at + 6 * HOUR
    for kind, frame in emission.rows.items():
        if kind in well.rows:
            assert frame.filter(late).equals(well.rows[kind].filter(late)), kind
    wrong = failing_by_hour(emission, service)[:6].mean() > 0.01
    slow = quantile_ms(emission, service, 0.95) > quantile_ms(well, service, 0.95)
    assert wrong or slow
    assert bool(max(after.failing[:6]) > 0) == bool(wrong) and not any(after.failing[6:])


def test_signatures_tell_causes_apart() -> None:
    at, found = START + DAY + 10 * HOUR, {}
    for cause, service in PLACES.items():
        fault = broken(cause, service, at)
        fault = msgspec.structs.replace(fault, hurts_at=at + 3 * HOUR)
        emission, _ = services(Dice(1), quiet(), at, hourly()[10:15], with_fault(fault, quiet()))
        mine = emission.rows["resource.sampled"].filter(pl.col("subject") == service)
        top = mine.group_by("resource").agg(pl.col("quantity").cast(pl.Float64).max())
        found[cause] = dict(top.iter_rows())
        rejected = emission.rows["request.counted"].filter(pl.col("status_class") == "4xx")
        found[cause]["4xx"] = float(rejected["quantity"].sum())
    assert found["memory_leak"]["memory"] > 0.9 > found["bad_deploy"]["memory"]
    assert found["disk_full"]["disk"] > 0.9 > found["memory_leak"]["disk"]
    assert found["overload"]["cpu"] > 0.85 > found["bad_deploy"]["cpu"]
    assert found["crash_loop"]["replicas"] < found["bad_deploy"]["replicas"]
    assert found["noisy_customer"]["4xx"] > 5 * found["slow_query"]["4xx"]


def test_rates_are_those_of_the_scenario() -> None:
    days, weeks = 182, 26
    found, went, bad = Counter[str](), 0, 0
    for seed in SEEDS:
        for number in range(days):
            day = START + number * DAY
            found.update(one.cause for one in faults(Dice(seed), CALM, day))
            today = deploys(Dice(seed), CALM, day)
            went += len(today)
            bad += sum(one.status == "success" for one in today)
    expected = {k: v * days * len(SEEDS) for k, v in CALM.shares("incidents.daily").items()}
    brought = bad * CALM.number("incidents.bad_deploy_share")
    crashes = CALM.number("incidents.crash_share")
    expected |= {"bad_deploy": brought * (1 - crashes), "crash_loop": brought * crashes}
    assert set(found) == set(CAUSES) == set(expected)
    assert all(within(found[cause], expected[cause]) for cause in CAUSES), (found, expected)
    daily = sum(CALM.shares("services.deploys_daily").values())
    assert within(went, 5 * weeks * len(SEEDS) * daily)


def test_nothing_is_said_before_its_cause() -> None:
    for seed in (1, 2, 3):
        emission, fleet = flown(seed, changed(QUIET | {"incidents.daily": 0.1}), 40)
        truth = emission.truth["incidents"]
        assert (truth["started_at"] <= truth["hurt_at"]).all()
        assert (truth["started_at"] < truth["healed_at"]).all()
        alerted = truth.drop_nulls("alert_at")
        assert (alerted["alert_at"] > alerted["started_at"]).all()
        assert (alerted["alert_at"] < alerted["healed_at"]).all()
        alerts = emission.rows["alert.notified"]
        firing = alerts.filter(pl.col("status") == "firing")
        assert firing.height >= alerted.height > 10
        running = {one.alert_at for one in fleet.faults}
        assert set(firing["starts_at"]) - running == set(alerted["alert_at"]) - running
        resolved = alerts.filter(pl.col("status") == "resolved")
        assert (resolved["ends_at"] > resolved["starts_at"]).all()
        ends = resolved.join(alerted, left_on="starts_at", right_on="alert_at")
        assert ends.height and (ends["ends_at"] >= ends["healed_at"]).all()
        opened_at = emission.rows["incident.opened"]
        declared = emission.rows["incident.resolved"].join(opened_at, on="incident")
        assert declared.height and (declared["occurred_at"] > declared["occurred_at_right"]).all()


def test_where_the_monitoring_is_down_nothing_is_known() -> None:
    dark = changed({"services.monitor_down_daily": 1.0, "incidents.daily": 0.3})
    emission, _ = flown(6, dark, 10)
    gaps = emission.rows["monitor.interrupted"]
    assert gaps.height == 10
    for starts, ends in gaps.select("starts_at", "ends_at").iter_rows():
        for kind in ("request.counted", "request.timed", "resource.sampled"):
            seen = emission.rows[kind]["occurred_at"]
            assert not seen.is_between(starts, ends, closed="left").any()
        inside = emission.truth["incidents"]["alert_at"].drop_nulls()
        assert not inside.is_between(starts, ends, closed="left").any()
    kept = emission.rows["resource.sampled"]["occurred_at"].n_unique()
    assert kept == 240 - int((gaps["ends_at"] - gaps["starts_at"]).sum() / timedelta(hours=1))
    assert blind(Dice(6), quiet(), START) is None


def test_maintenance_is_announced_before_it_bites() -> None:
    planned = changed(QUIET | {"services.maintenance_weekly": 1.0, "incidents.daily": 0.0})
    emission, _ = flown(2, planned, 14)
    rows = emission.rows["maintenance.planned"]
    assert rows.height == 2
    assert ((rows["starts_at"] - rows["occurred_at"]) > timedelta(days=4)).all()
    for service, starts in rows.select("subject", "starts_at").iter_rows():
        assert maintenance(Dice(2), planned, datetime(starts.year, starts.month, starts.day))
        share = failing_by_hour(emission, service)
        assert share[(starts - START) // HOUR] > 0.4


def test_versions_follow_the_deploys() -> None:
    often = {"incidents.bad_deploy_share": 0.4, "services.deploy_fails_share": 0.4}
    emission, fleet = flown(3, changed(often), 40)
    started, finished = (emission.rows[f"deploy.{one}"] for one in ("started", "finished"))
    assert set(started["deploy"]) == set(finished["deploy"])
    both = started.join(finished, on="deploy")
    assert (both["occurred_at"] <= both["occurred_at_right"]).all()
    backs = finished.filter(pl.col("deploy").str.starts_with("back-"))
    assert backs.height
    went = finished.filter(pl.col("status") == "success").sort("occurred_at")
    for service in SERVICES:
        mine = went.filter(pl.col("subject") == service)
        if mine.height:
            assert fleet.versions.of(service) == mine["version"][-1]
        for at, previous in (
            started.filter(pl.col("subject") == service)
            .select("occurred_at", "previous")
            .iter_rows()
        ):
            before = mine.filter(pl.col("occurred_at") < at)
            assert previous == (before["version"][-1] if before.height else "2026.03.02-0")


def test_the_next_fault_is_known_to_whoever_steps() -> None:
    fleet = opened(BUSY, START, hourly().max())
    at = next_fault_at(Dice(5), BUSY, fleet, START + 30 * DAY)
    assert at is not None and at.minute == 0
    hours = (at - START) // HOUR
    emission, fleet = services(Dice(5), BUSY, START, np.full(hours, 9000.0), fleet)
    assert not any(fleet.failing) and not fleet.faults and not emission.truth
    _, fleet = services(Dice(5), BUSY, at, np.full(1, 9000.0), fleet)
    assert len(fleet.faults) == 1
    assert next_fault_at(Dice(5), BUSY, fleet, START + 30 * DAY) == fleet.until
    assert next_fault_at(Dice(5), quiet(), opened(quiet(), START, 9.0), START + DAY) is None


def test_fingerprints_are_alertmanagers() -> None:
    """The labels and numbers are those of Prometheus' own tests of its signatures."""
    assert fingerprint({}) == "cbf29ce484222325"
    labels = {"name": "garland, briggs", "fear": "love is not enough"}
    assert int(fingerprint(labels), 16) == 5799056148416392346
