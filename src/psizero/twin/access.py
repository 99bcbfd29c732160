"""The access log of the outermost door: what each customer's requests were answered with."""

from datetime import datetime

import numpy as np
import polars as pl

from psizero.core.events.request import REQUEST_ANSWERED
from psizero.core.tables import POLARS_TYPES, Type
from psizero.twin.emission import Emission
from psizero.twin.fleet import Fleet
from psizero.twin.metrics import STATUS, split
from psizero.twin.scenario import Scenario


def answered(
    scenario: Scenario,
    names: pl.Series,
    day: datetime,
    calls: tuple[np.ndarray, np.ndarray],
    fleet: Fleet,
) -> Emission:
    """A day's rows of request.answered, from the calls of each person by hour, all and failed.

    The fleet is the one after this day. Failed calls are 5xx as far as trouble made them fail;
    what a noisy customer asked beyond its calls was rejected: 429.
    """
    total, failed = calls
    usual = scenario.number("use.failing_share")
    server = usual * scenario.number("services.server_error_share")
    trouble = np.array(fleet.failing)
    share = (trouble + server) / np.maximum(trouble + usual, 1e-12)
    size = int(scenario.number("services.answered_hours"))
    shape = (total.shape[0], -1, size)
    whole, lost = total.reshape(shape).sum(axis=2), failed.reshape(shape).sum(axis=2)
    broken = np.rint((failed * share[None, :]).reshape(shape).sum(axis=2))
    broken = np.minimum(broken, lost)
    refused = lost - broken
    for luck, number in fleet.loud:
        calling = np.flatnonzero(whole.sum(axis=1))
        if calling.size:
            place = int(np.searchsorted(calling, int(luck * total.shape[0]))) % calling.size
            refused[calling[place], -1] += number
    by_status = np.stack([whole - lost, refused, broken], axis=2)
    return Emission({REQUEST_ANSWERED.name: _rows(scenario, names, day, by_status)})


def _rows(
    scenario: Scenario, names: pl.Series, day: datetime, by_status: np.ndarray
) -> pl.DataFrame:
    """Rows of requests by person, part of the day and status; endpoints share them."""
    ends = scenario.shares("services.endpoint_shares")
    size = int(scenario.number("services.answered_hours"))
    shares = np.array(list(ends.values()))
    values = split(by_status.astype(np.float64), shares, np.full(by_status.shape, 0.5))
    person, part, status, end = np.nonzero(values)
    frame = pl.DataFrame(
        {"person": person, "part": part, "status": status, "end": end}
        | {"quantity": values[person, part, status, end]}
    )
    begins = pl.lit(day, pl.Datetime("us")) + pl.duration(hours=pl.col("part") * size)
    row = ("part", "person", "status", "end")
    return frame.select(
        id=pl.format("w-{}-{}-{}-{}-{}", pl.lit(f"{day:%y%m%d}"), *row),
        subject=pl.lit(names).gather(pl.col("person")),
        cause=pl.lit(None, pl.String),
        occurred_at=begins,
        delivered_at=begins + pl.duration(hours=size) - pl.duration(seconds=1),
        endpoint=pl.lit(pl.Series(list(ends))).gather(pl.col("end")),
        status_class=pl.lit(pl.Series(STATUS)).gather(pl.col("status")),
        quantity=pl.col("quantity").cast(POLARS_TYPES[Type.QUANTITY]),
    )
