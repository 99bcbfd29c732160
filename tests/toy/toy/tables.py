"""Tables of the toy: one of each form that an outside package may declare."""

from datetime import datetime

import polars as pl

from psizero.core.tables import Derived, Facts, Fold, Kept, Type, View

LATEST = Fold.LATEST


def _by_verb(facts: Facts, now: datetime) -> pl.DataFrame:
    wishes = facts["wishes"].filter(pl.col("made_at") <= now)
    return wishes.group_by("verb").agg(wishes=pl.len().cast(pl.Int64))


TABLES = (
    Kept(
        name="wishes",
        kinds=("wish.made",),
        key=("wish",),
        columns={
            "wish": (Type.TEXT, LATEST),
            "customer": (Type.TEXT, LATEST),
            "made_at": (Type.INSTANT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "episode": (Type.TEXT, LATEST),
            "text": (Type.TEXT, LATEST),
            "minor": (Type.INTEGER, LATEST),
            "currency": (Type.TEXT, LATEST),
            "confidence": (Type.NUMBER, LATEST),
            "expires_at": (Type.INSTANT, LATEST),
        },
        doc="Every wish, as it was made.",
    ),
    View(
        name="wishes_recent",
        reads=("wish_made",),
        grain=("customer", "verb"),
        doc="Wishes of the last 30 days by customer and verb.",
    ),
    Derived(
        name="wishes_by_verb",
        reads=("wishes",),
        grain=("verb",),
        doc="How many wishes there are for each verb.",
        compute=_by_verb,
    ),
)
