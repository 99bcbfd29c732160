"""A flight behind a bad door, by seed: what has to hold whatever comes twice, late or not."""

from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.policy import Level
from psizero.house.home import opened
from psizero.house.twin import Policy
from psizero.twin.world import Course
from tests.twin.flights import company, flown, lived, otherwise, rows

FAULTS = {
    "delivery.duplicate_share": 0.03,
    "delivery.late_share": 0.03,
    "delivery.lost_share": 0.01,
    "delivery.timeout_share": 0.3,
    "delivery.busy_share": 0.3,
}
POLICY = Policy({"finance.invoicing": Level.AUTO, "intelligence.morning_briefing": Level.AUTO})
BY = ("customer", "meter", "start")


def lean_of(course: Course, policy: Policy) -> Course:
    """A course in which a policy acts by itself, without what nothing reads."""
    return msgspec.structs.replace(course, automated=policy.automated, lean=True)


def rough(seed: int, folder: Path, days: int) -> None:
    """Duplicates, late and lost rows, time-outs and 429: nothing is lost, nothing is done twice."""
    calm = lean_of(company(seed, 6, days), POLICY)
    course = msgspec.structs.replace(calm, scenario=otherwise(calm.scenario, FAULTS))
    told = flown(folder / "rough", course, POLICY)
    assert min(told.faults.lost, told.faults.late, told.faults.twice) > 0, f"seed {seed}"
    with opened(folder / "rough") as house:
        assert house.verify() == [], f"seed {seed}"
        assert house.read("row_rejected").is_empty() and house.read("event_conflicted").is_empty()
        receipts = house.read("receipt").filter(pl.col("verb") == "message.send")
        last = receipts.filter(pl.col("state") != "sent").unique("decision", keep="last")
        known = house.read("usage_recorded")
    mails = {path.stem for path in (folder / "rough" / "outbox").iterdir()}
    assert mails == set(last.filter(pl.col("state").is_in(["done", "unknown"]))["decision"])
    assert "no answer within 10 seconds" in set(receipts["reason"])
    # What happened two weeks before the end has come by then, each row once.
    until = calm.start + timedelta(days=days - 14)
    used = rows(lived(calm)[1], "usage.recorded").rename({"subject": "customer"})
    used = used.with_columns(start=pl.col("occurred_at"))
    one, two = (
        frame.filter(pl.col("start") < until).group_by(BY).agg(pl.col("quantity").sum()).sort(BY)
        for frame in (known, used)
    )
    assert one.equals(two), f"seed {seed}"
