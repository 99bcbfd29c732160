"""The settlement: receipts that follow from elsewhere than their own call.

Of a call of which nobody knew, what a person found out; of what was done, that it was undone.
"""

from datetime import datetime

import msgspec
import polars as pl

from psizero.core.ports import Store
from psizero.core.records import RECEIPT

SETTLED = {"done": "settled_done", "refused": "settled_refused"}
"""The clause under which a person says so, by the state in which the call stands from then on."""
_COLUMNS = ("source", "id", "subject", "cause", *RECEIPT.columns)


class Found(msgspec.Struct, frozen=True):
    """How the call stands, and the outside's own name for it."""

    state: str
    reference: str = ""


class _Change(msgspec.Struct, frozen=True):
    would_be: Found


def settlements(store: Store, now: datetime) -> pl.DataFrame:
    """Rows of `receipt` for every unknown call of which a person has said how it stands.

    A refusal leads nowhere else: what a person found out is not tried again by itself.
    """
    waits = store.read("unsettled", now).filter(pl.col("said").is_not_null())
    rows: list[dict[str, object]] = []
    if waits.height:
        words = store.read_of("verdict", waits.select("decision"), now)
        words = words.filter(pl.col("clause").is_in(list(SETTLED.values())))
        called = waits.select("decision", "connector")
        for word in words.join(called, on="decision").iter_rows(named=True):
            rows.append(_receipt(word))
    return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String))


def answered(store: Store, now: datetime) -> bool:
    """Whether a word of a person, or an undo that is done, waits for its receipt."""
    waits = store.read("unsettled", now)["said"].is_not_null().any()
    return waits or undone(store, now).height > 0


def undone(store: Store, now: datetime) -> pl.DataFrame:
    """Rows of `receipt` for everything whose undo is done; the cause is the undo."""
    if not store.last_position("undo.asked"):
        return pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.String))
    taken = store.read("undos", now).filter(pl.col("state") == "done")
    said = taken.select(
        "decision",
        "automation",
        "verb",
        "subject",
        source="automation",
        cause="compensation",
        id=pl.format("{}/receipt/undone", "decision"),
        state=pl.lit("undone"),
        connector=pl.lit(""),
        reference="compensation",
        reason=pl.format("undone by {}: {}", "by", "because"),
    )
    return said.select(_COLUMNS)


def _receipt(word: dict[str, object]) -> dict[str, object]:
    found = msgspec.json.decode(str(word["counterfactual"]), type=_Change).would_be
    done = found.state == "done"
    named = f" ({found.reference})" if found.reference and not done else ""
    said = {name: word[name] for name in ("decision", "automation", "verb", "connector")}
    return said | {
        "source": word["automation"],
        "id": f"{word['decision']}/receipt/settled",
        "subject": word["subject"],
        "cause": None,
        "state": found.state,
        "reference": found.reference if done else "",
        "reason": f"settled by {word['by']}: {word['because']}{named}",
    }
