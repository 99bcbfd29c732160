"""The projection of a map's select onto the columns of a kind, with what does not fit as text."""

from collections.abc import Mapping

from psizero.connectors.files.statement import quoted, statement
from psizero.core.errors import Problem
from psizero.core.tables import SQL_TYPES, Kind, Type

_ENVELOPE = ("id", "occurred_at")
_OPTIONAL = ("cause", "line")
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_EXPRESSIONS = {
    Type.INTEGER: "as_integer",
    Type.NUMBER: "as_number",
    Type.INSTANT: "as_instant",
}
RAW = "__raw"


def _is_instant(given_type: str) -> bool:
    return given_type == "DATE" or given_type.startswith("TIMESTAMP")


def _cast(value: str, target: Type, given_type: str) -> str:
    """SQL for a value in the house's type, null where it does not fit.

    Whole numbers have to be whole: a plain cast would make 13 of 12.7. Quantities and rates are
    rounded to their digits, so that a double in Parquet and its text in CSV come out alike; what
    would be rounded to nothing does not fit.
    An instant goes through TIMESTAMPTZ, since a cast to TIMESTAMP drops an offset silently.
    """
    if target is Type.TEXT or (target is Type.JSON and given_type in ("VARCHAR", "JSON")):
        return f"{value}::varchar"
    if target is Type.JSON:
        return f"to_json({value})::varchar"
    known = given_type.removeprefix("U").startswith(_NUMERIC) or _is_instant(given_type)
    plain = value if known or given_type == "BOOLEAN" else f"{value}::varchar"
    if target in _EXPRESSIONS:
        return statement(_EXPRESSIONS[target], value=plain)
    if target in (Type.QUANTITY, Type.RATE):
        return statement("as_decimal", value=plain, type=SQL_TYPES[target])
    return f"try_cast({plain} as {SQL_TYPES[target]})"


def _subject(kind: Kind, given: Mapping[str, str]) -> str:
    """`subject`, or the kind's own name for it where no column of the kind has that name."""
    own = kind.subject
    return own if own in given and own not in kind.columns else "subject"


def check(where: str, kind: Kind, given: Mapping[str, str]) -> None:
    """Raises Problem naming the select and the column that is missing or too many."""
    subject = _subject(kind, given)
    asked = (
        name
        for name, column in kind.columns.items()
        if column.required and name not in kind.defaults
    )
    listed = f"it gives: {', '.join(given)}"
    for name in (*_ENVELOPE, subject, *asked):
        if name not in given:
            own = f" (or `{kind.subject}`)" if name == "subject" else ""
            raise Problem(f"{where}: the column `{name}`{own} is missing", listed)
    known = {*_ENVELOPE, *_OPTIONAL, subject, *kind.columns}
    for name in given:
        if name not in known:
            raise Problem(
                f"{where}: `{name}` is no column of {kind.name}",
                f"it has: {', '.join([*_ENVELOPE, subject, *kind.columns, *_OPTIONAL])}",
            )


def columns(kind: Kind, given: Mapping[str, str]) -> str:
    """The column list over a select whose columns have the DuckDB types in `given`."""

    def text(name: str) -> str:
        return f"{quoted(name)}::varchar" if name in given else "null::varchar"

    occurred = text("occurred_at")
    if _is_instant(given["occurred_at"]):
        occurred = statement("as_instant", value="occurred_at")
    line = "try_cast(line as bigint)" if "line" in given else "null::bigint"
    listed = [
        f"{line} as line",
        f"{text('id')} as id",
        f"{text(_subject(kind, given))} as subject",
        f"{text('cause')} as cause",
        f"{occurred} as occurred_at",
    ]
    raw = []
    for name, column in kind.columns.items():
        if name not in given:
            listed.append(f"null::{SQL_TYPES[column.type]} as {quoted(name)}")
            continue
        typed = _cast(quoted(name), column.type, given[name])
        listed.append(f"{typed} as {quoted(name)}")
        if column.type not in (Type.TEXT, Type.JSON):
            seen = statement("as_raw", value=quoted(name), typed=typed)
            raw.append(f"{seen} as {quoted(name + RAW)}")
    return ", ".join(listed + raw)
