"""The metrics of services: requests by status, how long they took, and what they use."""

from datetime import datetime
from math import erf

import msgspec
import numpy as np
import polars as pl

from psizero.core.events.request import LE_MS, REQUEST_COUNTED, REQUEST_TIMED
from psizero.core.events.resource import RESOURCE_SAMPLED
from psizero.core.tables import POLARS_TYPES, Kind, Type
from psizero.twin.dice import Dice, counts, normal
from psizero.twin.emission import Rows
from psizero.twin.faults import SERVICES, blind
from psizero.twin.scenario import Scenario
from psizero.twin.signs import Signs, overlap

_INSIDE = ("compile", "enqueue", "run", "read")
_RESOURCES = ("cpu", "memory", "disk", "replicas")
STATUS = ("2xx", "4xx", "5xx")
_BOUNDS = np.log(np.array([float(one) for one in LE_MS[:-1]]))
_QUANTITY = POLARS_TYPES[Type.QUANTITY]
_ERF = np.frompyfunc(erf, 1, 1)
_FULL = 0.97
"""A load at which waiting grows no more: further requests are turned away instead."""


class Hours(msgspec.Struct, frozen=True):
    """Hours of one day: calls of each, replicas by service, those planned, and what is wrong."""

    start: datetime
    calls: np.ndarray
    replicas: np.ndarray
    planned: np.ndarray
    signs: Signs


class Load(msgspec.Struct, frozen=True):
    """By hour and service: requests, those rejected among them, and the share of capacity used."""

    requests: np.ndarray
    rejected: np.ndarray
    used: np.ndarray


def load(scenario: Scenario, hours: Hours) -> Load:
    """How much each service has to do, and how much of what it can do that is."""
    fanout = _each(scenario, "services.fanout")
    able = _each(scenario, "services.hourly_per_replica")
    own = np.rint(hours.calls[:, None] * fanout[None, :])
    planned = (hours.planned * able)[None, :]
    surge = np.rint(hours.signs.surge * planned)
    rejected = np.minimum(np.rint(hours.signs.rejected * planned), surge)
    room = (hours.replicas * able)[None, :] * hours.signs.capacity
    return Load(own + surge, rejected, (own + surge - rejected) / np.maximum(room, 1e-9))


def metrics(dice: Dice, scenario: Scenario, hours: Hours) -> tuple[Rows, np.ndarray]:
    """Rows of all metrics, and the share of customers' calls that fails in each hour.

    What always fails is not in that share; hours in which the monitoring is down have no rows.
    """
    number = len(hours.calls)
    first = hours.start.hour
    luck = dice.of("metrics", hours.start.date().isoformat()).random((24, len(SERVICES), 12))
    luck = luck[first : first + number]
    load_ = load(scenario, hours)
    shed = 1 - 1 / np.maximum(load_.used, 1.0)
    own = 1 - (1 - hours.signs.failing) * (1 - shed)
    passes = np.minimum(_each(scenario, "services.fanout"), 1.0)
    failing: np.ndarray = 1 - np.prod(1 - own * passes[None, :], axis=1)
    own = own.copy()
    own[:, 0] = failing
    answered = _answered(scenario, load_, own, luck)
    timed = _timed(scenario, hours.signs, load_, luck)
    sampled = _sampled(scenario, hours, load_, luck)
    seen = np.ones(number, dtype=bool)
    dark = blind(dice, scenario, hours.start.replace(hour=0))
    if dark is not None:
        seen = overlap(hours.start, number, *dark) == 0
    size = int(scenario.number("services.metrics_hours"))
    parts = (
        (REQUEST_COUNTED, "q", *_by_endpoint(scenario, answered, luck)),
        (REQUEST_TIMED, "l", *_by_bucket(timed)),
        (RESOURCE_SAMPLED, "r", *_by_resource(sampled)),
    )
    rows = {
        kind.name: _rows(kind, (name, hours.start, size), _binned(kind, values, seen, size), of)
        for kind, name, values, of in parts
    }
    return rows, failing


def _each(scenario: Scenario, name: str) -> np.ndarray:
    said = scenario.shares(name)
    return np.array([said[one] for one in SERVICES])


