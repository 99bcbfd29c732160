"""The commands `twin`: a synthetic company to fly in, and what automations are worth in it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from psizero.cli.app import AsFormat, Home
from psizero.cli.progress import counted, flying
from psizero.cli.report import emit
from psizero.cli.show import hint, out, say
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.house.contest import MEASURES, SEEDS_MIN, Match, Result, Side, contest
from psizero.house.home import opened
from psizero.house.twin import START, everything, fly_twin, policy_from, settle_home
from psizero.twin import scenario as scenarios
from psizero.twin.world import Course

twin = App(name="twin", help="A synthetic company to try a policy in.")
_DAY = timedelta(days=1)
CUSTOMERS_MAX, DAYS_MAX = 5_000, 1_100
Scenario = Annotated[
    str, Parameter(help="calm, growth, ...: see `psizero twin scenarios`; or a TOML file.")
]


@Parameter(name="*")
@dataclass(frozen=True)
class Company:
    """Which company is flown, and for how long."""

    scenario: Scenario = "calm"
    customers: Annotated[int, Parameter(help="Paying customers on the first day.")] = 60

    def check(self, days: int) -> None:
        """Raises Problem where a number is out of range."""
        if not 1 <= self.customers <= CUSTOMERS_MAX:
            raise Problem(f"--customers: 1 to {CUSTOMERS_MAX:,}")
        if not 1 <= days <= DAYS_MAX:
            raise Problem(f"--days: 1 to {DAYS_MAX:,}")


@Parameter(name="*")
@dataclass(frozen=True)
class Sides:
    """The two policies that are flown; each a house.toml with [levels] automation = level."""

    first: Annotated[Path | None, Parameter(help="Default: the manual company.")] = None
    second: Annotated[Path | None, Parameter(help="Default: all at auto.")] = None


@Parameter(name="*")
@dataclass(frozen=True)
class Manner:
    """How it is flown."""

    seed: Annotated[int, Parameter(help="The company's luck.")] = 1
    policy: Annotated[
        Path | None,
        Parameter(help="A house.toml with [levels] automation = level; default: all at auto."),
    ] = None
    lean: Annotated[
        bool, Parameter(help="Leave out what nothing reads yet, which is faster.", negative="")
    ] = False


@Parameter(name="*")
@dataclass(frozen=True)
class Effort:
    """How much is flown at a time, and in all."""

    seeds: Annotated[int, Parameter(help=f"Companies flown under both; {SEEDS_MIN} or more.")] = 20
    processes: Annotated[int, Parameter(help="Flights at a time.")] = 2


_COMPANY, _BOTH, _MANNER, _EFFORT = Company(), Sides(), Manner(), Effort()


@twin.command
def fly(
    *,
    home: Home,
    company: Company = _COMPANY,
    days: Annotated[int, Parameter(help="Days from 2026-01-01.")] = 90,
    manner: Manner = _MANNER,
) -> None:
    """Fly a new house through a synthetic company; makes the home.

    The truth behind what happened is written into the home for `psizero scorecard` alone.
    """
    company.check(days)
    chosen = policy_from(manner.policy) if manner.policy else everything()
    scenario, automated = scenarios.load(company.scenario), chosen.automated
    course = Course(scenario, manner.seed, company.customers, START, days, automated, manner.lean)
    settle_home(home, chosen, course)
    end = START + days * _DAY
    with opened(home) as house, flying(end) as seen:
        flown = fly_twin(house, course, seen)
        invoices = house.read("invoices").height
        decisions = house.store.last_position("decision")
    say(
        f"{company.customers} customers, {days} days to {iso(end)}: "
        f"{flown.ticks:,} ticks, {invoices:,} invoices"
    )
    faults = {name: n for name, n in msgspec.structs.asdict(flown.faults).items() if n}
    if faults:
        say("faults at the door: " + ", ".join(f"{n:,} {name}" for name, n in faults.items()))
    if not decisions:
        say("nothing was decided: every automation is off")
    hint(f"see: psizero scorecard --home {home}")


@twin.command(name="scenarios")
def scenarios_() -> None:
    """The scenarios there are, and what is otherwise in each."""
    for name in scenarios.names():
        one = scenarios.load(name)
        out.print(f"{name:<16}{one.doc}", markup=False)


@twin.command
def compare(
    *,
    company: Company = _COMPANY,
    days: Annotated[int, Parameter(help="Days from 2026-01-01.")] = 180,
    effort: Effort = _EFFORT,
    policies: Sides = _BOTH,
    format: AsFormat = "text",
) -> None:
    """The manual company beside the autopilot, or one policy beside another, in money and time."""
    company.check(days)
    if not 1 <= effort.processes <= 64:
        raise Problem("--processes: 1 to 64")
    scenarios.load(company.scenario)
    sides = (
        _side(policies.first, Side("manual")),
        _side(policies.second, Side("autopilot", everything())),
    )
    if sides[0].name == sides[1].name:
        raise Problem("both policies have the same name")
    match = Match(company.scenario, company.customers, days, effort.seeds)
    with counted(f"flying {effort.seeds} companies twice", 2 * effort.seeds) as seen:
        results = contest(sides, match, effort.processes, seen)
    if format == "json":
        emit([msgspec.structs.asdict(one) | {"shown": one.shown} for one in results])
    else:
        _told(sides, match, results)


def _side(path: Path | None, otherwise: Side) -> Side:
    return Side(path.stem, policy_from(path)) if path else otherwise


def _told(sides: tuple[Side, Side], match: Match, results: list[Result]) -> None:
    ones, others = (side.name for side in sides)
    out.print(
        f"{match.seeds} companies of {match.customers} customers, {match.days} days, "
        f"scenario {match.scenario}; difference = {others} - {ones}, 95 % interval over seeds"
    )
    out.print(f"{'':<40}{ones[:11]:>12}{others[:11]:>12}{'difference':>12}   95 % interval")
    for one in results:
        said = f"{one.measure}, {one.unit}"
        numbers = (_number(v, one.unit) for v in (one.first, one.second, one.difference))
        between = f"{_number(one.low, one.unit)} to {_number(one.high, one.unit)}"
        nothing = "" if one.shown else "  (no difference shown)"
        line = f"{said:<40}" + "".join(f"{n:>12}" for n in numbers) + f"   {between}{nothing}"
        out.print(line, markup=False)
    missing = len(MEASURES) - len(results)
    if missing:
        said = "measure has" if missing == 1 else "measures have"
        out.print(f"{missing} {said} too few cases in these companies to be compared")


def _number(value: float, unit: str) -> str:
    digits = {"USD": 0, "share": 3}.get(unit, 1)
    return f"{value:,.{digits}f}"
