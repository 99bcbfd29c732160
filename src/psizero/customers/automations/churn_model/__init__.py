"""Learns who leaves: fits the churn model anew each week, and lets it speak where it is better.

Reads what was said and known of customers every Monday, and who of them had left 30 days later. A
logistic model of five families of features (usage decline, mood of tickets, billing, competitors,
trend of the plan) is fitted on the first three fifths of time, calibrated on the next, tested on
the last; it is promoted where its log loss is lower than that of what speaks now, in pairs, by more
than 1.64 standard errors, and the one that speaks is withdrawn where what it said itself proved
worse than the plain share. Before enough customers have left a rule speaks, named as such. Drift
alone promotes nothing. Measured after 60 days by its standing: none is good that was withdrawn.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.content import canonical
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.customers.churn import FEATURES, NAME
from psizero.customers.lessons import Lesson, learned, worse


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`leavers_min_count`: so many in the part that is fitted on; below, the rule speaks."""

    leavers_min_count: int = 20
    rows_min_count: int = 200


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """At most one model to promote, or one to withdraw."""
    examples, models = facts["churn_examples"], facts["models"]
    bad = worse(examples, models, settings.rows_min_count)
    if bad is not None:
        yield _withdrawn(*bad)
        return
    found = learned(examples, models, settings.leavers_min_count)
    if found is not None and found.better and found.hash not in set(models["hash"]):
        yield _promoted(found)


def _promoted(one: Lesson) -> Decision:
    margin = f"{one.gain:.4f} +- {one.error:.4f}"
    said: dict[str, object] = {"name": NAME, "hash": one.hash, "through": one.through}
    told = {
        "rows": int(one.metrics["rows"]),
        "events": int(one.metrics["events"]),
        "loss": one.metrics["loss"],
        "before": one.before,
        "margin": margin,
    }
    row = {"subject": NAME, **said, "fitted": one.text, "metrics": canonical(one.metrics)}
    weights = zip(FEATURES, one.fitted.weights, strict=True)
    return Decision(
        verb="model.promote",
        subject=NAME,
        episode=f"through {one.through:%Y-%m-%d}",
        parameters=said | told,
        evidence=Evidence(
            because=f"log loss {one.before:.4f} -> {told['loss']:.4f} on {told['rows']} rows "
            f"of which {told['events']} left ({margin})",
            rule="lower log loss on the last fifth of time, in pairs, by 1.64 standard errors",
            facts=dict(one.metrics),
            contributions=dict(weights),
            counterfactual="not promoted were the gain within its error",
        ),
        rows={"model.promoted": [row]},
    )


def _withdrawn(name: str, lost: float, error: float) -> Decision:
    why = f"what it said lost {lost:.4f} +- {error:.4f} a row more than the plain share"
    said = {"name": NAME, "hash": name, "undoes": "its own loss", "why": why}
    return Decision(
        verb="model.withdraw",
        subject=NAME,
        episode=f"withdraw {name}",
        parameters=said,
        evidence=Evidence(
            because=why,
            rule="worse than the plain share by 1.64 standard errors, on what it said itself",
            facts={"lost": lost, "error": error},
            counterfactual="it would stay were the loss within its error",
        ),
        rows={"model.withdrawn": [{"subject": NAME, **said}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether a model still stands; of a promotion good where it does, else where it does not."""
    mine = pl.col("parameters").str.json_path_match("$.hash")
    stands = mine.is_in(facts["models"]["hash"].implode())
    return due.select(
        "decision",
        name=pl.lit("model that stands"),
        value=stands.cast(pl.Float64),
        unit=pl.lit("models"),
        good=stands != pl.col("episode").str.starts_with("withdraw"),
    )


AUTOMATION = Automation(
    name="customers.churn_model",
    doc=__doc__,
    target="Churn prediction accuracy: > 85 %, 30 days (Customer Lifecycle)",
    reads=("churn_examples", "models"),
    measure_reads=("models",),
    verbs=("model.promote", "model.withdraw"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=60,
    cadence=Cadence("FREQ=WEEKLY;BYDAY=MO;BYHOUR=5"),
)
