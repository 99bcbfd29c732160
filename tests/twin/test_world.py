"""What holds in every twin, over seeds, without any house."""

from datetime import timedelta
from hashlib import sha256
from math import exp, sqrt

import numpy as np
import polars as pl
import pytest

from psizero.twin.charges import SOFT
from psizero.twin.emission import Emission
from psizero.twin.life import CAUSES, CUSTOMER, NEVER
from psizero.twin.world import World
from tests.twin.flights import company, lived, otherwise, rows

SEEDS = (1, 2, 3)
PATIENCE_DAYS = 45


def close_to(share: float, expected: float, trials: int) -> bool:
    """Within four standard errors of a share."""
    return abs(share - expected) <= 4 * sqrt(max(expected * (1 - expected), 1e-9) / max(trials, 1))


Lived = tuple[World, list[Emission]]


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest) -> Lived:
    return lived(company(request.param, customers=60, days=75))


def test_money_in_is_money_out(world: Lived) -> None:
    made, days = world
    paid = rows(days, "payment.succeeded")
    charges = made.truth()["charges"].filter(pl.col("paid_at").is_not_null())
    assert paid["amount_minor"].sum() == charges["amount_minor"].sum() > 0
    key = ("name", "period_end")
    assert charges.unique(key).height == charges.height
    both = paid.group_by("subject", "invoice").agg(pl.col("amount_minor").sum()).sort("invoice")
    owed = charges.select("customer", "number", "amount_minor").sort("number")
    assert both.rows() == owed.rows()


def test_nothing_happens_before_its_cause(world: Lived) -> None:
    made, days = world
    for one in days:
        for frame in one.rows.values():
            assert (frame["delivered_at"] >= frame["occurred_at"]).all()
    starts = dict(rows(days, "subscription.started").select("subscription", "occurred_at").rows())
    for name, at in rows(days, "subscription.ended").select("subscription", "occurred_at").rows():
        assert starts[name] < at
    first = rows(days, "ticket.opened").unique("ticket", keep="first", maintain_order=True)
    opened = dict(first.select("ticket", "occurred_at").rows())
    closed = rows(days, "ticket.closed").select("ticket", "occurred_at").rows()
    assert closed and all(opened[name] < at for name, at in closed)
    charges = made.truth()["charges"]
    assert (charges["invoiced_at"] > charges["period_end"]).all()
    assert (charges["paid_at"].drop_nulls() > charges["period_end"].min()).all()
    leads = dict(rows(days, "lead.captured").select("subject", "occurred_at").rows())
    trials = rows(days, "trial.started").select("lead", "occurred_at").rows()
    assert trials and all(leads[lead].date() <= at.date() for lead, at in trials)


def test_who_left_makes_no_calls(world: Lived) -> None:
    made, days = world
    who = made.truth()["customers"].filter(pl.col("left_day") < NEVER)
    used = rows(days, "usage.recorded").join(who, left_on="subject", right_on="customer")
    day = (used["occurred_at"] - made.course.start).dt.total_days()
    assert who.height and used.height
    assert (day < used["left_day"]).all()


def test_use_is_the_sum_of_its_parts(world: Lived) -> None:
    """What months count is what rows say, each call within the month of its subscription."""
    made, days = world
    months = made.truth()["months"]
    used = rows(days, "usage.recorded").filter(pl.col("meter") == "calls")
    joined = used.join(months, left_on="subject", right_on="customer").filter(
        (pl.col("occurred_at") >= pl.col("period_start"))
        & (pl.col("occurred_at") < pl.col("period_end"))
    )
    ends = rows(days, "subscription.ended")
    ended = {} if ends.is_empty() else dict(ends.select("subscription", "occurred_at").rows())
    for row in months.to_dicts():
        mine = joined.filter(
            (pl.col("subscription") == row["subscription"])
            & (pl.col("period_start") == row["period_start"])
            & (pl.col("occurred_at") < ended.get(row["subscription"], row["period_end"]))
        )
        assert int(mine["quantity"].sum()) == row["calls"]


def test_same_seed_same_bytes() -> None:
    def digest(seed: int) -> str:
        _, days = lived(company(seed, customers=12, days=20))
        said = sha256()
        for one in days:
            for name in sorted(one.rows):
                said.update(one.rows[name].write_csv().encode())
        return said.hexdigest()

    assert digest(5) == digest(5) != digest(6)


