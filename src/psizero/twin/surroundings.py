"""What surrounds the customers: services and their trouble, costs, the market, planted causes."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from psizero.twin import access, costs, incidents, market, visits
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, joined
from psizero.twin.fleet import opened, services
from psizero.twin.people import People
from psizero.twin.planted import Company, factor, whale
from psizero.twin.scenario import Scenario

DAY = timedelta(days=1)
MONTH_DAYS, WEEK_DAYS = 30, 7


class Surroundings:
    """Services, costs and market of one twin; `begin` a day before customers call, then `end`."""

    def __init__(
        self, dice: Dice, scenario: Scenario, people: People, start: datetime, days: int
    ) -> None:
        self._dice, self._scenario, self._people = dice, scenario, people
        self._company = Company(dice, scenario, people.size, start)
        self._start, self._days = start, days
        hours = np.array(scenario.numbers("use.hours"))
        busiest = people.calls_per_day[: people.size].sum() * hours.max() / hours.sum()
        self._fleet = opened(scenario, start, float(busiest))
        self._calls: list[float] = []
        self._replica_hours: list[float] = []
        self._truth: dict[str, list[pl.DataFrame]] = {}

    def factors(self, day: datetime) -> np.ndarray:
        """What is planted into each person's calls of a day: holidays, and one whale."""
        found = np.full(self._people.total, factor(self._company, day))
        big = whale(self._company, day)
        if big is not None:
            order = np.argsort(-self._people.calls_per_day[: self._people.size], kind="stable")
            found[order[int(big.luck * max(1, order.size // 10))]] *= big.size
        return found

    def begin(self, number: int, day: datetime, expected_hourly: np.ndarray) -> Emission:
        """The services under a day's expected calls, and what the market does."""
        before = self._fleet.replica_hours
        seen, self._fleet = services(self._dice, self._scenario, day, expected_hourly, self._fleet)
        self._calls.append(float(expected_hourly.sum()))
        self._replica_hours.append(float(self._fleet.replica_hours - before))
        found = [seen]
        if number % MONTH_DAYS == 0:
            ahead = min(MONTH_DAYS, self._days - number)
            found.append(market.outside(self._company, day, ahead))
        if (number + 1) % WEEK_DAYS == 0 or number + 1 == self._days:
            since = number // WEEK_DAYS * WEEK_DAYS
            begins = self._start + since * DAY
            hours = np.array(self._replica_hours[since:])
            found.append(costs.costs(self._company, begins, np.array(self._calls[since:]), hours))
        return self._kept(joined(found))

    @property
    def failing(self) -> np.ndarray:
        """The share of calls that fails by trouble in each hour of the last day."""
        return np.array(self._fleet.failing)

    def end(
        self, day: datetime, calls: tuple[np.ndarray, np.ndarray], leads: pl.DataFrame
    ) -> Emission:
        """What customers' requests looked like by customer, and who looked at the site."""
        found = [
            access.answered(self._scenario, self._people.names(), day, calls, self._fleet),
            visits.visits(self._company, day, leads),
        ]
        return self._kept(joined(found))

    def _kept(self, found: Emission) -> Emission:
        for name, frame in found.truth.items():
            if frame.height:
                self._truth.setdefault(name, []).append(frame)
        return Emission(found.rows)

    def told(self) -> dict[str, pl.DataFrame]:
        """Truth: faults of services, planted causes, changes of rivals' prices, stories."""
        running = incidents.truth(self._fleet.faults, open_at=self._fleet.until)
        self._kept(Emission(truth=running))
        return {name: pl.concat(frames) for name, frames in self._truth.items()}
