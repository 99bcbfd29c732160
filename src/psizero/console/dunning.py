"""The dunning board: who owes what failed, since when, and what is done next."""

from collections.abc import Mapping
from datetime import datetime

from litestar import Response, get

from psizero.api.access import Scope
from psizero.api.problem import Asked
from psizero.console.sheet import Values, sheet
from psizero.core.clock import iso
from psizero.finance import dunning
from psizero.house.home import House

AUTOMATION = "finance.dunning"


@get("/money/dunning", scope=Scope.READ, include_in_schema=False)
async def board(request: Asked) -> Response[str]:
    """Every run, the longest first."""
    return await sheet(request, "dunning.html", _read)


def _read(house: House) -> Values:
    runs = house.read("dunning_runs").sort("first_failed_at", "customer")
    said = house.thinkers()[AUTOMATION].settings
    settings = said if isinstance(said, dunning.Settings) else dunning.Settings()
    return {
        "runs": [run(row, settings, house.now) for row in runs.iter_rows(named=True)],
        "automation": AUTOMATION,
        "level": house.policy().level_of(AUTOMATION, "*").value,
    }


def run(row: Mapping[str, object], settings: dunning.Settings, now: datetime) -> dict[str, object]:
    """A run as the board has it: its day, what the decline means, its next step, its limit."""
    began, code = row["first_failed_at"], str(row["decline_code"] or "")
    since = began if isinstance(began, datetime) else now
    why, age = dunning.cause(code), now - since
    percent, read_only = dunning.limit(why, since, settings, now)
    coming = [one for one in dunning.steps(why, settings) if one.days * dunning.DAY > age]
    return {
        **{name: row[name] for name in ("customer", "currency", "owed_minor", "invoices")},
        "since": iso(since),
        "days": age // dunning.DAY,
        "why": why.value,
        "code": code,
        "coming": _said(coming[0]) if coming else "no further step",
        "coming_at": iso(since + coming[0].days * dunning.DAY) if coming else "",
        "limit": "may only read" if read_only else f"{percent} %",
        "excluded": row["customer"] in settings.excluded,
        "small": int(str(row["owed_minor"])) < settings.owed_minor_min,
    }


def _said(step: dunning.Step) -> str:
    """A step in words."""
    words = ["try again"] if step.retry else []
    words += [f"write: {step.message}"] if step.message else []
    words += [f"{step.role}: {step.task}"] if step.task else []
    return "; ".join(words)


ROUTES = (board,)
