"""The lives of customers: they come, try, stay, change plans, decline, are won back, and leave."""

from datetime import datetime

import numpy as np

from psizero.twin.dice import Dice, normal
from psizero.twin.people import FITS_CALLS, SEGMENTS, People
from psizero.twin.scenario import Scenario

UNKNOWN, LEAD, TRIAL, CUSTOMER, GONE = range(5)
CAUSES = ("price", "product", "reliability", "support", "champion", "closed")
NEVER = 1e9
ANCHOR_DAYS = 28
_OUTREACH_DAYS, _LIFT_DAYS, _BACK_DAYS, _UPSET_DAYS = 30, 60, 14, 60


class Life:
    """One entry a person in each array; days are counted from the twin's first day."""

    def __init__(self, dice: Dice, scenario: Scenario, people: People, start: datetime) -> None:
        self.dice, self.scenario, self.people, self.start = dice, scenario, people, start
        total = people.total
        self.luck = dice.of("lives").random((max(total, 1), 16))[:total]
        ours = np.arange(total) < people.size
        age = -400.0 * np.log(1 - 0.97 * self.luck[:, 0])
        self.stage = np.where(ours, CUSTOMER, UNKNOWN)
        self.since = np.where(ours, -age - 28, NEVER)
        self.anchor = np.where(ours, np.floor(ANCHOR_DAYS * self.luck[:, 1]), NEVER)
        self.plan = np.zeros(total, dtype=np.int64)
        self.subscriptions = np.zeros(total, dtype=np.int64)
        self.cause = np.full(total, -1)
        self.leaves_from, self.leaves_at = np.full(total, NEVER), np.full(total, NEVER)
        self.left_at = np.full(total, NEVER)
        self.back_from, self.back_level = np.full(total, -NEVER), np.ones(total)
        self.annoyed_until, self.lifted_until = np.full(total, -NEVER), np.full(total, -NEVER)
        self.throttled = np.zeros(total, dtype=bool)
        self.failing = np.zeros(total)
        self.mood = np.zeros(total)
        self.leavings: list[dict[str, object]] = []
        self.plan[ours] = self.fitting(0)[ours]
        self._trials(scenario)

    def _trials(self, scenario: Scenario) -> None:
        """When each lead would begin a trial, whether anybody then calls, and whether it stays."""
        people, luck = self.people, self.luck
        wants = luck[:, 2] < scenario.number("trial.starts_share") * (0.5 + people.intent)
        waits = -scenario.number("trial.starts_days_mean") * np.log(1 - luck[:, 3])
        self.tries_at = np.where(wants, people.arrives_day + waits, NEVER)
        hours = scenario.number("trial.first_call_hours_median") * np.exp(normal(luck[:, 4]))
        calls = luck[:, 5] >= scenario.number("trial.never_calls_share")
        self.calls_from = np.where(calls, hours / 24, NEVER)
        share = scenario.number("trial.converts_share") / (
            1 - 0.85 * scenario.number("trial.never_calls_share")
        )
        self._likely = share * (0.5 + people.intent)
        self.converts = luck[:, 6] < self._likely * np.where(calls, 1.0, 0.15)

    def expected_month(self, day: float) -> np.ndarray:
        """Calls a month that each would make as a customer without trouble."""
        grown = np.exp(self.people.growth_per_day * np.maximum(day, 0.0))
        found: np.ndarray = 30.4 * self.people.calls_per_day * grown
        return found

    def fitting(self, day: float) -> np.ndarray:
        """Which plan fits the use of each."""
        found: np.ndarray = np.searchsorted(np.array(FITS_CALLS), self.expected_month(day))
        return found

    def begin(self, day: int) -> dict[str, np.ndarray]:
        """What happens to whom on a day, by index: come, try, convert, expire, start, end, move."""
        happened: dict[str, np.ndarray] = {}
        happened["come"] = np.flatnonzero(
            (self.people.arrives_day == day) & (self.stage == UNKNOWN)
        )
        self.stage[happened["come"]] = LEAD
        happened["try"] = np.flatnonzero((self.stage == LEAD) & (self.tries_at < day + 1))
        self.stage[happened["try"]], self.since[happened["try"]] = TRIAL, day
        over = (self.stage == TRIAL) & (
            self.since + self.scenario.number("trial.length_days") <= day
        )
        happened["convert"] = np.flatnonzero(over & self.converts)
        happened["expire"] = np.flatnonzero(over & ~self.converts)
        self.stage[happened["expire"]] = GONE
        new = happened["convert"]
        self.stage[new], self.since[new] = CUSTOMER, day
        self.plan[new] = self.fitting(day)[new]
        self.anchor[new] = day
        happened["end"] = self._leave(day)
        starts = (self.stage == CUSTOMER) & (self.anchor == day) & (self.subscriptions == 0)
        happened["start"] = np.flatnonzero(starts)
        happened["move"] = self._move(day)
        for name in ("start", "move"):
            self.subscriptions[happened[name]] += 1
            self.anchor[happened[name]] = day
        return happened

    def _leave(self, day: int) -> np.ndarray:
        """Some begin to leave; for others the day has come."""
        scenario, people = self.scenario, self.people
        monthly = np.array([scenario.shares("leaving.monthly_share")[s] for s in SEGMENTS])
        hazard = monthly[people.segment] / 30.4
        hazard = hazard * np.where(
            day - self.since < 90, scenario.number("leaving.young_factor"), 1
        )
        trouble = np.minimum(self.failing / 0.1, 2.0) + np.maximum(-self.mood, 0.0)
        hazard = hazard * scenario.number("leaving.trouble_factor") ** np.minimum(trouble, 2.0)
        annoyed = self.annoyed_until > day
        hazard = hazard * np.where(annoyed, scenario.number("effect.annoyed_factor"), 1.0)
        changes = scenario.number("price.change_day")
        if changes and changes <= day < changes + _UPSET_DAYS:
            hazard = hazard * scenario.number("price.change_leaving")
        luck = self.dice.of("leaving", day).random((people.total, 4))
        fresh = (self.stage == CUSTOMER) & (self.leaves_at == NEVER) & (luck[:, 0] < hazard)
        who = np.flatnonzero(fresh)
        shares = np.array([scenario.shares("leaving.causes")[one] for one in CAUSES])
        drawn = np.searchsorted(np.cumsum(shares / shares.sum()), luck[who, 1], side="right")
        self.cause[who] = np.minimum(drawn, len(CAUSES) - 1)
        quiet = luck[who, 2] < scenario.number("leaving.quiet_share")
        slow = scenario.number("leaving.quiet_days_mean") * (0.4 + 1.2 * luck[who, 3])
        self.leaves_from[who] = day
        self.leaves_at[who] = day + np.where(quiet, slow, 1 + 2 * luck[who, 3])
        self.leavings += [
            {
                "customer": str(people.names()[int(one)]),
                "cause": CAUSES[int(self.cause[one])],
                "quiet": bool(calm),
                "from_day": day,
                "to_day": int(self.leaves_at[one]),
            }
            for one, calm in zip(who, quiet, strict=True)
        ]
        ended = np.flatnonzero((self.stage == CUSTOMER) & (self.leaves_at < day + 1))
        self.end(ended, day)
        return ended

    def end(self, who: np.ndarray, day: int) -> None:
        """They are customers no more."""
        self.stage[who], self.left_at[who] = GONE, day

    def _move(self, day: int) -> np.ndarray:
        """Customers whose use outgrew their plan, or no longer fills it, move to what fits."""
        luck = self.dice.of("plans", day).random(self.people.total)
        settled = (self.stage == CUSTOMER) & (self.leaves_at == NEVER) & (self.subscriptions > 0)
        fits = self.fitting(day)
        moves = settled & (fits != self.plan) & (day - self.anchor >= 30)
        moves &= luck < self.scenario.number("leaving.plan_change_daily")
        who = np.flatnonzero(moves)
        self.plan[who] = fits[who]
        return who

    def level(self, day: int) -> tuple[np.ndarray, np.ndarray]:
        """Calls a day expected of each on a day, and the share of them in the sandbox."""
        scenario = self.scenario
        level = self.expected_month(day) / 30.4 * self.pace(day)
        trial = self.stage == TRIAL
        begun = trial & (day - self.since >= self.calls_from)
        factor = np.where(self.stage == CUSTOMER, 1.0, 0.0)
        factor = np.where(begun, scenario.number("use.trial_share"), factor)
        factor = np.where(self.throttled, factor * scenario.number("effect.throttled_use"), factor)
        sandbox = np.where(trial & (day - self.since < 5), 1.0, np.where(trial, 0.7, 0.0))
        sandbox = np.where(trial, sandbox, scenario.number("use.sandbox_share"))
        return level * factor, sandbox

    def pace(self, day: int) -> np.ndarray:
        """How much of its ordinary use is left of each: declining, won back, or lifted."""
        span = np.maximum(self.leaves_at - self.leaves_from, 1.0)
        progress = np.clip((day - self.leaves_from) / span, 0.0, 1.0)
        falling = np.where(self.leaves_at < NEVER, np.exp(-3.0 * progress), 1.0)
        back = np.clip((day - self.back_from) / _BACK_DAYS, 0.0, 1.0)
        returning = self.back_level + (1 - self.back_level) * back
        lift = 1 + np.where(
            self.lifted_until > day, self.scenario.number("effect.education_use"), 0
        )
        found: np.ndarray = falling * returning * lift
        return found

    def engaged(self, day: int) -> np.ndarray:
        """How often each looks in, beside the ordinary."""
        active = np.isin(self.stage, (TRIAL, CUSTOMER))
        found: np.ndarray = np.where(active, self.people.engaged * self.pace(day) ** 0.7, 0.0)
        return found

    def treat(self, person: int, treatment: str, day: int, key: str) -> dict[str, object]:
        """Outreach, or a campaign: what it does to one customer, as truth.

        It saves with what the scenario says of the cause, times how well it works on this
        customer, less as the decline goes on, and never with more than the scenario says; a
        campaign does a share of it.
        """
        scenario, leaving = self.scenario, bool(self.leaves_at[person] < NEVER)
        strength = 1.0 if treatment == "outreach" else scenario.number("effect.campaign_share")
        annoyed = bool(self.people.annoyed[person])
        if annoyed:
            self.annoyed_until[person] = day + _OUTREACH_DAYS
        saved = False
        if leaving and self.stage[person] == CUSTOMER and not annoyed:
            most = scenario.shares("effect.saved_by_outreach")[CAUSES[int(self.cause[person])]]
            span = max(self.leaves_at[person] - self.leaves_from[person], 1.0)
            late = min((day - self.leaves_from[person]) / span, 1.0)
            likely = min(
                most * strength * self.people.outreach[person] * (1 - late), most * strength
            )
            names = ("treated", person, int(self.leaves_from[person]), treatment)
            saved = bool(self.dice.of(*names).random() < likely)
        if saved:
            self.back_level[person] = float(self.pace(day)[person])
            self.back_from[person] = day
            self.leaves_at[person] = self.leaves_from[person] = NEVER
        elif treatment == "campaign" and not annoyed:
            self.lifted_until[person] = day + _LIFT_DAYS
        customer = str(self.people.names()[person])
        said = {"name": key, "customer": customer, "treatment": treatment}
        return {**said, "leaving": leaving, "saved": saved, "annoyed": annoyed}

    def bring_on(self, person: int, treatment: str, day: float, key: str) -> dict[str, object]:
        """Help for a trial that has not called yet, as truth: it may begin to, and is then as
        likely to stay as any other that calls. Of one trial the same help works once or never."""
        scenario, age = self.scenario, day - self.since[person]
        waits = self.stage[person] == TRIAL and self.calls_from[person] > age
        luck = self.dice.of("helped", person, treatment).random(2)
        works = waits and luck[0] < scenario.shares("effect.helped_share")[treatment]
        if works:
            hours = scenario.number("effect.helped_hours_median") * np.exp(normal(luck[1:2])[0])
            self.calls_from[person] = min(float(self.calls_from[person]), age + hours / 24)
            self.converts[person] = self.luck[person, 6] < self._likely[person]
        said = {"name": key, "customer": str(self.people.names()[person]), "treatment": treatment}
        return {**said, "waits": bool(waits), "works": bool(works)}

    def begun(self, person: int, day: float) -> bool:
        """Whether somebody calls by then."""
        return bool(
            self.stage[person] == CUSTOMER or self.calls_from[person] <= day - self.since[person]
        )
