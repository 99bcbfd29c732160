"""What is pushed in: a delivery as it came, and what a connector makes of it.

A connector whose module has `receiver(folder, terms)` is a door at `/in/<its name>`: what that
gives is pure, a delivery in, batches and the protocol's own reply out. `SIGNED = True` in the
module says that the body proves by a signature who sent it, so that no key is asked for.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256

import msgspec
import polars as pl

from psizero.core.ports import Batch
from psizero.core.tables import POLARS_TYPES, Column, Kind, Type

JSON = "application/json"
PAYER = "payer"
"""A column beside a kind's own: the account at the gateway that the batch comes from. Whose it is
becomes the subject when the batch is taken in.
"""
PROBLEMS_SHOWN_MAX = 1_000
_DIGITS = {Type.QUANTITY: Decimal("1e-9"), Type.RATE: Decimal("1e-15")}
_HEADS = ("source", "id", "subject", "cause")
_SAID_LETTERS_MAX = 80
_BEYOND_MICROSECONDS = re.compile(r"(?<=\.\d{6})\d+")
_ORDERED = msgspec.json.Encoder(order="deterministic")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One push: what stands behind the connector's name in the path, header fields by lower-case
    name, the body without its gzip, and when it came.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def content(self) -> str:
        """A hash of the body, by which a delivery that comes again is known."""
        return sha256(self.body).hexdigest()[:32]

    @property
    def media(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Terms(msgspec.Struct, frozen=True):
    """What a receiver may know."""

    kinds: Mapping[str, Kind]


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one member of a delivery, by its index from 0."""

    index: int
    reason: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """Batches for the letterbox and the reply. `key`: the one that the body shows, if it does."""

    batches: Sequence[Batch] = ()
    status: int = 200
    body: bytes = b""
    media: str = JSON
    headers: Mapping[str, str] = {}
    faults: Sequence[Fault] = ()
    key: str = ""


Receiver = Callable[[Delivery], Received]


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that a rule writes into every row."""

    value: str | int | float | bool


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How something of theirs becomes a row of a kind of ours.

    `columns`: by our name either a path with dots into what they say, or `{ value = ... }`;
    `subject`, where it is said, and `occurred_at` are paths too.
    """

    kind: str
    subject: str = ""
    occurred_at: str = ""
    columns: Mapping[str, str | Constant] = {}

    def row(self, said: Mapping[str, object]) -> dict[str, object]:
        """The columns, and of the envelope what the rule names."""
        row: dict[str, object] = {
            name: found(said, one) if isinstance(one, str) else one.value
            for name, one in self.columns.items()
        }
        for name, path in (("subject", self.subject), ("occurred_at", self.occurred_at)):
            if path:
                row[name] = found(said, path)
        return row


def found(said: object, path: str) -> object:
    """What stands at a path with dots; None where nothing does."""
    for part in path.split("."):
        said = said.get(part) if isinstance(said, Mapping) else None
    return said


def decoded(body: bytes) -> object:
    """JSON; of a name that comes twice the last counts. Raises ValueError: it is none."""
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def refused(reason: str, status: int = 400) -> Received:
    """Nothing is taken; clients of every protocol find the reason where they look for it."""
    code = "invalid_request" if status < 500 else "unavailable"
    said = {"status": status, "title": "refused", "detail": reason, "code": code}
    body = msgspec.json.encode(said | {"message": reason})
    return Received(status=status, body=body, media="application/problem+json")


