"""The gate: one ordered tuple of clauses says how far each decision may go.

A clause is a condition over a frame of decisions; the first that holds decides. For one
decision it is the same expression on a frame of one row.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation, Reversibility, Verb
from psizero.core.policy import Caps, Policy
from psizero.core.tables import Kind


class Clause(msgspec.Struct, frozen=True):
    """`when` and `because` are expressions over the columns of `prepared`."""

    name: str
    level: str
    when: pl.Expr
    because: pl.Expr
    doc: str


def _running(what: pl.Expr) -> pl.Expr:
    """Running total within the tick over those of the automation that are still undecided."""
    return (pl.col("undecided").cast(pl.Int64) * what).cum_sum().over("automation")


_ACTIONS_HOUR = pl.col("actions_hour") + _running(pl.lit(1))
_ACTIONS_DAY = pl.col("actions_day") + _running(pl.lit(1))
_MONEY_DAY = pl.col("money_minor_day") + _running(pl.col("money_minor"))
_FIRST_TOUCH = pl.col("id").filter(pl.col("undecided")).first().over("subject", "channel")

CLAUSES = (
    Clause(
        "switched_off",
        "off",
        (pl.col("policy_level") == "off") | (pl.col("ceiling") == "off"),
        pl.lit("the automation is off for this verb"),
        "Level off in the log, or no level at all; or an automation whose ceiling is off.",
    ),
    Clause(
        "expired",
        "off",
        pl.col("expires_at").is_not_null() & (pl.col("expires_at") <= pl.col("now")),
        pl.format("expired at {}", pl.col("expires_at")),
        "The decision's own expiry has passed.",
    ),
    Clause(
        "in_shadow",
        "shadow",
        (pl.col("policy_level") == "shadow") | (pl.col("ceiling") == "shadow"),
        pl.lit("the automation is in shadow: decided and recorded, nothing is done"),
        "Level or ceiling shadow: never an effect, never a connector call.",
    ),
    Clause(
        "cooling_down",
        "off",
        pl.col("channel").ne("")
        & (
            pl.col("touched_by").is_not_null()
            | (pl.col("undecided") & pl.col("id").ne(_FIRST_TOUCH)).fill_null(False)
        ),
        pl.format(
            "subject reached on {} by decision {} within the cool-down",
            pl.col("channel"),
            pl.coalesce("touched_by", _FIRST_TOUCH),
        ),
        "One subject is not reached twice on one channel within cool_down_hours.",
    ),
    Clause(
        "undeclared",
        "approve",
        pl.col("reversibility") == Reversibility.UNDECLARED.value,
        pl.lit("the verb does not declare whether it can be undone"),
        "A verb without declared reversibility never goes above approve.",
    ),
    Clause(
        "protected",
        "approve",
        pl.col("protected"),
        pl.lit("the verb is protected and always asks"),
        "Protected verbs stay at approve at every level.",
    ),
    Clause(
        "asks",
        "approve",
        (pl.col("policy_level") == "approve") | (pl.col("ceiling") == "approve"),
        pl.format("level {}, ceiling {}", pl.col("policy_level"), pl.col("ceiling")),
        "Level approve, or an automation whose ceiling is approve: a person decides.",
    ),
    Clause(
        "unsure",
        "approve",
        ~pl.col("confidence").is_between(pl.col("confidence_min"), 1.0),
        pl.format("confidence {} not in {} to 1", pl.col("confidence"), pl.col("confidence_min")),
        "Confidence under confidence_min, or no share at all: a person decides.",
    ),
    Clause(
        "over_cap",
        "approve",
        (pl.col("actions_per_hour_max") < _ACTIONS_HOUR).fill_null(False)
        | (pl.col("actions_per_day_max") < _ACTIONS_DAY).fill_null(False)
        | (pl.col("money_minor_per_day_max") < _MONEY_DAY).fill_null(False)
        | (pl.col("money_minor") > pl.col("money_minor_per_action_max")).fill_null(False),
        pl.format(
            "over a cap: action {} of the hour, {} of the day, money {} of the day (minor units)",
            _ACTIONS_HOUR,
            _ACTIONS_DAY,
            _MONEY_DAY,
        ),
        "Caps per hour, day and action in count and money; what is over waits for a person.",
    ),
    Clause(
        "within_policy",
        "auto",
        pl.lit(True),
        pl.lit("level auto and within every limit"),
        "Nothing above objects.",
    ),
)


class Ground(msgspec.Struct, frozen=True):
    """What the gate judges by: policy, verbs, ceilings, and the kept tables it counts from.

    `kinds` are those of the rows that a taken decision adds.
    """

    policy: Policy
    automations: Mapping[str, Automation]
    verbs: Mapping[str, Verb]
    acts_hourly: pl.DataFrame
    touches: pl.DataFrame
    kinds: Mapping[str, Kind] = {}


def judge(decisions: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    """The decisions in the order in which they are taken, with level, clause and because.

    `decisions` has id, automation, verb, subject, money_minor, confidence, expires_at.
    """
    frame = prepared(decisions, ground, now).with_columns(
        undecided=pl.lit(True),
        level=pl.lit(None, pl.String),
        clause=pl.lit(None, pl.String),
        because=pl.lit(None, pl.String),
    )
    for clause in CLAUSES:
        frame = frame.with_columns(matched=pl.col("undecided") & clause.when)
        frame = frame.with_columns(
            level=_where(pl.lit(clause.level), "level"),
            clause=_where(pl.lit(clause.name), "clause"),
            because=_where(clause.because, "because"),
        ).with_columns(undecided=pl.col("undecided") & ~pl.col("matched"))
    return frame


def _where(value: pl.Expr, name: str) -> pl.Expr:
    return pl.when("matched").then(value).otherwise(name)


def prepared(decisions: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    """One row a decision with all that the clauses look at, protective verbs first, then money."""
    pairs = decisions.select("automation", "verb").unique(maintain_order=True)
    known = pl.DataFrame([_known(ground, a, v) for a, v in pairs.iter_rows()], schema=_KNOWN)
    since = now - timedelta(hours=ground.policy.cool_down_hours)
    touched = ground.touches.filter(pl.col("touched_at") > since).select(
        "subject", "channel", touched_by="decision"
    )
    return (
        decisions.join(known, on=["automation", "verb"], how="left", maintain_order="left")
        .join(acts(ground.acts_hourly, now), on="automation", how="left", maintain_order="left")
        .join(touched, on=["subject", "channel"], how="left", maintain_order="left")
        .with_columns(
            pl.col("actions_hour", "actions_day", "money_minor_day").fill_null(0),
            now=pl.lit(now, pl.Datetime("us")),
        )
        .sort(["protective", "money_minor", "id"], descending=[True, True, False])
    )


def acts(acts_hourly: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Per automation, what it did by itself in the running UTC hour and the running UTC day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return (
        acts_hourly.filter(pl.col("hour") >= hour.replace(hour=0))
        .group_by("automation")
        .agg(
            actions_hour=pl.col("actions").filter(pl.col("hour") == hour).sum(),
            actions_day=pl.col("actions").sum(),
            money_minor_day=pl.col("money_minor").sum(),
        )
    )


_KNOWN = {
    "automation": pl.String,
    "verb": pl.String,
    "policy_level": pl.String,
    "ceiling": pl.String,
    "channel": pl.String,
    "reversibility": pl.String,
    "protective": pl.Boolean,
    "protected": pl.Boolean,
    "confidence_min": pl.Float64,
    "actions_per_hour_max": pl.Int64,
    "actions_per_day_max": pl.Int64,
    "money_minor_per_day_max": pl.Int64,
    "money_minor_per_action_max": pl.Int64,
}


def _known(ground: Ground, automation: str, verb: str) -> dict[str, object]:
    policy, spoken = ground.policy, ground.verbs[verb]
    caps = policy.caps.get(automation, Caps())
    return {
        "automation": automation,
        "verb": verb,
        "policy_level": policy.level_of(automation, verb).value,
        "ceiling": ground.automations[automation].ceiling.value,
        "channel": spoken.channel,
        "reversibility": spoken.reversibility.value,
        "protective": spoken.protective,
        "protected": spoken.protected,
        "confidence_min": policy.confidence_min,
        **msgspec.structs.asdict(caps),
    }
