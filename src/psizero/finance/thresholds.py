"""Thresholds of use: what is noted, and what the customer is told, when a share is reached."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from psizero.core.records import Decision, Evidence
from psizero.finance.lines import shown

Row = Mapping[str, object]
_FACTS = ("quantity", "included", "used_share", "elapsed_share", "projected_quantity", "until")


def marked(row: Row, percent: int) -> Decision:
    """The event: a share of the included units is reached."""
    subject = str(row["customer"])
    parameters = {
        "subscription": row["subscription"],
        "meter": row["meter"],
        "percent": percent,
        "included": row["included"],
        "period_start": row["period_start"],
        "period_end": row["period_end"],
    }
    return Decision(
        verb="usage.mark",
        subject=subject,
        episode=_episode(row, percent),
        parameters=parameters,
        evidence=_evidence(row, percent),
        rows={
            "usage.threshold_reached": [
                {"subject": subject, **parameters, "quantity": row["quantity"]}
            ]
        },
    )


def noticed(row: Row, percent: int) -> Decision:
    """The message. Its words hold no figure that grows, so that one share is one message."""
    meter, included = row["meter"], shown(Decimal(str(row["included"])))
    end = row["period_end"]
    until = f"{end:%Y-%m-%d}" if isinstance(end, datetime) else str(end)
    said = f"{percent} % of the {included} {meter} included until {until} are used"
    after = "Further use is billed as your price says; nothing is switched off."
    return Decision(
        verb="message.send",
        subject=str(row["customer"]),
        episode=f"notice {_episode(row, percent)}",
        parameters={
            "to": row["customer"],
            "topic": said,
            "text": f"{said}. {after}\n\nQuestions? Answer this mail.",
            "stream": "service",
        },
        evidence=_evidence(row, percent),
        expires_at=end if isinstance(end, datetime) else None,
    )


def _episode(row: Row, percent: int) -> str:
    start = row["period_start"]
    day = f"{start:%Y-%m-%d}" if isinstance(start, datetime) else str(start)
    return f"{row['subscription']} {row['meter']} {percent} {day}"


def _evidence(row: Row, percent: int) -> Evidence:
    has, may = (shown(Decimal(str(row[one]))) for one in ("quantity", "included"))
    return Evidence(
        because=f"{has} of {may} {row['meter']} are used, which is {percent} % or more",
        rule="quantity >= percent of included, whole periods alone",
        facts={one: row[one] for one in _FACTS},
        counterfactual=f"not below {percent} % of {may}",
    )
