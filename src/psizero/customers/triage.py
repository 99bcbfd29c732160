"""Triage: what a ticket is about, how urgent, in which mood, whose it is, and how sure that is.

Category and priority by linear text models that begin with our own examples (tickets.toml) and
learn from the company's tickets and corrections; priority is then impact times urgency times
plan: alarms, a furious tone and a large customer may raise it, nothing lowers it. Not sure enough,
outside of what was learned, or an alarm: a person looks. A machine's mail is never answered.
"""

import json
from collections.abc import Mapping
from importlib.resources import files

import msgspec
import polars as pl

from psizero.customers.alarms import Alarm, rung
from psizero.customers.mail import SMALL, fresh, language, machine
from psizero.customers.mood import mood
from psizero.models import text

PRIORITIES = ("low", "medium", "high", "critical")
ROUTES = {
    "technical": "engineering",
    "billing": "finance",
    "feature": "product",
    "general": "customer success",
}
TICKETS = {
    "id": pl.String(),
    "subject": pl.String(),
    "body": pl.String(),
    "from": pl.String(),
    "headers": pl.String(),
    "plan": pl.String(),
    "mrr": pl.Float64(),
}
"""Columns of a ticket; `headers` is a flat JSON object, `mrr` in the company's main unit."""
TRIAGED = {
    "id": pl.String(),
    "category": pl.String(),
    "category_confidence": pl.Float64(),
    "priority": pl.String(),
    "priority_confidence": pl.Float64(),
    "sentiment": pl.Float64(),
    "sentiment_confidence": pl.Float64(),
    "language": pl.String(),
    "language_confidence": pl.Float64(),
    "route": pl.String(),
    "route_confidence": pl.Float64(),
    "inside": pl.Float64(),
    "person": pl.Boolean(),
    "silent": pl.String(),
    "alarms": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
}
_TOLD = (files("psizero.customers") / "tickets.toml").read_text(encoding="utf-8")
Row = Mapping[str, object]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Shares are 0 to 1; `large_mrr` is in the company's main unit of money a month."""

    confidence_min_share: float = 0.6
    inside_min_share: float = 0.5
    furious_at: float = -0.6
    large_plans: tuple[str, ...] = ("enterprise",)
    large_mrr: float = 2000.0


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts of one category and priority, one a line."""

    category: str
    priority: str
    texts: str


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file tickets.toml."""

    examples: tuple[Examples, ...]


class Models(msgspec.Struct, frozen=True):
    """Two Fitteds of models.text."""

    category: bytes
    priority: bytes


def examples() -> pl.DataFrame:
    """What triage starts from: text, category (empty: nothing for support), priority."""
    rows = [
        (line.strip(), one.category, one.priority)
        for one in msgspec.toml.decode(_TOLD, type=Start).examples
        for line in one.texts.strip().splitlines()
    ]
    return pl.DataFrame(rows, schema=["text", "category", "priority"], orient="row")


def learn(known: pl.DataFrame) -> Models:
    """Models of texts with their category and priority. Raises ValueError where there are too few
    of a label (models.text.fit).
    """
    inside = known.filter(pl.col("category") != text.OUTSIDE)
    return Models(
        text.fit(known.select("text", label="category")),
        text.fit(inside.select("text", label="priority")),
    )


def triaged(models: Models, tickets: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """TRIAGED for each of TICKETS, in their order; `silent` says why none is to be answered."""
    new = said(tickets)
    category, priority = (text.predict(one, new) for one in (models.category, models.priority))
    rows = [
        _judged({**ticket, "text": one}, about, urgent, settings)
        | {"reasons": _told(models, one, str(about["label"]))}
        for ticket, one, about, urgent in zip(
            tickets.iter_rows(named=True),
            new["text"],
            category.iter_rows(named=True),
            priority.iter_rows(named=True),
            strict=True,
        )
    ]
    return pl.DataFrame([_explained(one) for one in rows], schema=TRIAGED)


def said(tickets: pl.DataFrame) -> pl.DataFrame:
    """The new text of every ticket: its subject, and its body without quotes and signature."""
    pairs = zip(tickets["subject"], tickets["body"], strict=True)
    return pl.DataFrame({"text": [f"{one}\n{fresh(two)}".strip() for one, two in pairs]})


def _judged(ticket: Row, about: Row, urgent: Row, settings: Settings) -> dict[str, object]:
    """One ticket; `raised` and `doubts` say what made the priority higher, and a person look."""
    new = str(ticket["text"])
    alarms, felt, (tongue, tongue_sure) = rung(new), mood(new), language(new)
    sure, inside = float(str(about["probability"])), float(str(about["inside"]))
    priority, raised = _priority(str(urgent["label"]), alarms, felt, ticket, settings)
    doubts = [f"alarm: {one.name}" for one in alarms]
    if inside < settings.inside_min_share:
        doubts.append(f"unlike anything known ({inside:.2f} inside)")
    elif sure < settings.confidence_min_share:
        doubts.append(f"category not sure enough ({sure:.2f})")
    routes = [one.route for one in alarms if one.route]
    unchanged = priority == urgent["label"]
    silent = machine(str(ticket["from"]), str(ticket["subject"]), headers_of(ticket))
    return {
        "id": ticket["id"],
        "category": about["label"],
        "category_confidence": sure,
        "priority": priority,
        "priority_confidence": urgent["probability"] if unchanged else 1.0,
        "sentiment": felt,
        "sentiment_confidence": round(max(abs(felt), 1 - abs(felt)), 6),
        "language": tongue,
        "language_confidence": tongue_sure,
        "route": routes[0] if routes else ROUTES.get(str(about["label"]), "customer success"),
        "route_confidence": 1.0 if routes else sure,
        "inside": inside,
        "person": bool(doubts) and not silent,
        "silent": silent,
        "alarms": [one.name for one in alarms],
        "raised": raised,
        "doubts": doubts,
    }


def _priority(
    learned: str, alarms: tuple[Alarm, ...], felt: float, ticket: Row, settings: Settings
) -> tuple[str, list[str]]:
    """The priority and what raised it."""
    level, why = PRIORITIES.index(learned), list[str]()
    for one in alarms:
        if PRIORITIES.index(one.priority) > level:
            level = PRIORITIES.index(one.priority)
            why.append(f"{one.priority} at least: {one.name}")
    if felt <= settings.furious_at and level < PRIORITIES.index("high"):
        level += 1
        why.append(f"raised: the tone ({felt:.2f})")
    large = str(ticket["plan"]).lower() in settings.large_plans
    if (large or float(str(ticket["mrr"])) >= settings.large_mrr) and PRIORITIES[level] == "medium":
        level += 1
        why.append("raised: a large customer")
    return PRIORITIES[level], why


def headers_of(ticket: Row) -> dict[str, str]:
    """Headers by name; a ticket without any has none."""
    found = json.loads(str(ticket["headers"] or "{}"))
    return {str(name): str(value) for name, value in found.items()}


def _told(models: Models, new: str, label: str) -> list[str]:
    """The words that spoke for the category."""
    told = text.reasons(models.category, new, label, most=20)
    words = [word for word, _ in told if not SMALL.issuperset(word.split())][:4]
    return [f"{label}: {', '.join(words)}"] if words else []


def _explained(row: dict[str, object]) -> dict[str, object]:
    """With every reason in one list."""
    kept = {name: value for name, value in row.items() if name in TRIAGED}
    reasons = list[str]()
    for name in ("reasons", "raised", "doubts"):
        told = row[name]
        reasons += told if isinstance(told, list) else []
    return {**kept, "reasons": reasons}
