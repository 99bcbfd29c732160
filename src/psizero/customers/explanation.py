"""Why a customer is in a band: the numbers of the score, in words that a person uses."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from psizero.core.records import Evidence
from psizero.customers.health import METRICS, Settings

_WORDS = {"adoption": "meters in use", "success": "share of calls that succeed"}
_FACTS = ("score", "usage", "engagement", "usage_share", "coverage", "band", "stance")
_TIMES = ("stance_since", "scored_at", "version")


def evidence(row: Mapping[str, object], settings: Settings) -> Evidence:
    """Of one row of health that stands in a band which is acted upon.

    The counterfactual names the score at which the band would be left.
    """
    stance, score, margin = str(row["stance"]), row["score"], settings.margin_percent
    good, border = stance == "good", float(getattr(settings, f"{stance}_percent"))
    points = {name: row[f"{name}_points"] for name in METRICS}
    said = words(str(row["inputs"]), row, not good)
    left = f"below {border - margin:g}" if good else f"above {border + margin:g}"
    return Evidence(
        because=f"health {score:.2f} is {stance}: {said}",
        rule=f"score {'>' if good else '<'} {border:g}, left by {margin:g} points",
        facts={
            **{name: row[name] for name in (*_FACTS, *_TIMES)},
            "border": border,
            "margin": margin,
            "inputs": msgspec.json.decode(str(row["inputs"])),
        },
        contributions={name: one for name, one in points.items() if isinstance(one, float)},
        counterfactual=f"would not be {stance} at a score {left}",
    )


def words(inputs: str, values: Mapping[str, object], lowest: bool, most: int = 3) -> str:
    """The metrics of lowest (or highest) value with their raw numbers: calls 4,100 -> 900.

    `inputs` is the JSON column of health; `values` has <metric>_value.
    """
    raw = msgspec.json.decode(inputs, type=dict[str, str | int | None])
    known = {name: values[f"{name}_value"] for name in METRICS}
    ranked = sorted(
        (value if lowest else -value, place, name)
        for place, (name, value) in enumerate(known.items())
        if isinstance(value, float)
    )
    return ", ".join(_said(name, raw) for _, _, name in ranked[:most])


def _said(name: str, raw: Mapping[str, str | int | None]) -> str:
    now, before = _number(raw.get(name)), raw.get(f"{name}_before")
    said = now if before is None else f"{_number(before)} -> {now}"
    return f"{_WORDS.get(name, name)} {said}"


def _number(value: str | int | None) -> str:
    """Thousands apart; what is no number as it is."""
    text = "none" if value is None else str(value)
    return f"{Decimal(text):,f}" if text.replace(".", "", 1).isdigit() else text
