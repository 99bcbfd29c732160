"""Remedies: each heals what it really heals, and nothing that was told already."""

from datetime import timedelta

import msgspec
import pytest

from psizero.twin.dice import Dice
from psizero.twin.emission import joined
from psizero.twin.faults import CAUSES, HOUR, SERVICES
from psizero.twin.fleet import services
from psizero.twin.incidents import truth
from psizero.twin.remedies import HEALS, REMEDIES, Remedy, heal
from tests.twin.fleets import (
    DAY,
    PLACES,
    START,
    broken,
    failing_by_hour,
    hourly,
    quiet,
    with_fault,
)

AT = START + DAY + 10 * HOUR
SOON = AT + timedelta(minutes=20)
CALLS = hourly()


def remedy(name: str, service: str, replicas: int = 0) -> Remedy:
    """One given twenty minutes after a fault began."""
    return Remedy("key", name, service, SOON, replicas)


@pytest.mark.parametrize("name", REMEDIES)
@pytest.mark.parametrize("cause", CAUSES)
def test_each_remedy_heals_what_its_table_says(cause: str, name: str) -> None:
    service = PLACES[cause]
    fleet = with_fault(broken(cause, service, AT), quiet())
    _, after = heal(quiet(), fleet, remedy(name, service, 90 if name == "scale" else 0))
    fault = after.faults[0]
    assert (fault.healed_by == "autopilot") == (name in HEALS[cause])
    if name in HEALS[cause]:
        assert SOON < fault.heals_at < SOON + timedelta(minutes=11) and fault.key == "key"
    else:
        assert fault == fleet.faults[0]


@pytest.mark.parametrize("cause", CAUSES)
def test_the_right_remedy_ends_the_signs(cause: str) -> None:
    service, name = PLACES[cause], HEALS[cause][0]
    fleet = with_fault(broken(cause, service, AT), quiet())
    first, fleet = services(Dice(1), quiet(), AT, CALLS[10:11], fleet)
    given = Remedy("key", name, service, AT + HOUR, 90 if name == "scale" else 0)
    answer, fleet = heal(quiet(), fleet, given)
    rest, after = services(Dice(1), quiet(), AT + HOUR, CALLS[11:16], fleet)
    said = joined([first, answer, rest])
    assert not any(after.failing[1:])
    assert failing_by_hour(rest, service)[1:].max() < 0.01
    healed = rest.truth["incidents"]
    assert healed["healed_by"].to_list() == ["autopilot"] and healed["key"].to_list() == ["key"]
    alerts = said.rows["alert.notified"].sort("occurred_at")
    assert alerts["status"].to_list() == ["firing", "resolved"]
    assert alerts["cause"].to_list() == [None, "key"]


def test_another_service_is_not_healed() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", AT), quiet())
    for other in SERVICES:
        _, after = heal(quiet(), fleet, remedy("rollback", other))
        assert (after.faults[0].healed_by == "autopilot") == (other == "compiler")


def test_a_wrong_remedy_harms() -> None:
    fleet = with_fault(broken("slow_query", "results", AT), quiet())
    for name in ("restart", "rollback", "breaker"):
        _, after = heal(quiet(), fleet, remedy(name, "results"))
        bad, _ = services(Dice(1), quiet(), AT, CALLS[10:12], after)
        left, _ = services(Dice(1), quiet(), AT, CALLS[10:12], fleet)
        assert failing_by_hour(bad, "results")[0] > failing_by_hour(left, "results")[0]
        assert failing_by_hour(bad, "results")[1] == failing_by_hour(left, "results")[1]


def test_a_remedy_changes_nothing_that_was_told() -> None:
    fault = broken("bad_deploy", "compiler", AT, hours=3.0)
    fleet = with_fault(fault, quiet())
    _, fleet = services(Dice(1), quiet(), AT, CALLS[10:12], fleet)
    _, after = heal(quiet(), fleet, remedy("rollback", "compiler"))
    assert after.faults[0].heals_at == fleet.until, "it bites where nothing was told yet"
    _, over = services(Dice(1), quiet(), fleet.until, CALLS[12:14], fleet)
    _, late = heal(quiet(), over, remedy("rollback", "compiler"))
    assert all(one.healed_by == "staff" for one in late.faults), "staff was there before"


