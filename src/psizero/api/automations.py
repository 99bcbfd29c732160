"""Automations: how far each may go, on which evidence, and the policy that says so."""

import msgspec
import polars as pl
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import seen, voice, written
from psizero.api.frames import LIST, OBJECT, PROBLEMS, objected
from psizero.api.once import Done
from psizero.api.problem import Asked, Gone
from psizero.core.policy import ANY, Level
from psizero.engine.desk import lacking
from psizero.engine.gate import CLAUSES
from psizero.house import charter, desk, levels
from psizero.house.home import House
from psizero.house.proof import prove
from psizero.house.rows import objects
from psizero.house.story import roster

_PATH = "/api/v1/automations"


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level, and with `restart_open` what began in shadow begins again."""

    level: Level
    restart_open: bool = False
    confirm: str = ""


@get(_PATH, scope=Scope.READ, responses=LIST)
async def automations(request: Asked) -> Response[bytes]:
    """Every automation: domain, level, what wakes it, target of the mission, last measure."""
    return await seen(request, lambda house: objected(roster(house)))


@get(_PATH + "/{name:str}", scope=Scope.READ, responses=OBJECT)
async def automation(request: Asked, name: FromPath[str]) -> Response[bytes]:
    """One automation: its settings, its record, what the next rung lacks, what began in shadow."""
    return await seen(request, lambda house: objected(standing(house, name)))


@post(_PATH + "/{name:str}/promote", scope=Scope.LEVELS, status_code=200, responses=PROBLEMS)
async def promote(request: Asked, name: FromPath[str], data: JSONBody[Wish]) -> Done:
    """One rung up on recorded evidence; what is missing is named. To auto, two people ask."""
    wish = _wish(name, data, voice(request, data.confirm))
    return await written(request, lambda house: [levels.promote(house, wish)])


@post(_PATH + "/{name:str}/demote", scope=Scope.LEVELS, status_code=200, responses=PROBLEMS)
async def demote(request: Asked, name: FromPath[str], data: JSONBody[Wish]) -> Done:
    """Any rungs down, at once, without evidence."""
    wish = _wish(name, data, voice(request))
    return await written(request, lambda house: [levels.demote(house, wish)])


@get("/api/v1/policy", scope=Scope.READ, responses=OBJECT)
async def policy(request: Asked) -> Response[bytes]:
    """Levels, caps, money limits, people and bindings as the log has them."""
    return await seen(request, lambda house: objected(_policy(house)))


@post("/api/v1/policy/apply", scope=Scope.SETTINGS, status_code=200, responses=PROBLEMS)
async def apply(request: Asked) -> Done:
    """Take house.toml into the log; says what is otherwise than before."""
    by = voice(request)

    def write(house: House) -> list[str]:
        house.said = charter.load(house.home / "house.toml", house.members.automations)
        who = desk.editor(house, by)
        fallen = prove(house)
        changed = house.take_charter(who)
        lines = [f"{name} = {value}" for name, value in sorted(changed.items())]
        lines += [f"{name} goes to shadow: {what}" for name, what in fallen.items()]
        return lines or ["nothing changed"]

    return await written(request, write)


@get("/api/v1/gate", scope=Scope.READ, sync_to_thread=False, responses=LIST)
def gate() -> Response[bytes]:
    """The clauses that say how far a decision may go, in their order."""
    rows = [
        {"order": number, "clause": one.name, "verdict": one.level, "means": one.doc}
        for number, one in enumerate(CLAUSES, start=1)
    ]
    return objected(rows)


def standing(house: House, name: str) -> dict[str, object]:
    """All that somebody weighs who is asked for a level."""
    if name not in house.members.automations:
        raise Gone(f"there is no automation {name[:100]!r}")
    (row,) = [one for one in roster(house) if one["automation"] == name]
    said, one = house.policy(), house.members.automations[name]
    record = house.read("track_record").filter(pl.col("automation") == name)
    evidence = record.row(0, named=True) if record.height else {}
    stands = said.level_of(name, ANY)
    following = list(Level)[stands.rank + 1] if stands.rank < one.ceiling.rank else None
    lacks = lacking(evidence, said, following, desk.clock(house)) if following else []
    return row | {
        "ceiling": one.ceiling.value,
        "settings": house.thinkers()[name].settings,
        "next": following.value if following else None,
        "lacks": [] if one.on_request else lacks,
        "evidence": objects(record)[0] if record.height else {},
        "caps": said.caps.get(name),
        "begun_in_shadow": objects(levels.begun_in_shadow(house, name).head(1_000)),
    }


def _policy(house: House) -> dict[str, object]:
    said = house.policy()
    plain = {name: getattr(said, name) for name in said.__struct_fields__ if name != "levels"}
    rows = [
        {"automation": automation, "scope": scope, "level": one.value}
        for (automation, scope), one in sorted(said.levels.items())
    ]
    return plain | {"levels": rows, "stopped": sorted(house.halted())}


def _wish(name: str, data: Wish, by: str) -> levels.Wish:
    return levels.Wish(automation=name, level=data.level, by=by, restart_open=data.restart_open)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    automations,
    automation,
    promote,
    demote,
    policy,
    apply,
    gate,
)
