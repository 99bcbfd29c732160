"""The tables of MRR computed by the house's own SQL and functions, over frames of a test."""

from datetime import datetime
from functools import cache

import duckdb
import msgspec
import polars as pl

from psizero.core.tables import POLARS_TYPES, Catalog, Derived, Kept, View
from psizero.house.members import members
from psizero.store.reading import query, used
from tests.finance.mrr_model import Subscription, Version

TABLES = members().catalog.tables
GIVEN = ("subscriptions", "prices", "subscription_changes")
MRR = ("mrr_changes", "mrr", "mrr_movements", "cohorts", "mrr_now", "mrr_unpriced")
Known = tuple[list[Subscription], list[Version]]


@cache
def catalog() -> Catalog:
    """The house's, with two frames of the test in the place of its two kept tables."""
    views = {name: View(name=name, reads=(), grain=("plan",), doc="") for name in GIVEN}
    named = {name: f"from {name}_given" for name in GIVEN}
    known = members().catalog
    return msgspec.structs.replace(
        known, tables={**known.tables, **views}, sql={**known.sql, **named}
    )


@cache
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows as the kept table of that name holds them."""
    kept = TABLES[name]
    assert isinstance(kept, Kept)
    typed = {column: POLARS_TYPES[kind] for column, (kind, _) in kept.columns.items()}
    return pl.DataFrame([{**dict.fromkeys(typed), **row} for row in rows], schema=typed)


def given_frames(known: Known) -> dict[str, pl.DataFrame]:
    """Subscriptions and prices as the house keeps them."""
    subscriptions, book = known
    started = [
        {"subscription": one.name, "customer": one.customer, "plan": one.plan}
        | {"quantity": one.seats, "started_at": one.starts, "ended_at": one.ends}
        for one in subscriptions
    ]
    terms = [f'{{"base":"{one.base}"}}' if one.base is not None else "{}" for one in book]
    priced = [
        {"plan": one.plan, "version": one.version, "valid_from": one.valid_from}
        | {"currency": one.currency, "interval": one.interval, "interval_count": one.count}
        | {"terms": said}
        for one, said in zip(book, terms, strict=True)
    ]
    return {
        "subscriptions": frame("subscriptions", started),
        "prices": frame("prices", priced),
        "subscription_changes": frame("subscription_changes", []),
    }


def computed(known: Known, now: datetime) -> dict[str, pl.DataFrame]:
    """Every table of MRR as the house computes it."""
    found: dict[str, pl.DataFrame] = {}
    for name, rows_given in given_frames(known).items():
        engine().register(f"{name}_given", rows_given)
    for name in ("subscription_fees", *MRR):
        table = TABLES[name]
        if isinstance(table, Derived):
            found[name] = table.compute(found, now).sort(table.grain)
        else:
            sql = query(catalog(), name)
            found[name] = engine().sql(sql, params=used(sql, {"now": now})).pl()
    return found
