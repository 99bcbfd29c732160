"""The trail of a record: where it stands in the log, and everything it led to."""

import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.tables import ENVELOPE, Kind
from psizero.house.home import House
from psizero.house.rows import objects
from psizero.house.story import explained

_ROWS_MAX, _NESTED_NAMES = 500, ("parameters", "evidence", "counterfactual", "lines")
_MARK = "decision"


class Record(msgspec.Struct, frozen=True):
    """A row of the log with its kind."""

    kind: str
    row: dict[str, object]


def by_position(house: House, position: int) -> Record | None:
    """The record that was sealed at a position; of metered kinds the roll-up tells, no row."""
    keys = pl.DataFrame({"position": [position]})
    for kind in _told(house, position):
        found = house.store.read_of(kind.table, keys, house.now)
        if found.height:
            return Record(kind.name, _object(found))
    return None


def search(house: House, kind: str, subject: str) -> pl.DataFrame:
    """Envelopes of records, the last one first, of one kind or about one subject."""
    kinds = house.members.catalog.kinds
    if kind and (kind not in kinds or kinds[kind].metered):
        raise Problem(f"no kind {kind[:100]!r} has records", "see: /api/v1/tables")
    if not kind and not subject:
        raise Problem("what is searched? kind or subject", "all of a kind: /api/v1/tables/NAME")
    keys = pl.DataFrame({"subject": [subject]})
    envelope = list(ENVELOPE)
    found: list[pl.DataFrame] = []
    for one in [kinds[kind]] if kind else _told(house):
        read = house.store.read_of(one.table, keys, house.now) if subject else house.read(one.table)
        found.append(read.select(envelope).with_columns(kind=pl.lit(one.name)))
    return pl.concat(found).sort("position", descending=True)


def trail(house: House, record: Record) -> dict[str, object]:
    """A record; of a decision its whole story; of anything else what thought of it first.

    `answers`: what came back from outside to it, and what the house added because of it.
    """
    key = str(record.row["id"])
    found: dict[str, object] = {"kind": record.kind, "record": record.row}
    named = str(record.row.get(_MARK) or (key if record.kind == _MARK else ""))
    if named:
        found["decision"] = explained(house, named)
    found["answers"] = _caused(house, named or key)
    if not named:
        found |= _thought(house, record)
    return found


def _told(house: House, position: int = 1) -> list[Kind]:
    """Kinds whose rows the log tells, from a position on; one without such costs no statement."""
    kinds, last = house.members.catalog.kinds.values(), house.store.last_position
    return [kind for kind in kinds if kind.metered is None and last(kind.name) >= position]


def _object(frame: pl.DataFrame) -> dict[str, object]:
    return objects(frame, [name for name in _NESTED_NAMES if name in frame.columns])[0]


def _caused(house: House, key: str) -> list[dict[str, object]]:
    """Rows that name it as their cause, by position."""
    keys, rows = pl.DataFrame({"cause": [key]}), list[pl.DataFrame]()
    for kind in _told(house):
        found = house.store.read_of(kind.table, keys, house.now)
        if found.height:
            rows.append(found.select(list(ENVELOPE)).with_columns(kind=pl.lit(kind.name)))
    return objects(pl.concat(rows).sort("position").head(_ROWS_MAX)) if rows else []


def _thought(house: House, record: Record) -> dict[str, object]:
    """The runs that saw it first, by automation, and what they decided about its subject."""
    through = int(str(record.row["position"]))
    runs = house.read("run").filter(pl.col("through") >= through)
    first = runs.unique("subject", keep="first", maintain_order=True)
    made = house.store.read_of(
        "decision", pl.DataFrame({"subject": [str(record.row["subject"])]}), house.now
    )
    made = made.filter(pl.col("run").is_in(first["id"].to_list()))
    shown = first.select("id", "now", "through", automation="subject").head(_ROWS_MAX)
    return {
        "seen_first_by": objects(shown),
        "decisions": objects(made.head(_ROWS_MAX), ["parameters", "evidence"]),
    }
