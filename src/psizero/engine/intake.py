"""Intake: what comes from outside is checked row by row, kept or rejected, and counted."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.clock import MICROSECOND
from psizero.core.content import canonical
from psizero.core.events.house import EVENT_CONFLICTED, ROW_REJECTED
from psizero.core.ports import Batch, Store
from psizero.core.tables import Kind, Type, schema

AHEAD_MAX = timedelta(minutes=5)
OBJECTION = "objection"
"""Why a row may not come in; no column of a kind has this name."""
EARLIEST = datetime(1970, 1, 1)
NAME_CHARACTERS_MAX = 1_000
SAID_CHARACTERS_MAX = 80
_NUL = "\0"
# Date, minute, second, digits behind the point, hours and minutes of the offset.
_ISO = (
    r"^\s*(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(?:[Zz]|UTC|([+-]\d{2})(?::?(\d{2}))?)?)?\s*$"
)
_PARTS = ("day", "minute", "second", "behind", "hours", "minutes")


class Report(msgspec.Struct):
    """What became of the rows of one kind: all that were read are in exactly one count."""

    kind: str
    read: int = 0
    taken: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    late: int = 0


def take_in(
    store: Store, kind: Kind, batch: Batch, clock: datetime, as_new: bool = False
) -> Report:
    """Append the good rows, record the others. `clock` is the one rows may not be ahead of.

    What is taken in `as_new` is known from `clock` on, however long ago it happened.

    `batch.frame`: line, source, id, subject, cause, occurred_at and the kind's columns, each with
    an optional text twin `<name>__raw` that shows what could not be read. With a column
    `delivered_at` a row is due when it is handed in, and may not be ahead of that.
    """
    judged = checked(kind, batch.frame, clock, store)
    judged, old = _without_known(store, kind, judged)
    good = judged.filter(pl.col(OBJECTION).is_null())
    bad = judged.filter(pl.col(OBJECTION).is_not_null())
    sealed_at = store.position.sealed_at
    due = pl.max_horizontal("occurred_at", pl.lit(clock if as_new else EARLIEST, pl.Datetime("us")))
    if "delivered_at" in good.columns:
        due = pl.max_horizontal(due, "delivered_at")
    if sealed_at is not None:
        due = pl.max_horizontal(due, pl.lit(store.floor + MICROSECOND, pl.Datetime("us")))
    ready = good.with_columns(recorded_at=due).select(schema(kind).keys())
    appended = store.append(kind, ready)
    _reject(store, kind, batch, bad)
    _conflict(store, kind, batch.origin, appended.conflicts)
    return Report(
        kind=kind.name,
        read=batch.frame.height,
        taken=appended.rows,
        duplicates=old + appended.duplicates - appended.conflicts.height,
        conflicts=appended.conflicts.height,
        rejected=bad.height,
        late=min(appended.rows, _late(good, sealed_at)),
    )


def _late(good: pl.DataFrame, sealed_at: datetime | None) -> int:
    return good.filter(pl.col("occurred_at") <= sealed_at).height if sealed_at else 0


def _without_known(store: Store, kind: Kind, judged: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Metered rows without those that came before, where any are late; and how many those are.

    A file read again is neither late nor too old where it is known; a row known with other
    content goes on, to be reported as a conflict.
    """
    sealed_at = store.position.sealed_at
    if kind.metered is None or not _late(judged, sealed_at):
        return judged, 0
    same = store.known(
        kind, judged.with_columns(recorded_at="occurred_at").select(schema(kind).keys())
    )
    left = judged.filter(~same)
    return left, judged.height - left.height


def checked(kind: Kind, frame: pl.DataFrame, clock: datetime, store: Store) -> pl.DataFrame:
    """The rows with defaults filled and a column `OBJECTION`: null where a row may come in."""
    frame = _instants(frame).with_columns(
        pl.col(name).fill_null(pl.lit(value)) for name, value in kind.defaults.items()
    )
    frame, broken = _objects(kind, frame)
    when, said_at = pl.col("occurred_at"), _said(kind, pl.col("said_at").fill_null("nothing"))
    reasons = [
        *([pl.col(OBJECTION)] if OBJECTION in frame.columns else []),
        *_unnamed("id"),
        *_unnamed("subject"),
        pl.when(when.is_null()).then(pl.format("occurred_at is not an instant: {}", said_at)),
        pl.when(when < EARLIEST).then(pl.format("occurred_at is before 1970: {}", said_at)),
        _when(when > _clock(frame, clock) + AHEAD_MAX, "more than 5 minutes ahead of the clock"),
        *_too_late(kind, store.position.sealed_at),
        *(_when(_holds_nul(name), f"{name} holds a NUL") for name in ("source", "cause")),
    ]
    for name, column in kind.columns.items():
        reasons += _column_reasons(kind, name, frame, store)
        if column.type is Type.JSON:
            reasons.append(_when(pl.col(name).is_in(broken), f"{name} is no JSON object"))
    return frame.with_columns(pl.coalesce(reasons).alias(OBJECTION))


def _clock(frame: pl.DataFrame, clock: datetime) -> pl.Expr:
    """The clock of each row: when it is handed in, where that is said."""
    known = "delivered_at" in frame.columns
    return pl.col("delivered_at") if known else pl.lit(clock, pl.Datetime("us"))


def _when(condition: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason))


def _holds_nul(name: str) -> pl.Expr:
    """PostgreSQL keeps no such text; refused by every store, so that a house can always move."""
    return pl.col(name).cast(pl.String).str.contains(_NUL, literal=True)