def test_base_rates_are_those_documented() -> None:
    """The manual company: failing charges, trials that convert, customers that begin to leave."""
    tried = failed = trials = stayed = 0
    expected = begun = 0.0
    for seed in range(1, 5):
        course = company(seed, customers=150, days=90)
        calm = otherwise(course.scenario, {"leaving.trouble_factor": 1.0})
        made, days = lived(type(course)(calm, seed, 150, course.start, 90))
        truth, monthly = made.truth(), course.scenario.shares("leaving.monthly_share")
        cards = truth["charges"].filter(pl.col("paid_by") != "transfer")
        tried, failed = tried + cards.height, failed + (cards["code"] != "").sum()
        over = rows(days, "trial.ended")
        trials, stayed = trials + over.height, stayed + (over["result"] == "converted").sum()
        ours = truth["customers"].filter(pl.col("since_day") < -90)
        assert ours.height
        left = truth["leavings"].join(ours, on="customer")
        begun += left.height
        rates = np.array([monthly[one] for one in ours["segment"]])
        expected += float((1 - (1 - rates / 30.4) ** 90).sum())
    calm = company(1).scenario
    assert close_to(failed / tried, calm.number("payment.fails_share"), tried)
    assert close_to(stayed / trials, calm.number("trial.converts_share"), trials)
    assert abs(begun - expected) <= 4 * sqrt(expected)


def test_staff_recover_as_documented() -> None:
    """Of charges that failed 45 days ago so many are paid as four weekly reminders come to.

    A reminder that is heeded, a customer who mends it unasked, and a soft decline that passes when
    it is tried again with the third or fourth reminder: each by its own share, one at most needed.
    """
    failed = paid = 0
    for seed in range(3, 5):
        course = company(seed, customers=150, days=100)
        often = otherwise(course.scenario, {"payment.fails_share": 1.0})
        made, _ = lived(type(course)(often, seed, 150, course.start, 100))
        seen = made.truth()["charges"].filter(
            (pl.col("code") != "")
            & (pl.col("invoiced_at") < course.start + timedelta(days=100 - PATIENCE_DAYS))
        )
        failed += seen.height
        late = pl.col("paid_at") < pl.col("invoiced_at") + timedelta(days=PATIENCE_DAYS)
        paid += seen.filter(late).height
    calm = company(1).scenario
    soft = sum(calm.shares("payment.decline_shares")[code] for code in SOFT)
    deaf = (1 - calm.number("payment.card_updated_share")) ** calm.number("staff.reminders_max")
    cures = 1 - exp(-PATIENCE_DAYS / calm.number("payment.cures_days_mean"))
    blind = 1 - calm.number("payment.cures_share") * cures
    broke = soft * calm.number("payment.never_share") + 1 - soft
    assert failed > 100
    assert close_to(paid / failed, 1 - deaf * blind * broke, failed)


@pytest.mark.parametrize("cause", range(len(CAUSES)))
def test_no_treatment_does_more_than_documented(cause: int) -> None:
    course = company(4, customers=1500, days=2)
    made = World(course)
    life, most = made.life, course.scenario.shares("effect.saved_by_outreach")[CAUSES[cause]]
    life.stage[:1500], life.cause[:1500] = CUSTOMER, cause
    life.leaves_from[:1500], life.leaves_at[:1500] = 0, 40
    saved = [life.treat(person, "outreach", 0, "k")["saved"] for person in range(1500)]
    share = sum(map(bool, saved)) / 1500
    assert share <= most + 4 * sqrt(most * (1 - most) / 1500)
    assert share >= 0.5 * most  # and it does something


def test_ten_times_the_company_has_the_same_rates() -> None:
    small, _ = lived(company(2, customers=80, days=60))
    large, _ = lived(company(3, customers=800, days=60))
    for made, other in ((small, large), (large, small)):
        mine, its = (one.truth()["charges"] for one in (made, other))
        share, base = ((one["code"] != "").mean() for one in (mine, its))
        assert close_to(float(share or 0), float(base or 0), min(mine.height, its.height))
    left = [one.truth()["leavings"].height / one.course.customers for one in (small, large)]
    assert abs(left[0] - left[1]) <= 4 * sqrt(left[1] / 80)


def test_without_the_autopilot_there_is_no_reaction() -> None:
    """No row answers an action; told of one customer, only that one changes."""
    course = company(7, customers=40, days=40)
    _, plain = lived(course)
    assert all(f["cause"].is_null().all() for one in plain for f in one.rows.values())
    made = World(course)
    told = pl.DataFrame(
        {"subject": ["c00003"], "cause": ["key"], "id": ["row"]}, schema_overrides={"id": pl.String}
    )
    made.notice("campaign.enrolled", told, course.start + timedelta(hours=1))
    again = [made.day(number) for number in range(course.days)]
    for kind in ("usage.recorded", "activity.recorded"):
        one, other = rows(plain, kind), rows(again, kind)
        others = pl.col("subject") != "c00003"
        columns = [name for name in one.columns if name != "delivered_at"]
        assert one.filter(others).select(columns).equals(other.filter(others).select(columns))
    prompted = rows(again, "activity.recorded").filter(pl.col("cause") == "key")
    assert prompted.height and set(prompted["prompted"]) == {"yes"}
    assert made.truth()["treatments"].height == 1
