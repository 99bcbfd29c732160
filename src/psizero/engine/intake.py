"""Intake: what comes from outside is checked row by row, kept or rejected, and counted."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.events.house import EVENT_CONFLICTED, ROW_REJECTED
from psizero.core.ports import Batch, Store
from psizero.core.tables import Column, Kind, Type, schema

AHEAD_MAX = timedelta(minutes=5)


class Report(msgspec.Struct):
    """What became of the rows of one kind: all that were read are in exactly one count."""

    kind: str
    read: int = 0
    taken: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    late: int = 0


def take_in(store: Store, kind: Kind, batch: Batch, clock: datetime) -> Report:
    """Append the good rows, record the others. `clock` is the one rows may not be ahead of.

    `batch.frame`: line, source, id, subject, cause, occurred_at and the kind's columns, each with
    an optional text twin `<name>__raw` that shows what could not be read.
    """
    judged = checked(kind, batch.frame, clock, store)
    good = judged.filter(pl.col("reason").is_null())
    bad = judged.filter(pl.col("reason").is_not_null())
    sealed_at = store.position.sealed_at
    due = pl.col("occurred_at")
    if sealed_at is not None:
        due = pl.max_horizontal(due, pl.lit(sealed_at, pl.Datetime("us")))
    ready = good.with_columns(recorded_at=due).select(schema(kind).keys())
    appended = store.append(kind, ready)
    _reject(store, kind, batch.origin, bad)
    _conflict(store, kind, batch.origin, appended.conflicts)
    late = 0
    if sealed_at is not None:
        late = good.filter(pl.col("occurred_at") <= sealed_at).height
    return Report(
        kind=kind.name,
        read=judged.height,
        taken=appended.rows,
        duplicates=appended.duplicates - appended.conflicts.height,
        conflicts=appended.conflicts.height,
        rejected=bad.height,
        late=late,
    )


def checked(kind: Kind, frame: pl.DataFrame, clock: datetime, store: Store) -> pl.DataFrame:
    """The rows with defaults filled and a column `reason`: null where a row may come in."""
    frame = _instants(frame).with_columns(
        pl.col(name).fill_null(pl.lit(value)) for name, value in kind.defaults.items()
    )
    reasons = [
        *([pl.col("reason")] if "reason" in frame.columns else []),
        _missing("id"),
        _missing("subject"),
        pl.when(pl.col("occurred_at").is_null()).then(
            pl.format("occurred_at is not an instant: {}", pl.col("said_at").fill_null("nothing"))
        ),
        _when(pl.col("occurred_at") > clock + AHEAD_MAX, "more than 5 minutes ahead of the clock"),
        *_too_late(kind, store.position.sealed_at),
    ]
    for name, column in kind.columns.items():
        reasons += _column_reasons(name, column, frame, store)
    return frame.with_columns(reason=pl.coalesce(reasons))


def _when(condition: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason))


def _missing(name: str) -> pl.Expr:
    return _when(pl.col(name).is_null() | (pl.col(name) == ""), f"{name} is missing")


def _instants(frame: pl.DataFrame) -> pl.DataFrame:
    """occurred_at as an instant; text without an offset is UTC."""
    if frame.schema["occurred_at"] != pl.String:
        return frame.with_columns(said_at=pl.col("occurred_at").cast(pl.String))
    text = pl.col("occurred_at").str.strip_chars()
    zoned = text.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    return frame.with_columns(
        said_at=pl.col("occurred_at"), occurred_at=zoned.dt.replace_time_zone(None)
    )


def _too_late(kind: Kind, sealed_at: datetime | None) -> list[pl.Expr]:
    if kind.metered is None or sealed_at is None:
        return []
    days = kind.metered.late_days_max
    return [
        _when(pl.col("occurred_at") < sealed_at - timedelta(days=days), f"older than {days} days")
    ]


def _column_reasons(name: str, column: Column, frame: pl.DataFrame, store: Store) -> list[pl.Expr]:
    value = pl.col(name)
    reasons: list[pl.Expr] = []
    if f"{name}__raw" in frame.columns:
        said = pl.lit("(not shown)") if column.personal else pl.col(f"{name}__raw")
        unread = pl.col(f"{name}__raw").is_not_null()
        reasons.append(
            pl.when(unread).then(pl.format(f"{name} is not a {column.type.value}: {{}}", said))
        )
    if column.required:
        reasons.append(_when(value.is_null(), f"{name} is missing"))
    if column.least is not None:
        low = pl.format(f"{name} is below {column.least}: {{}}", value)
        reasons.append(pl.when(value < column.least).then(low))
    if column.choices:
        odd = pl.format(f"unknown {name}: {{}}", value)
        reasons.append(pl.when(~value.is_in(list(column.choices))).then(odd))
    if column.references:
        known = list(store.subjects(column.references))
        strange = pl.format(f"unknown {name}: {{}}", value)
        reasons.append(pl.when(~value.is_in(known)).then(strange))
    if column.type is Type.JSON:
        reasons.append(
            _when(value.str.strip_chars().str.starts_with("{").not_(), f"{name} is no JSON object")
        )
    return reasons


def _reject(store: Store, kind: Kind, origin: str, bad: pl.DataFrame) -> None:
    if bad.height:
        _record(
            store,
            ROW_REJECTED,
            bad.select(
                subject=pl.lit(kind.name),
                origin=pl.lit(origin),
                line="line",
                reason="reason",
                id=pl.concat_str(
                    pl.lit(f"{origin}:{kind.name}"),
                    pl.col("line").cast(pl.String).fill_null(pl.col("id").fill_null("?")),
                    "reason",
                    separator=":",
                ),
            ),
        )


def _conflict(store: Store, kind: Kind, origin: str, conflicts: pl.DataFrame) -> None:
    if conflicts.height:
        _record(
            store,
            EVENT_CONFLICTED,
            conflicts.select(
                subject=pl.lit(kind.name),
                origin=pl.lit(origin),
                offered_source="source",
                offered_id="id",
                id=pl.format("{}:{}:{}:{}", pl.lit(origin), pl.lit(kind.name), "source", "id"),
            ),
        )


def _record(store: Store, kind: Kind, rows: pl.DataFrame) -> None:
    typed = schema(kind)
    missing = [name for name in typed if name not in rows.columns]
    named = rows.with_columns(
        [pl.lit(None, typed[name]).alias(name) for name in missing if name != "source"],
        source=pl.lit("intake"),
    )
    store.append(kind, named.select(pl.col(n).cast(t) for n, t in typed.items()))