def test_a_fault_that_did_not_begin_is_not_healed() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", SOON + HOUR), quiet())
    _, after = heal(quiet(), fleet, remedy("rollback", "compiler"))
    assert after.faults[0].healed_by == "staff"


def test_too_few_replicas_do_not_heal_but_help() -> None:
    fleet = with_fault(broken("overload", "gateway", AT), quiet())
    now = fleet.replicas[0]
    failing = []
    for replicas in (now, now + 1, 4 * now):
        _, after = heal(quiet(), fleet, remedy("scale", "gateway", replicas))
        assert (after.faults[0].healed_by == "autopilot") == (replicas == 4 * now)
        failing.append(services(Dice(1), quiet(), AT, CALLS[10:11], after)[1].failing[0])
    assert failing[0] > failing[1] > failing[2]


def test_a_rollback_goes_to_what_ran_before_and_says_so() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", AT), quiet())
    before = fleet.versions.previous("compiler")
    said, after = heal(quiet(), fleet, remedy("rollback", "compiler"))
    assert after.versions.of("compiler") == before != "v2"
    begins, over = said.rows["deploy.started"], said.rows["deploy.finished"]
    assert begins["version"].to_list() == over["version"].to_list() == [before]
    assert begins["cause"].to_list() == over["cause"].to_list() == ["key"]
    assert (begins["occurred_at"] < over["occurred_at"]).all()
    moved = msgspec.structs.replace(fleet, versions=fleet.versions.replaced("compiler", "v3"))
    _, after = heal(quiet(), moved, remedy("rollback", "compiler"))
    assert after.versions.of("compiler") == "v2"
    assert after.faults[0].healed_by == "staff", "the bad version is what it went back to"


def test_staff_leaves_what_was_scaled_for_a_week() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", START), quiet())
    _, fleet = heal(quiet(), fleet, Remedy("k", "scale", "gateway", START + 3 * DAY, 50))
    replicas = []
    for number in range(16):
        replicas.append(fleet.replicas[0])
        _, fleet = services(Dice(1), quiet(), START + number * DAY, CALLS, fleet)
    assert replicas[4:15] == [50] * 11 and replicas[15] < 50
    assert fleet.replica_hours > 14 * 24 * 10


def test_what_does_not_exist_is_refused() -> None:
    fleet = with_fault(broken("bad_deploy", "compiler", AT), quiet())
    for name, service in (("pray", "compiler"), ("restart", "kitchen")):
        with pytest.raises(ValueError, match="there is no"):
            heal(quiet(), fleet, remedy(name, service))


@pytest.mark.parametrize(
    ("minutes", "said"), [(3, set()), (12, {"alert"}), (90, {"alert", "incident"})]
)
def test_what_is_over_soon_is_not_spoken_of(minutes: int, said: set[str]) -> None:
    """An alert comes after six minutes, and staff declares after twenty."""
    fleet = with_fault(broken("bad_deploy", "compiler", AT, minutes / 60), quiet())
    emission, _ = services(Dice(1), quiet(), AT, CALLS[10:16], fleet)
    heard = {name.partition(".")[0] for name in emission.rows if "." in name}
    assert heard & {"alert", "incident"} == said
    if said:
        assert emission.rows["alert.notified"].height == 2


def test_an_open_fault_has_no_end_in_the_truth() -> None:
    fault = broken("bad_deploy", "compiler", AT)
    still = truth([fault], AT + HOUR)["incidents"]
    assert still["healed_at"].to_list() == [None] == still["healed_by"].to_list()
    assert truth([fault])["incidents"]["healed_by"].to_list() == ["staff"]
