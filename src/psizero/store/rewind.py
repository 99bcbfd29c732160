"""Rewinding: a ledger copied as it stood at a position, with what came later in the feed again.

What the house itself made after that position is left out. The copy is made by one reading
transaction beside the owner's, so the house goes on meanwhile and nothing is written to it.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec
import polars as pl

from psizero.core.clock import quarter_hour
from psizero.core.tables import Catalog, Kept, Kind
from psizero.store.migration import connect, migrate
from psizero.store.reading import used
from psizero.store.sealing import transaction
from psizero.store.statement import event_table, kept_table, rollup_table, statement

MADE_ALL, MADE_BY_POLICY, MADE_BY_US = "made_all", "made_by_policy", "made_by_us"
_NOT = "made_not"


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """What stands (up to the position `through`) and what is told again (recorded by `until`).

    `made` says per kind which rows the house itself made: all, those by policy, or those whose
    source is one of `makers`. Changes of the settings in `without` are told no more.
    """

    through: int
    until: datetime
    made: Mapping[str, str]
    makers: Sequence[str]
    without: Sequence[str] = ()


class Past(msgspec.Struct, frozen=True):
    """The instants of the ticks that were left out, and the rows that answer to the house.

    `held`: answers of people and of the outside, per kind, in their order, as ciphertext.
    """

    instants: Sequence[datetime]
    held: Sequence[tuple[Kind, pl.DataFrame]]


def rewound(source: Path, target: Path, catalog: Catalog, cut: Cut, threads: int = 2) -> Past:
    """Make the file `target` out of the ledger `source`, which its owner may have open."""
    with closing(connect(target, threads)) as con:
        migrate(con, catalog)
    with closing(connect(source, threads)) as con:
        con.execute(statement("rewind_attach", path=str(target).replace("'", "''")))
        try:
            with transaction(con):
                return _filled(con, catalog, cut)
        finally:
            con.execute(statement("rewind_detach"))


def _filled(con: duckdb.DuckDBPyConnection, catalog: Catalog, cut: Cut) -> Past:
    values: dict[str, object] = {"through": cut.through, "until": cut.until}
    values |= {"makers": list(cut.makers), "without": list(cut.without)}
    sealed_at = _sealed_at(con, catalog, values)
    rolled = quarter_hour(sealed_at) if sealed_at else datetime.min
    values |= {"rolled": rolled, "sealed_at": sealed_at}
    for kind in catalog.kinds.values():
        _run(con, _rows(kind, cut), values)
        if kind.metered and sealed_at:
            _run(con, statement("rewind_rolled", table=rollup_table(kind)), values)
    for table in catalog.tables.values():
        if isinstance(table, Kept):
            _run(con, statement("rewind_kept", table=kept_table(table)), values)
    _run(con, statement("rewind_ledger"), values)
    if sealed_at:
        _run(con, statement("rewind_stand"), values)
    held = [(kind, _held(con, kind, cut, values)) for kind in catalog.kinds.values()]
    return Past(_instants(con, catalog, cut, values), [one for one in held if one[1].height])


def _run(con: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]) -> None:
    con.execute(sql, used(sql, values))


def _sealed_at(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, values: dict[str, object]
) -> datetime | None:
    parts = " union all ".join(
        statement("rewind_sealed_part", table=event_table(kind)) for kind in catalog.kinds.values()
    )
    sql = statement("rewind_sealed", parts=parts)
    found = con.execute(sql, used(sql, values)).fetchall()[0][0]
    return found if isinstance(found, datetime) else None


def _made(kind: Kind, cut: Cut) -> str:
    return statement(cut.made.get(kind.name, _NOT)).strip()


def _answers(kind: Kind) -> str:
    return statement("held_vote" if kind.name == "verdict" else "held_answer").strip()


def _placed(kind: Kind) -> str:
    table = event_table(kind)
    return table if "." in table else f"main.{table}"


def _rows(kind: Kind, cut: Cut) -> str:
    """Raw rows of a metered kind that are rolled up already stay behind: nothing reads them."""
    stands = "rewind_stands_metered" if kind.metered else "rewind_stands"
    known = statement("unset") if kind.name == "settings.changed" and cut.without else "true"
    return statement(
        "rewind_rows",
        table=_placed(kind),
        stands=statement(stands).strip(),
        made=_made(kind, cut),
        held=_answers(kind),
        known=known.strip(),
    )


def _held(
    con: duckdb.DuckDBPyConnection, kind: Kind, cut: Cut, values: dict[str, object]
) -> pl.DataFrame:
    made, held = _made(kind, cut), _answers(kind)
    sql = statement("rewind_held", table=_placed(kind), made=made, held=held)
    found: pl.DataFrame = con.sql(sql, params=used(sql, values)).pl()
    return found


def _instants(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, cut: Cut, values: dict[str, object]
) -> list[datetime]:
    parts = " union all ".join(
        statement("rewind_instants_part", table=_placed(kind), made=_made(kind, cut))
        for kind in catalog.kinds.values()
        if kind.name in cut.made
    )
    sql = statement("rewind_instants", parts=parts)
    return [row[0] for row in con.execute(sql, used(sql, values)).fetchall()]
