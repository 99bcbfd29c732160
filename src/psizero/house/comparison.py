"""What a replay came to beside the record: computed in money, attempted in counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.engine.episodes import EPISODE
from psizero.engine.replay import Told
from psizero.house.storage import AnyStore

SHOWN_MAX = 10
_SUMS = ("net", "tax", "total")
_PERIOD = ["subject", "subscription", "period_start"]
_CONTENT = ["net_minor", "tax_minor", "total_minor", "lines"]
_RUNS = ("run", "code")
"""Which code thought is no part of what came of it: replay judges new code by the same bytes."""


class Side(msgspec.Struct, frozen=True):
    """A store, and the span that is looked at: positions after `through`, ticks to `until`."""

    store: AnyStore
    through: int
    until: datetime


class Said(msgspec.Struct, frozen=True):
    """What an episode came to: its last decision, by content id, and how far that went."""

    decision: str
    level: str
    clause: str


class Difference(msgspec.Struct, frozen=True):
    """One episode of which record and replay say other things; null where it has none."""

    automation: str
    verb: str
    subject: str
    episode: str
    then: Said | None
    now: Said | None


class Computed(msgspec.Struct, frozen=True):
    """Invoices of a currency, in minor units; those that differ, are new, or are gone."""

    currency: str
    net_then: int
    net_now: int
    tax_then: int
    tax_now: int
    total_then: int
    total_now: int
    difference: int
    invoices_then: int
    invoices_now: int
    invoices_differing: int
    invoices_gone: int


class Attempted(msgspec.Struct, frozen=True):
    """Outside actions of a verb: how many were attempted, and how many would have been."""

    verb: str
    then: int
    now: int


class Stake(msgspec.Struct, frozen=True):
    """Money of decisions about which nothing more can be said, in minor units."""

    currency: str
    money: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`identical`: whether every row that the house made is the same; null with other settings.

    `to` is the end of both; invoices that are gone were not issued until then, or not at all.
    """

    to: str
    identical: bool | None
    unlike: str
    compared: int
    differing: int
    differences: Sequence[Difference]
    computed: Sequence[Computed]
    attempted: Sequence[Attempted]
    void: int
    diverged: int
    at_stake: Sequence[Stake]
    automations: Sequence[str]


def compared(
    sides: tuple[Side, Side], made: Sequence[str], told: Told, unchanged: bool
) -> Comparison:
    """The record (first) beside the replay, over kinds that the house makes."""
    verdicts, receipts, invoices = (
        _both(sides, name, told.diverged) for name in ("verdict", "receipt", "invoice.issued")
    )
    then, now = (_episodes(frame) for frame in verdicts)
    joined = then.join(now, on=EPISODE, how="full", coalesce=True, suffix="_now")
    same = (pl.col("decision") == pl.col("decision_now")) & (pl.col("level") == pl.col("level_now"))
    unlike = joined.filter(~same.fill_null(False)).sort(EPISODE)
    place = next(filter(None, (_unlike(sides, name) for name in made)), "") if unchanged else ""
    return Comparison(
        to=iso(sides[0].until),
        identical=not place if unchanged else None,
        unlike=place,
        compared=joined.height,
        differing=unlike.height,
        differences=[_difference(row) for row in unlike.head(SHOWN_MAX).iter_rows(named=True)],
        computed=_computed(*invoices),
        attempted=_attempted(*receipts),
        void=told.void,
        diverged=len(told.diverged),
        at_stake=_at_stake(sides[0], told.diverged),
        automations=_otherwise(sides, set(unlike["automation"])),
    )


def _otherwise(sides: tuple[Side, Side], found: set[str]) -> list[str]:
    """Automations of which a decision, or the reason for it, comes out otherwise."""
    then, now = (
        rows(side, "decision").drop("position", "recorded_at", *_RUNS, strict=False)
        for side in sides
    )
    for name in set(then["automation"]) | set(now["automation"]):
        mine = pl.col("automation") == name
        if not then.filter(mine).sort("id").equals(now.filter(mine).sort("id")):
            found.add(name)
    return sorted(found)


def rows(side: Side, kind: str) -> pl.DataFrame:
    """What the house made of a kind within the span, in the order of the ledger."""
    frame = side.store.everything(kind).filter(pl.col("position") > side.through)
    return frame.filter(pl.col("occurred_at") <= side.until).sort("position")


