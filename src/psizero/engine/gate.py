"""The gate: one ordered tuple of clauses says how far each decision may go.

A clause is a condition over a frame of decisions; the first that holds decides. For one
decision it is the same expression on a frame of one row.
"""

from datetime import datetime, timedelta

import polars as pl

from psizero.core.automation import Reversibility
from psizero.engine import contact, reach
from psizero.engine.clause import Clause as Clause
from psizero.engine.ground import Ground, prepared


def _running(what: pl.Expr) -> pl.Expr:
    """Running total within the tick over those of the automation that are still undecided."""
    return (pl.col("undecided").cast(pl.Int64) * what).cum_sum().over("automation")


_COUNTED = (
    (pl.col("actions_hour") + _running(pl.lit(1))).alias("nth_of_hour"),
    (pl.col("actions_day") + _running(pl.lit(1))).alias("nth_of_day"),
    (pl.col("money_minor_day") + _running(pl.col("money_minor"))).alias("money_of_day"),
)
_FIRST = (
    pl.col("id").filter(pl.col("undecided") & ~pl.col("answers")).first().over("subject", "channel")
)
_TOUCHED_BY = pl.coalesce("touched_by", pl.when(pl.col("id") != _FIRST).then(_FIRST))

CLAUSES = (
    Clause(
        "switched_off",
        "off",
        (pl.col("policy_level") == "off") | (pl.col("ceiling") == "off"),
        pl.lit("the automation is off for this verb"),
        "Level off in the log, or no level at all; or an automation whose ceiling is off.",
        flips=(("policy_level", pl.lit("auto")),),
    ),
    Clause(
        "expired",
        "off",
        pl.col("expires_at").is_not_null() & (pl.col("expires_at") <= pl.col("now")),
        pl.format("expired at {}", pl.col("expires_at")),
        "The decision's own expiry has passed.",
        flips=(("expires_at", pl.col("now") + timedelta(hours=1)),),
    ),
    Clause(
        "in_shadow",
        "shadow",
        (pl.col("policy_level") == "shadow") | (pl.col("ceiling") == "shadow"),
        pl.lit("the automation is in shadow: decided and recorded, nothing is done"),
        "Level or ceiling shadow: never an effect, never a connector call.",
        flips=(("policy_level", pl.lit("auto")),),
    ),
    *contact.REFUSALS,
    Clause(
        "cooling_down",
        "off",
        pl.col("channel").ne("")
        & ~pl.col("asked_for")
        & ~pl.col("answers")
        & pl.col("reached_by").is_not_null(),
        pl.format(
            "subject reached on {} by decision {} within the cool-down",
            pl.col("channel"),
            pl.col("reached_by"),
        ),
        "One subject is not reached twice on one channel within cool_down_hours, unless a person "
        "asks for it, or it answers what the subject has asked.",
        flips=(("reached_by", pl.lit(None, pl.String)),),
        counts=(_TOUCHED_BY.alias("reached_by"),),
    ),
    contact.APPROVED_QUIET,
    Clause(
        "approved",
        "auto",
        pl.col("approvals") >= pl.col("approvals_min"),
        pl.format("approved by {}", pl.col("approved_by")),
        "As many different people as asked for approved exactly this, within the window.",
    ),
    Clause(
        "edited",
        "approve",
        pl.col("edited_by").is_not_null(),
        pl.format("edited by {}; a level is earned by what nobody edited", pl.col("edited_by")),
        "What a person made of a decision asks for another person's yes at every level.",
        flips=(("edited_by", pl.lit(None, pl.String)),),
    ),
    Clause(
        "undeclared",
        "approve",
        pl.col("reversibility") == Reversibility.UNDECLARED.value,
        pl.lit("the verb does not declare whether it can be undone"),
        "A verb without declared reversibility never goes above approve.",
        flips=(("reversibility", pl.lit(Reversibility.REVERSIBLE.value)),),
    ),
    Clause(
        "protected",
        "approve",
        pl.col("protected"),
        pl.lit("the verb is protected and always asks"),
        "Protected verbs stay at approve at every level.",
        flips=(("protected", pl.lit(False)),),
    ),
    Clause(
        "asks",
        "approve",
        (pl.col("policy_level") == "approve") | (pl.col("ceiling") == "approve"),
        pl.format("level {}, ceiling {}", pl.col("policy_level"), pl.col("ceiling")),
        "Level approve, or an automation whose ceiling is approve: a person decides.",
        flips=(("policy_level", pl.lit("auto")),),
    ),
    Clause(
        "unsure",
        "approve",
        ~pl.col("confidence").is_between(pl.col("confidence_min"), 1.0),
        pl.format("confidence {} not in {} to 1", pl.col("confidence"), pl.col("confidence_min")),
        "Confidence under confidence_min, or no share at all: a person decides.",
        flips=(("confidence", pl.col("confidence_min")),),
    ),
    Clause(
        "over_cap",
        "approve",
        (pl.col("actions_per_hour_max") < pl.col("nth_of_hour")).fill_null(False)
        | (pl.col("actions_per_day_max") < pl.col("nth_of_day")).fill_null(False)
        | (pl.col("money_minor_per_day_max") < pl.col("money_of_day")).fill_null(False)
        | (pl.col("money_minor") > pl.col("money_minor_per_action_max")).fill_null(False),
        pl.format(
            "over a cap: action {} of the hour, {} of the day, money {} of the day (minor units)",
            pl.col("nth_of_hour"),
            pl.col("nth_of_day"),
            pl.col("money_of_day"),
        ),
        "Caps per hour, day and action in count and money; what is over waits for a person.",
        flips=(
            ("money_minor", pl.col("money_minor_per_action_max")),
            ("nth_of_hour", pl.col("actions_per_hour_max")),
            ("nth_of_day", pl.col("actions_per_day_max")),
            ("money_of_day", pl.col("money_minor_per_day_max")),
        ),
        counts=(*_COUNTED, *reach.COUNTS),
    ),
    reach.OVER_SHARE,
    contact.QUIET_HOURS,
    Clause(
        "asked_for",
        "auto",
        pl.col("asked_for"),
        pl.lit("a person asked for exactly this, and nothing forbids it"),
        "What a person asked to have undone; it is no work that the house did by itself, and no "
        "part of its rate.",
        flips=(("asked_for", pl.lit(False)),),
    ),
    Clause(
        "within_policy",
        "auto",
        pl.lit(True),
        pl.lit("level auto and within every limit"),
        "Nothing above objects.",
    ),
)