def framed(kind: Kind, said: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    """Columns of a kind and its envelope as the intake wants them, all of one length.

    Where one value cannot be read it is null, and its column has a text twin `<name>__raw`.
    """
    rows = len(said["id"])
    none: list[object] = [None] * rows
    made = [pl.Series("line", none, pl.Int64)]
    for name in _HEADS:
        made += _read(name, said.get(name, none), _TEXT)[:1]
    at = said.get("occurred_at", none)
    whole = rows and isinstance(at[0], datetime)
    made += [pl.Series("occurred_at", at, pl.Datetime("us"))] if whole else _texts(at)
    for name, column in kind.columns.items():
        made += _read(name, said.get(name, none), column)
    return pl.DataFrame(made)


def batched(terms: Terms, kind: str, rows: Sequence[Mapping[str, object]], origin: str) -> Batch:
    """Rows of one kind, given one by one, as a batch."""
    known = terms.kinds[kind]
    names = ("occurred_at", *_HEADS, *known.columns)
    said = {name: [row.get(name) for row in rows] for name in names}
    said["source"] = [one or origin for one in said["source"]]
    return Batch(kind, framed(known, said), origin)


def owed(batch: Batch, rows: Sequence[Mapping[str, object]]) -> Batch:
    """The batch with the accounts that its rows name."""
    accounts = pl.Series(PAYER, [row.get(PAYER) for row in rows], pl.String)
    return Batch(batch.kind, batch.frame.with_columns(accounts), batch.origin)


def faults(kind: Kind, frame: pl.DataFrame) -> list[Fault]:
    """What the intake will reject for its form, so that whoever sends it hears of it now."""
    said = []
    needed = [name for name, column in kind.columns.items() if column.required]
    for name in ("id", "subject", *(name for name in needed if name not in kind.defaults)):
        if frame[name].null_count():
            missing = frame[name].is_null()
            if f"{name}__raw" in frame.columns:
                missing &= frame[f"{name}__raw"].is_null()
            said += [Fault(row, f"{name} is missing") for row in missing.arg_true()]
    for raw in frame.columns:
        if raw.endswith("__raw"):
            name = raw.removesuffix("__raw")
            reason = f"{name} is not a {kind.columns[name].type.value}"
            said += [Fault(row, reason) for row in frame[raw].is_not_null().arg_true()]
    return said


_TEXT = Column(Type.TEXT, "")


def _texts(values: Sequence[object]) -> list[pl.Series]:
    """Instants as text, for the intake to read each by itself."""
    spelled = [one.isoformat() if isinstance(one, datetime) else _spelled(one) for one in values]
    return [pl.Series("occurred_at", spelled, pl.String)]


def _spelled(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _read(name: str, values: Sequence[object], column: Column) -> list[pl.Series]:
    """A column, read at once where all of it is of the type, else value by value."""
    typed = POLARS_TYPES[column.type]
    try:
        if column.type in _DIGITS:
            return [pl.Series(name, values, pl.Int64).cast(typed)]
        if column.type not in (Type.JSON, Type.INSTANT):
            return [pl.Series(name, values, typed)]
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        pass
    plain: list[object] = []
    raw: list[str | None] = []
    for value in values:
        try:
            plain.append(None if value is None else _one(value, column.type))
            raw.append(None)
        except (ValueError, OverflowError, InvalidOperation, msgspec.MsgspecError):
            plain.append(None)
            raw.append((_spelled(value) or "")[:_SAID_LETTERS_MAX])
    twin = (
        [pl.Series(f"{name}__raw", raw, pl.String)] if any(one is not None for one in raw) else []
    )
    return [pl.Series(name, plain, typed), *twin]


def _one(value: object, kind: Type) -> object:
    """One value as its type says. Raises ValueError where it is none of it."""
    if kind is Type.JSON:
        return value if isinstance(value, str) else _ORDERED.encode(value).decode()
    if kind is Type.TEXT and isinstance(value, str):
        return value
    if kind is Type.BOOLEAN and isinstance(value, bool):
        return value
    if kind is Type.INSTANT:
        cut = _BEYOND_MICROSECONDS.sub("", value) if isinstance(value, str) else value
        read = msgspec.convert(cut, datetime, strict=False)
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("of another type")
    if kind is Type.NUMBER:
        return float(value)
    exact = Decimal(repr(value) if isinstance(value, float) else value)
    if not exact.is_finite():
        raise ValueError("not a number")
    if kind in _DIGITS:
        return exact.quantize(_DIGITS[kind])
    if kind is Type.INTEGER and exact == exact.to_integral_value() and abs(exact) < 1 << 63:
        return int(exact)
    raise ValueError("of another type")