def _unlike(sides: tuple[Side, Side], kind: str) -> str:
    """Where a kind's rows are not the same in every byte; empty where they are."""
    then, now = (rows(side, kind).drop(_RUNS, strict=False) for side in sides)
    if kind == _RUNS[0]:
        then, now = then.drop("id"), now.drop("id")
    if then.equals(now):
        return ""
    if then.height != now.height:
        return f"{kind}: {then.height} rows on record, {now.height} in the replay"
    for one, other in zip(then.iter_rows(named=True), now.iter_rows(named=True), strict=True):
        if one != other:
            return f"{kind} at position {one['position']}"
    return kind


def _both(
    sides: tuple[Side, Side], kind: str, diverged: Mapping[str, datetime]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    then, now = (_without(rows(side, kind), diverged) for side in sides)
    return then, now


def _gone(diverged: Mapping[str, datetime]) -> pl.DataFrame:
    schema = {"subject": pl.String(), "gone_at": pl.Datetime("us")}
    return pl.DataFrame(list(diverged.items()), schema=schema, orient="row")


def _without(frame: pl.DataFrame, diverged: Mapping[str, datetime]) -> pl.DataFrame:
    """Less what came of a subject after it diverged."""
    joined = frame.join(_gone(diverged), on="subject", how="left", maintain_order="left")
    known = (pl.col("occurred_at") < pl.col("gone_at")).fill_null(True)
    return joined.filter(known).drop("gone_at")


def _episodes(verdicts: pl.DataFrame) -> pl.DataFrame:
    said = (pl.col("by") == "policy") & (pl.col("clause") != "escalated")
    last = verdicts.filter(said | pl.col("clause").is_in(["declined", "overridden"]))
    last = last.unique(EPISODE, keep="last", maintain_order=True)
    return last.select(*EPISODE, "decision", "level", "clause")


def _difference(row: Mapping[str, object]) -> Difference:
    automation, verb, subject, episode = (str(row[name]) for name in EPISODE)
    then, now = _said(row, ""), _said(row, "_now")
    return Difference(automation, verb, subject, episode, then, now)


def _said(row: Mapping[str, object], side: str) -> Said | None:
    if row[f"decision{side}"] is None:
        return None
    return Said(*(str(row[f"{name}{side}"]) for name in Said.__struct_fields__))


def _computed(then: pl.DataFrame, now: pl.DataFrame) -> list[Computed]:
    keys = [*_PERIOD, "currency", *_CONTENT]
    joined = then.select(keys).join(
        now.select(keys), on=[*_PERIOD, "currency"], how="full", coalesce=True, suffix="_now"
    )
    differs = pl.any_horizontal(pl.col(one).ne_missing(pl.col(f"{one}_now")) for one in _CONTENT)
    sums = [
        expression
        for name in _SUMS
        for expression in (
            pl.col(f"{name}_minor").sum().alias(f"{name}_then"),
            pl.col(f"{name}_minor_now").sum().alias(f"{name}_now"),
        )
    ]
    found = joined.group_by("currency").agg(
        *sums,
        difference=pl.col("total_minor_now").sum() - pl.col("total_minor").sum(),
        invoices_then=pl.col("total_minor").count().cast(pl.Int64),
        invoices_now=pl.col("total_minor_now").count().cast(pl.Int64),
        invoices_differing=differs.sum().cast(pl.Int64),
        invoices_gone=pl.col("total_minor_now").null_count().cast(pl.Int64),
    )
    found = found.sort("currency").select(Computed.__struct_fields__)
    return [msgspec.convert(row, Computed) for row in found.iter_rows(named=True)]


def _attempted(then: pl.DataFrame, now: pl.DataFrame) -> list[Attempted]:
    counts = [
        dict(
            frame.filter(pl.col("state") == "sent")
            .group_by("verb")
            .agg(pl.col("decision").n_unique())
            .iter_rows()
        )
        for frame in (then, now)
    ]
    verbs = sorted(set(counts[0]) | set(counts[1]))
    return [Attempted(verb, *(count.get(verb, 0) for count in counts)) for verb in verbs]


def _at_stake(then: Side, diverged: Mapping[str, datetime]) -> list[Stake]:
    """Money of what the record decided about subjects after they diverged."""
    if not diverged:
        return []
    after = rows(then, "verdict").join(_gone(diverged), on="subject")
    asked = (pl.col("by") == "policy") & pl.col("level").is_in(["auto", "approve"])
    after = after.filter(asked & (pl.col("occurred_at") >= pl.col("gone_at")))
    currencies = rows(then, "decision").select("currency", decision="id")
    known = after.unique("decision", keep="last").join(currencies, on="decision")
    found = known.group_by("currency").agg(pl.col("money_minor").sum()).sort("currency")
    return [Stake(currency, money) for currency, money in found.iter_rows() if currency]