def _unnamed(name: str) -> list[pl.Expr]:
    """A name is there, short, and on one line: a longer one is a row that was cut wrongly."""
    text = pl.col(name)
    return [
        _when(text.is_null() | (text.str.strip_chars() == ""), f"{name} is missing"),
        _when(text.str.contains(r"[\x00-\x1f\x7f-\x9f]"), f"{name} holds control characters"),
        _when(
            text.str.len_chars() > NAME_CHARACTERS_MAX,
            f"{name} is longer than {NAME_CHARACTERS_MAX:,} characters",
        ),
    ]


def _said(kind: Kind, value: pl.Expr) -> pl.Expr:
    """What a row gave, cut short; nothing of it where it may be somebody's name or address."""
    if any(column.personal for column in kind.columns.values()):
        return pl.lit("(not shown)")
    text = value.cast(pl.String)
    cut = pl.format("{}...", text.str.head(SAID_CHARACTERS_MAX))
    return pl.when(text.str.len_chars() > SAID_CHARACTERS_MAX).then(cut).otherwise(text)


def _objects(kind: Kind, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """JSON columns in canonical spelling, so that equal objects are one; texts that are none."""
    broken: list[str] = []
    for name, column in kind.columns.items():
        if column.type is Type.JSON:
            texts = frame[name].drop_nulls().unique().to_list()
            spelled = {text: _canonical(text) for text in texts}
            broken += [text for text, one in spelled.items() if one is None]
            other = {text: one for text, one in spelled.items() if one not in (None, text)}
            if other:
                frame = frame.with_columns(pl.col(name).replace(other))
    return frame, broken


def _canonical(text: str) -> str | None:
    try:
        return canonical(msgspec.json.decode(text, type=dict[str, object]))
    except (msgspec.DecodeError, RecursionError):
        return None


def _instants(frame: pl.DataFrame) -> pl.DataFrame:
    """occurred_at as an instant; text is ISO 8601, without an offset UTC, cut to microseconds.

    Each row is read by itself: one that is spelled differently from the first is no mistake.
    """
    if frame.schema["occurred_at"] != pl.String:
        return frame.with_columns(said_at=pl.col("occurred_at").cast(pl.String))
    part = pl.col("occurred_at").str.extract_groups(_ISO).struct
    parts = {name: part.field(str(place)) for place, name in enumerate(_PARTS, 1)}
    text = pl.format(
        "{}T{}:{}.{}{}{}",
        parts["day"],
        parts["minute"].fill_null("00:00"),
        parts["second"].fill_null("00"),
        parts["behind"].fill_null("0").str.pad_end(6, "0").str.head(6),
        parts["hours"].fill_null("+00"),
        parts["minutes"].fill_null("00"),
    )
    zoned = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False)
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


def _column_reasons(kind: Kind, name: str, frame: pl.DataFrame, store: Store) -> list[pl.Expr]:
    column, value = kind.columns[name], pl.col(name)
    reasons: list[pl.Expr] = []
    if f"{name}__raw" in frame.columns:
        raw = pl.col(f"{name}__raw")
        unread = pl.format(f"{name} is not a {column.type.value}: {{}}", _said(kind, raw))
        reasons.append(pl.when(raw.is_not_null()).then(unread))
    if column.required:
        reasons.append(_when(value.is_null(), f"{name} is missing"))
    if column.type is Type.TEXT:
        reasons.append(_when(_holds_nul(name), f"{name} holds a NUL"))
    if column.least is not None:
        low = pl.format(f"{name} is below {column.least}: {{}}", _said(kind, value))
        reasons.append(pl.when(value < column.least).then(low))
    if column.choices:
        odd = pl.format(f"unknown {name}: {{}}", _said(kind, value))
        reasons.append(pl.when(~value.is_in(list(column.choices))).then(odd))
    if column.references:
        known = list(store.subjects(column.references))
        strange = pl.format(f"unknown {name}: {{}}", _said(kind, value))
        reasons.append(pl.when(~value.is_in(known)).then(strange))
    return reasons


def _reject(store: Store, kind: Kind, batch: Batch, bad: pl.DataFrame) -> None:
    """A file read again is rejected once; another one of its name has rows of its own."""
    if bad.height:
        origin = f"{batch.origin}:{batch.content}" if batch.content else batch.origin
        place = pl.col("line").cast(pl.String).fill_null(pl.col("id").fill_null("?"))
        key = pl.concat_str(pl.lit(f"{origin}:{kind.name}"), place, OBJECTION, separator=":")
        # Rows without a line, or several of one line, are told apart by their count.
        nth = pl.int_range(pl.len()).over(key)
        _record(
            store,
            ROW_REJECTED,
            bad.select(
                subject=pl.lit(kind.name),
                origin=pl.lit(batch.origin),
                line="line",
                reason=OBJECTION,
                id=pl.when(nth == 0).then(key).otherwise(pl.format("{}#{}", key, nth)),
            ),
        )


def _conflict(store: Store, kind: Kind, origin: str, conflicts: pl.DataFrame) -> None:
    if conflicts.height:
        _record(
            store,
            EVENT_CONFLICTED,
            conflicts.unique(maintain_order=True).select(
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
    told = [name for name, type_ in rows.schema.items() if type_ == pl.String]
    rows = rows.with_columns(pl.col(told).str.replace_all(_NUL, "\ufffd", literal=True))
    named = rows.with_columns(
        [pl.lit(None, typed[name]).alias(name) for name in missing if name != "source"],
        source=pl.lit("intake"),
    )
    store.append(kind, named.select(pl.col(n).cast(t) for n, t in typed.items()))
