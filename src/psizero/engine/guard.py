"""The guardrail: an automation whose outcomes turn bad, or go missing, loses the level auto."""

import polars as pl

from psizero.core.content import canonical
from psizero.core.policy import Guardrail, Level
from psizero.models.sequential import evidence_over

EVIDENCE_MIN = 20.0
"""With a look after every outcome, a sound automation is demoted with at most 1 in 20."""


def demotions(levels: pl.DataFrame, tallies: pl.DataFrame, rule: Guardrail) -> pl.DataFrame:
    """Rows of policy.changed: one rung down for every scope at auto whose guardrail is breached.

    Counts outcomes of the hours after the one in which the level last changed; a missing one is
    a bad one.
    Columns: subject, scope, level, by, because, evidence, restarts.
    """
    at_auto = levels.filter(pl.col("level") == Level.AUTO.value)
    counted = (
        at_auto.join(tallies, on="automation")
        .filter(pl.col("hour") > pl.col("changed_at").dt.truncate("1h"))
        .group_by("automation", "scope")
        .agg(pl.col("good", "bad", "missing").sum())
        .sort("automation", "scope")
    )
    rows = []
    for automation, scope, good, bad, missing in counted.iter_rows():
        fell, outcomes = bad + missing, good + bad + missing
        if outcomes < rule.outcomes_min:
            continue
        evidence = evidence_over(fell, outcomes, rule.bad_share_max)
        if evidence >= EVIDENCE_MIN:
            because = f"guardrail: {bad} bad and {missing} missing of {outcomes} outcomes"
            said = {"good": good, "bad": bad, "missing": missing, "e_value": evidence}
            rows.append(
                {
                    "subject": automation,
                    "scope": scope,
                    "level": Level.APPROVE.value,
                    "by": "policy",
                    "because": f"{because}, more than {rule.bad_share_max:.0%} is shown",
                    "evidence": canonical(said),
                    "restarts": False,
                }
            )
    return pl.DataFrame(rows, schema=_ROWS)


_ROWS = dict.fromkeys(("subject", "scope", "level", "by", "because", "evidence"), pl.String()) | {
    "restarts": pl.Boolean()
}
