"""The inbox: the last message of every open ticket, as triage judges it. Pure.

What a customer wrote is read here, in memory, and nothing of it stands in what is said of it. A
message that nobody can read any more is passed over.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import msgspec
import polars as pl

from psizero.core.tables import Facts
from psizero.customers import triage as judge
from psizero.customers.promises import settings_from

PREFIX = "settings.customers."
_AT = pl.Datetime("us")
TRIAGE = {
    "ticket": pl.String(),
    "customer": pl.String(),
    "message": pl.String(),
    "said_at": _AT,
    "category": pl.String(),
    "priority": pl.String(),
    "team": pl.String(),
    "sentiment": pl.Float64(),
    "language": pl.String(),
    "confidence": pl.Float64(),
    "inside": pl.Float64(),
    "person": pl.Boolean(),
    "silent": pl.String(),
    "reasons": pl.String(),
}
NOBODY = "nobody"
Row = Mapping[str, object]


class TriageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Of customers.ticket_triage: from where on a model is believed, and what raises a priority.

    `anger_share_min`: of the worst mood there is, how bad one has to be; `large_plans`: plans of
    customers whose tickets are at least high.
    """

    confidence_min_share: float = 0.6
    inside_min_share: float = 0.5
    anger_share_min: float = 0.6
    large_plans: tuple[str, ...] = ("enterprise",)

    def judged_by(self) -> judge.Settings:
        """The same as triage wants them."""
        return judge.Settings(
            confidence_min_share=self.confidence_min_share,
            inside_min_share=self.inside_min_share,
            furious_at=-self.anger_share_min,
            large_plans=self.large_plans,
        )


def triage(facts: Facts, now: datetime) -> pl.DataFrame:
    """TRIAGE of every open ticket of which the last message can be read."""
    said = settings_from(facts["settings"], f"{PREFIX}ticket_triage.")
    settings = msgspec.convert(said, TriageSettings).judged_by()
    open_ = facts["tickets"].filter(pl.col("text").is_not_null())
    known = open_.join(facts["ticket_plans"], on="customer", how="left", maintain_order="left")
    rows = [_triaged(row, settings) for row in known.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=TRIAGE)


def _triaged(row: Row, settings: judge.Settings) -> dict[str, object]:
    seen = _judged(
        settings,
        str(row["subject_line"] or ""),
        str(row["text"]),
        str(row["headers"] or "{}"),
        str(row["plan"] or ""),
    )
    silent = str(seen["silent"]) or ("a machine" if row["author"] == "machine" else "")
    found = {
        **{name: row[name] for name in ("ticket", "customer", "said_at")},
        "message": row["id"],
        **{name: seen[name] for name in ("category", "priority", "sentiment", "language")},
        "team": NOBODY if silent else seen["route"],
        "confidence": min(float(str(seen[name])) for name in ("route_confidence", "inside")),
        **{name: seen[name] for name in ("inside", "person", "reasons")},
        "silent": silent,
    }
    if seen["alarms"] or silent:  # a rule said it, not a model
        found["confidence"] = 1.0
    if silent:
        found |= {"priority": judge.PRIORITIES[0], "person": False, "reasons": ""}
    if row["category"] is not None and not silent:
        level = max(str(row["priority"]), str(seen["priority"]), key=judge.PRIORITIES.index)
        found |= {"category": row["category"], "team": row["team"], "priority": level}
        found["confidence"] = 1.0
    return found


@lru_cache(maxsize=4_096)
def _judged(
    settings: judge.Settings, subject: str, text: str, headers: str, plan: str
) -> dict[str, object]:
    """What triage says of one message; without the words of it that spoke for a category."""
    ticket = {"id": "", "subject": subject, "body": text, "from": "", "headers": headers}
    frame = pl.DataFrame([{**ticket, "plan": plan, "mrr": 0.0}], schema=judge.TICKETS)
    found = judge.triaged(_models(), frame, settings).row(0, named=True)
    named = f"{found['category']}: "
    return {
        **found,
        "reasons": "; ".join(one for one in found["reasons"] if not one.startswith(named)),
    }


@lru_cache(maxsize=1)
def _models() -> judge.Models:
    return judge.learn(judge.examples())
