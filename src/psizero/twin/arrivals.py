"""Who comes: forms filled in, trials begun and ended, and who was there before the first day."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.core.events.lead import LEAD_CAPTURED, TRIAL_ENDED, TRIAL_STARTED
from psizero.twin.emission import Emission, rows_of
from psizero.twin.people import People
from psizero.twin.scenario import Scenario


def kept(people: People, day: datetime) -> Emission:
    """Customers that were there before the first day."""
    return Emission({CUSTOMER_CREATED.name: _created(people.frame.head(people.size), day)})


def _created(frame: pl.DataFrame, day: datetime) -> pl.DataFrame:
    columns = ("name", "email", "segment", "country", "zone")
    named = frame.select(
        pl.format("{}/made", "customer").alias("id"),
        subject="customer",
        occurred_at=pl.lit(day, pl.Datetime("us")),
        **{name: pl.col(name) for name in columns},
    )
    return rows_of(CUSTOMER_CREATED, named.to_dicts())


def arrivals(
    people: People, scenario: Scenario, happened: Mapping[str, np.ndarray], day: datetime
) -> Emission:
    """Forms filled in, trials begun and ended."""
    frame = people.frame
    rows: dict[str, pl.DataFrame] = {}
    come = frame[happened["come"]]
    if come.height:
        hours = people.arrives_hour[happened["come"]]
        said = [
            {**one, "id": f"{one['customer']}/lead", "subject": f"lead-{one['customer']}"}
            | {"occurred_at": day + timedelta(seconds=int(hour * 3600))}
            | {"company": one["name"]}
            for one, hour in zip(come.to_dicts(), hours, strict=True)
        ]
        names = ("id", "subject", "occurred_at", *LEAD_CAPTURED.columns)
        said = [{n: v for n, v in one.items() if n in names} for one in said]
        rows[LEAD_CAPTURED.name] = rows_of(LEAD_CAPTURED, said)
    tries = frame[happened["try"]]
    if tries.height:
        at = day + timedelta(hours=11)
        ends = day + timedelta(days=scenario.number("trial.length_days"))
        rows[CUSTOMER_CREATED.name] = _created(tries, at)
        rows[TRIAL_STARTED.name] = rows_of(
            TRIAL_STARTED,
            [
                {"id": f"{c}/trial", "subject": c, "occurred_at": at}
                | {"lead": f"lead-{c}", "ends_at": ends}
                for c in tries["customer"]
            ],
        )
    over = (("convert", "converted"), ("expire", "expired"))
    ended: list[dict[str, object]] = [
        {"id": f"{c}/trial-end", "subject": c, "occurred_at": day, "result": result}
        for name, result in over
        for c in frame[happened[name]]["customer"]
    ]
    if ended:
        rows[TRIAL_ENDED.name] = rows_of(TRIAL_ENDED, ended)
    return Emission(rows)