def judge(decisions: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    """The decisions in the order they are taken, with level, clause, because, counterfactual.

    `decisions` has id, automation, verb, subject, money_minor, confidence, expires_at.
    """
    frame = prepared(decisions, ground, now).with_columns(
        undecided=pl.lit(True),
        level=pl.lit(None, pl.String),
        clause=pl.lit(None, pl.String),
        because=pl.lit(None, pl.String),
        counterfactual=pl.lit("{}"),
    )
    for clause in CLAUSES:
        frame = frame.with_columns(clause.counts)
        frame = frame.with_columns(matched=pl.col("undecided") & clause.when)
        frame = frame.with_columns(
            level=_where(pl.lit(clause.level), "level"),
            clause=_where(pl.lit(clause.name), "clause"),
            because=_where(clause.because, "because"),
        ).with_columns(undecided=pl.col("undecided") & ~pl.col("matched"))
        if clause.flips:
            frame = _with_counterfactual(frame, clause)
    return frame


def _where(value: pl.Expr, name: str) -> pl.Expr:
    return pl.when("matched").then(value).otherwise(name)


def _with_counterfactual(frame: pl.DataFrame, clause: Clause) -> pl.DataFrame:
    """The first input that, changed alone, lets the clause not hold; asked of the clause itself."""
    if not frame["matched"].any():
        return frame
    found = frame["counterfactual"]
    for name, value in reversed(clause.flips):
        changed = frame.with_columns(value.cast(frame.schema[name]).alias(name))
        holds = changed.with_columns(holds=clause.when)["holds"].fill_null(True)
        said = pl.select(
            pl.struct(
                input=pl.lit(name),
                was=frame[name].cast(pl.String),
                would_be=changed[name].cast(pl.String),
            ).struct.json_encode()
        ).to_series()
        found = said.zip_with(frame["matched"] & ~holds, found)
    return frame.with_columns(counterfactual=found)
