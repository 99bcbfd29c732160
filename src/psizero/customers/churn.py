"""Churn: how likely each customer is to have left within 30 days, in exact contributions. Pure.

Before there are enough leavers a rule speaks, and says so (`model` is heuristic): use of the last
week against the four before it, an open decline, silence. Then a logistic model of eleven features
of five families, whose contributions in log odds sum to what it says. Features are those of the
instant at which they were kept (history churn.scored), so what is learned from is what was known.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import numpy as np
import polars as pl

from psizero.core.content import canonical
from psizero.core.tables import Facts
from psizero.models import logistic
from psizero.models.logistic import Numbers

NAME, HEURISTIC = "churn", "heuristic"
BANDS = ("high", "medium", "between", "low")
HIGH, MEDIUM, LOW = 0.75, 0.5, 0.25


class Feature(msgspec.Struct, frozen=True):
    """The mission's family, what it is, and how it is said of one customer."""

    family: str
    doc: str
    words: str


FEATURES: Mapping[str, Feature] = {
    "week_pace": Feature(
        "usage decline", "log of the last week's use beside four weeks before", "use of the week"
    ),
    "month_pace": Feature(
        "usage decline", "log of those weeks' use beside four weeks before", "use of the month"
    ),
    "silent_days": Feature("usage decline", "days without use, at most 28", "days of silence"),
    "visit_pace": Feature(
        "usage decline", "log of two weeks' visits beside four weeks before", "visits"
    ),
    "tickets": Feature("ticket sentiment", "tickets of 60 days", "tickets"),
    "ticket_mood": Feature(
        "ticket sentiment", "mean sentiment of these, -1 to 1", "mood of tickets"
    ),
    "declines": Feature("billing history", "payments that failed within 90 days", "declines"),
    "owing": Feature("billing history", "1 where the last payment failed", "unpaid"),
    "rivals_cut": Feature(
        "competitive", "share of competitors' plans that became cheaper", "rivals' price cuts"
    ),
    "segment_pace": Feature(
        "segment trend", "mean of week_pace over the customers of the plan", "trend of the plan"
    ),
    "age": Feature("segment trend", "log of the days since the first subscription", "age"),
}
RULE = (("silent", 0.8), ("falling", 0.55), ("owing", 0.3), ("slower", 0.1))
BASE = 0.03
_PACES = ("week_pace", "month_pace", "visit_pace", "segment_pace")


def features(found: pl.DataFrame) -> pl.DataFrame:
    """churn_features with what is made of them: FEATURES, each a number."""
    trend = pl.col("week_pace").mean().over("plan").round(6)
    aged = found.with_columns(segment_pace=trend, age=(pl.col("days") + 1).log().round(6))
    return aged.select("customer", "plan", *(pl.col(one).cast(pl.Float64) for one in FEATURES))


def matrix(frame: pl.DataFrame) -> Numbers:
    """Rows of FEATURES, in their order."""
    return frame.select(list(FEATURES)).to_numpy().astype(np.float64)


def champion(models: pl.DataFrame) -> tuple[str, logistic.Fitted] | None:
    """The hash of the model that speaks, and the model; None where none does."""
    mine = models.filter(pl.col("name") == NAME).sort("promoted_at", "hash")
    if mine.is_empty():
        return None
    last = mine.row(-1, named=True)
    return str(last["hash"]), msgspec.json.decode(str(last["fitted"]), type=logistic.Fitted)


def ruled(frame: pl.DataFrame) -> pl.DataFrame:
    """What the rule says: `rule` and `probability`."""
    silent = (pl.col("silent_days") >= 7) | (pl.col("week_pace") < -2.0)
    falls = {
        "silent": silent,
        "falling": pl.col("week_pace") < -0.7,
        "owing": (pl.col("owing") > 0) & (pl.col("week_pace") < -0.2),
        "slower": (pl.col("week_pace") < -0.3) | (pl.col("month_pace") < -0.5),
    }
    chosen = pl.coalesce(pl.when(falls[name]).then(pl.lit(name)) for name, _ in RULE)
    chance = pl.coalesce(pl.when(falls[name]).then(pl.lit(p)) for name, p in RULE)
    return frame.with_columns(rule=chosen.fill_null("steady"), probability=chance.fill_null(BASE))


def risk(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table churn_risk: one row a customer whose subscription is four weeks old or older."""
    known = features(facts["churn_features"])
    best = champion(facts["models"])
    if best is None or known.is_empty():
        said = ruled(known).with_columns(
            model=pl.lit(HEURISTIC),
            because=pl.format("rule {}: {}", "rule", _paces()),
            contributions=pl.lit("{}"),
        )
    else:
        said = known.with_columns(model=pl.lit(best[0]), **_learned(best[1], known))
    chance = pl.col("probability")
    band = (
        pl.when(chance > HIGH)
        .then(pl.lit("high"))
        .when(chance > MEDIUM)
        .then(pl.lit("medium"))
        .when(chance < LOW)
        .then(pl.lit("low"))
        .otherwise(pl.lit("between"))
    )
    names = ("customer", "plan", "probability", "band", "model", "because", "contributions")
    return said.with_columns(band=band).select(*names, *FEATURES)


def _paces() -> pl.Expr:
    """Use of the week beside the weeks before, as a whole percentage."""
    share = (pl.col("week_pace").exp() * 100).round(0).cast(pl.Int64)
    return pl.format("use of the week {} % of the weeks before", share)


def _learned(fitted: logistic.Fitted, known: pl.DataFrame) -> dict[str, pl.Series]:
    rows = matrix(known)
    parts = np.round(logistic.contributions(fitted, rows), 6)
    told = [_told(part, row) for part, row in zip(parts.tolist(), rows.tolist(), strict=True)]
    exact = [
        canonical({**dict(zip(FEATURES, part, strict=True)), "constant": fitted.constant})
        for part in parts.tolist()
    ]
    return {
        "probability": pl.Series(logistic.chances(fitted, rows)),
        "because": pl.Series(told, dtype=pl.String),
        "contributions": pl.Series(exact, dtype=pl.String),
    }


def _told(parts: list[float], row: list[float]) -> str:
    """The three features that weigh most, in words."""
    order = sorted(range(len(parts)), key=lambda one: (-abs(parts[one]), one))[:3]
    names = list(FEATURES)
    return ", ".join(
        f"{FEATURES[names[one]].words} {_value(names[one], row[one])} ({parts[one]:+.2f})"
        for one in order
    )


def _value(name: str, value: float) -> str:
    if name in _PACES:
        return f"{np.exp(value):.0%} of before"
    return f"{np.expm1(value):.0f} days" if name == "age" else f"{value:g}"