def _answered(scenario: Scenario, load_: Load, failing: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Requests by hour, service and status class."""
    usual = scenario.number("use.failing_share")
    server = usual * scenario.number("services.server_error_share")
    taken = load_.requests - load_.rejected
    failed = counts(luck[:, :, 0], taken * (1 - (1 - failing) * (1 - server)))
    failed = np.minimum(failed, taken)
    refused = np.zeros(taken.shape)
    refused[:, 0] = counts(luck[:, 0, 1], (taken[:, 0] - failed[:, 0]) * (usual - server))
    refused = np.minimum(refused, taken - failed)
    return np.stack([taken - failed - refused, refused + load_.rejected, failed], axis=2)


def split(total: np.ndarray, shares: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Whole numbers along a new last axis that sum to `total`, in these shares on average.

    `shares` sum to 1 along their last axis; one share of luck each shifts all borders alike.
    """
    borders = np.cumsum(shares, axis=-1)
    borders = borders / borders[..., -1:]
    upto = np.floor(total[..., None] * borders + luck[..., None])
    upto[..., -1] = total
    upto = np.minimum(upto, total[..., None])
    return np.diff(upto, axis=-1, prepend=0.0)


def _timed(scenario: Scenario, signs: Signs, load_: Load, luck: np.ndarray) -> np.ndarray:
    """Requests by hour, service and bucket of time: lognormal, longer where they have to wait."""
    used = np.minimum(load_.used, _FULL)
    waits = 1 + scenario.number("services.queue_factor") * 2 * used**2 / (1 - used)
    middle = np.log(_each(scenario, "services.median_ms")[None, :] * waits)
    slow, slower = signs.slow.copy(), signs.slower.copy()
    passes = np.minimum(_each(scenario, "services.fanout"), 1.0)
    slow[:, 0] = np.max(slow * passes[None, :], axis=1)
    slower[:, 0] = np.max(slower, axis=1)
    usual = _below(scenario, middle)
    late = _below(scenario, middle + np.log(slower))
    below = (1 - slow)[..., None] * usual + slow[..., None] * late
    whole = np.concatenate([below, np.ones((*below.shape[:2], 1))], axis=2)
    shares = np.diff(whole, axis=2, prepend=0.0)
    return split(load_.requests, shares, luck[:, :, 2])


def _below(scenario: Scenario, middle: np.ndarray) -> np.ndarray:
    """Share of requests below each finite bound."""
    score = (_BOUNDS - middle[..., None]) / scenario.number("services.spread")
    found: np.ndarray = 0.5 * (1 + _ERF(score / np.sqrt(2)).astype(np.float64))
    return found


def _sampled(scenario: Scenario, hours: Hours, load_: Load, luck: np.ndarray) -> np.ndarray:
    """Samples by hour, service and resource, to six decimals."""
    noise = np.exp(scenario.number("services.sample_noise") * normal(luck[:, :, 3:6]))
    cpu = 0.04 + 0.9 * np.minimum(load_.used, 1.0)
    shares = [cpu]
    for name, filled in (("memory", hours.signs.memory), ("disk", hours.signs.disk)):
        least = scenario.number(f"services.{name}_share")
        shares.append(least + (1 - least) * filled)
    used = np.minimum(np.stack(shares, axis=2) * noise, 1.0)
    replicas = np.rint(hours.replicas[None, :] * hours.signs.capacity)[..., None]
    return np.round(np.concatenate([used, replicas], axis=2), 6)


_Of = tuple[tuple[str, ...], ...]
"""Of each column of values: the service, then the kind's own columns."""


def _by_endpoint(
    scenario: Scenario, answered: np.ndarray, luck: np.ndarray
) -> tuple[np.ndarray, _Of]:
    said = scenario.shares("services.endpoint_shares")
    shares = np.array(list(said.values()))
    doors = split(answered[:, 0, :], shares, luck[:, 0, 6:9]).transpose(0, 2, 1)
    values = np.concatenate([doors, answered[:, 1:, :]], axis=1)
    ends = [("gateway", one) for one in said]
    ends += list(zip(SERVICES[1:], _INSIDE, strict=True))
    of = tuple((service, end, status) for service, end in ends for status in STATUS)
    return values.reshape(len(values), -1), of


def _by_bucket(timed: np.ndarray) -> tuple[np.ndarray, _Of]:
    of = tuple((service, le) for service in SERVICES for le in LE_MS)
    return timed.reshape(len(timed), -1), of


def _by_resource(sampled: np.ndarray) -> tuple[np.ndarray, _Of]:
    of = tuple((service, one) for service in SERVICES for one in _RESOURCES)
    return sampled.reshape(len(sampled), -1), of


def _binned(kind: Kind, values: np.ndarray, seen: np.ndarray, size: int) -> np.ndarray:
    """Sums of `size` hours, of samples the mean; NaN and 0 are what nobody saw."""
    if values.shape[0] % size:
        raise ValueError(f"{values.shape[0]} hours are no multiple of {size}")
    shaped = (values * seen[:, None]).reshape(-1, size, values.shape[1])
    summed: np.ndarray = shaped.sum(axis=1)
    if kind is not RESOURCE_SAMPLED:
        return summed
    number = seen.reshape(-1, size).sum(axis=1)[:, None]
    mean: np.ndarray = np.where(number > 0, np.round(summed / np.maximum(number, 1), 6), np.nan)
    return mean


def _rows(
    kind: Kind, where: tuple[str, datetime, int], values: np.ndarray, of: _Of
) -> pl.DataFrame:
    """Rows of a metered kind; `where`: the ids' first letter, from when, and hours of a row."""
    name, start, size = where
    told = ~np.isnan(values) if kind is RESOURCE_SAMPLED else values > 0
    part, column = np.nonzero(told)
    frame = pl.DataFrame(
        {"part": part + start.hour // size, "column": column, "quantity": values[part, column]},
        schema={"part": pl.Int64, "column": pl.Int64, "quantity": pl.Float64},
    )
    day = start.replace(hour=0)
    begins = pl.lit(day, pl.Datetime("us")) + pl.duration(hours=pl.col("part") * size)
    names = [one for one in kind.columns if one != "quantity"]
    said = {
        one: pl.lit(pl.Series([row[n + 1] for row in of])).gather(pl.col("column"))
        for n, one in enumerate(names)
    }
    return frame.select(
        id=pl.format("{}-{}-{}-{}", pl.lit(name), pl.lit(f"{day:%y%m%d}"), "part", "column"),
        subject=pl.lit(pl.Series([row[0] for row in of])).gather(pl.col("column")),
        cause=pl.lit(None, pl.String),
        occurred_at=begins,
        delivered_at=begins + pl.duration(hours=size) - pl.duration(seconds=1),
        **said,
        quantity=pl.col("quantity").cast(_QUANTITY),
    )
