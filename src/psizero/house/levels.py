"""How far automations may go, and what stands still: changed by people, with their evidence."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.core.events.house import POLICY_CHANGED, PROMOTION_ASKED, SWITCH_CHANGED
from psizero.core.policy import ANY, Level, Policy
from psizero.engine.desk import lacking
from psizero.house.charter import ALONE
from psizero.house.desk import clock, person
from psizero.house.home import House
from psizero.house.stops import put_up, stops, take_down

WINDOW = timedelta(hours=72)
"""Within this two people have to ask for the same."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for which level; the only person there is adds `single person` to the name.

    `scope`: a verb of the automation, or all.
    """

    automation: str
    scope: str = ANY
    level: Level
    by: str = ""
    restart_open: bool = False

    @property
    def what(self) -> str:
        """What the level is of, in words."""
        return self.automation if self.scope == ANY else f"{self.automation} {self.scope}"


def promote(house: House, wish: Wish) -> str:
    """One rung up, with the record on which it rests. Raises Problem naming what is missing.

    To auto, two people have to ask, and none of them edited its settings last.
    """
    who, policy = person(house.said_policy(), wish.by.removesuffix(ALONE)), house.said_policy()
    stands = policy.level_of(_scoped(house, wish), wish.scope)
    if wish.level.rank <= stands.rank:
        raise Problem(f"{wish.what} is at {stands.value} already", "down is: psizero demote")
    if wish.level.rank > stands.rank + 1:
        between = list(Level)[stands.rank + 1].value
        raise Problem(f"one rung at a time: {stands.value} -> {between} first")
    automation = house.members.automations[wish.automation]
    if wish.level.rank > automation.ceiling.rank:
        raise Problem(f"the author of {wish.automation} vouches for less than {wish.level.value}")
    record = _record(house, wish.automation)
    missing = [] if automation.on_request else lacking(record, policy, wish.level, clock(house))
    if missing:
        raise Problem(
            f"{wish.automation} is not ready for {wish.level.value}: {missing[0]}", *missing[1:]
        )
    by = who
    if wish.level is Level.AUTO:
        by = _two(house, wish, who, policy)
        if not by:
            return f"{who} asks for auto; one more person has to ask within {WINDOW.days} days"
    _change(house, wish, by, ("promoted on its record", record))
    return f"{wish.what} = {wish.level.value}, by {by}"


def demote(house: House, wish: Wish) -> str:
    """Any rungs down, at once, by anybody; of all verbs also those with a level of their own.

    Raises Problem where it is not above.
    """
    policy = house.said_policy()
    who = person(policy, wish.by)
    name = _scoped(house, wish)
    stands = policy.level_of(name, wish.scope)
    scopes = [one for of, one in sorted(policy.levels) if of == name and wish.scope in (ANY, one)]
    above = [
        one
        for one in sorted({*scopes, wish.scope})
        if policy.level_of(name, one).rank > wish.level.rank
    ]
    if not above:
        raise Problem(f"{wish.what} is at {stands.value}", "up is: psizero promote")
    for scope in above:
        _change(house, msgspec.structs.replace(wish, scope=scope), who, ("demoted", {}))
    return f"{wish.what} = {wish.level.value}, by {who}"


def begun_in_shadow(house: House, automation: str) -> pl.DataFrame:
    """Episodes that ended in shadow and would begin again with `--restart-open`."""
    held = (pl.col("automation") == automation) & (pl.col("level") == Level.SHADOW.value)
    return house.read("episodes").filter(held).select("verb", "subject", "episode", "decision")


def known(house: House, automation: str) -> str:
    """Raises Problem where there is no such automation."""
    if automation not in house.members.automations:
        names = ", ".join(house.members.automations)
        raise Problem(f"no automation {automation!r}", f"automations: {names}")
    return automation


def _scoped(house: House, wish: Wish) -> str:
    """The automation's name. Raises Problem where it is none, or has no such verb."""
    verbs = house.members.automations[known(house, wish.automation)].verbs
    if wish.scope not in (ANY, *verbs):
        raise Problem(f"{wish.automation} has no verb {wish.scope!r}", f"verbs: {', '.join(verbs)}")
    return wish.automation


def stop(home: Path, scope: str, by: str, because: str) -> None:
    """Write the file that stops a scope: no store is opened, so a locked one cannot prevent it.

    `scope` is `*`, a domain or an automation.
    """
    put_up(home, scope, {"by": by or "somebody", "because": because})


def take_stops(house: House) -> int:
    """Bring what the file says and the log does not say yet into the log."""
    known_of = house.said_policy().stopped
    rows: list[dict[str, object]] = [
        {"subject": scope, "stopped": True, **said}
        for scope, said in sorted(stops(house.home).items())
        if scope not in known_of
    ]
    return house.append_counted(SWITCH_CHANGED, "house", rows)


def resume(house: House, scope: str, name: str) -> str:
    """Let a scope go on. Two people have to say so, or the only one twice."""
    who, policy = person(house.said_policy(), name.removesuffix(ALONE)), house.said_policy()
    if scope not in policy.stopped | set(stops(house.home)):
        raise Problem(
            f"{scope!r} is not stopped",
            f"stopped: {', '.join(sorted(house.halted())) or 'nothing'}",
        )
    by = _two(
        house,
        Wish(automation=f"resume {scope}", level=Level.AUTO, by=name),
        who,
        policy,
    )
    if not by:
        return f"{who} lets {scope} go on; one more person has to say so"
    take_down(house.home, scope)
    row: dict[str, object] = {"subject": scope, "stopped": False, "by": by, "because": "resumed"}
    house.append_counted(SWITCH_CHANGED, "house", [row])
    return f"{scope} goes on, by {by}"


def _record(house: House, automation: str) -> dict[str, object]:
    found = house.read("track_record").filter(pl.col("automation") == automation)
    return found.row(0, named=True) if found.height else {}


def _two(house: House, wish: Wish, who: str, policy: Policy) -> str:
    """The two who ask, by name; empty where one more is needed."""
    people = policy.known_people()
    if len(people) == 1:
        if wish.by != f"{who}{ALONE}":
            raise Problem(
                "this needs two people, and there is only you",
                f'type your name and say it: --as "{who}{ALONE}"',
            )
        return wish.by
    edited = house.store.everything("settings.changed").filter(
        pl.col("name").str.starts_with(f"settings.{wish.automation}.")
    )
    editor = edited["by"].to_list()[-1] if edited.height else ""
    if editor == who:
        raise Problem(f"{who} edited the settings of {wish.automation} last", "two others decide")
    asked = house.store.everything("promotion.asked").filter(
        (pl.col("subject") == wish.what) & (pl.col("level") == wish.level.value)
    )
    # what was granted once is used up: for the next time two have to ask again
    granted = asked.with_row_index().filter("granted")["index"].max()
    fresh = asked.slice(int(str(granted)) + 1 if granted is not None else 0)
    since = max(clock(house), datetime.min + WINDOW) - WINDOW  # a founding has no clock yet
    fresh = fresh.filter((pl.col("recorded_at") > since).fill_null(True))
    said = sorted(({*fresh["by"], who} & set(people)) - {editor})
    row: dict[str, object] = {"subject": wish.what, "level": wish.level.value, "by": who}
    house.append_counted(PROMOTION_ASKED, "house", [row | {"granted": len(said) > 1}])
    return ", ".join(said) if len(said) > 1 else ""


def _change(house: House, wish: Wish, by: str, ground: tuple[str, dict[str, object]]) -> None:
    because, evidence = ground
    row: dict[str, object] = {
        "subject": wish.automation,
        "scope": wish.scope,
        "level": wish.level.value,
    }
    row |= {"by": by, "because": because, "restarts": wish.restart_open}
    row |= {"evidence": canonical(evidence)}
    house.append_counted(POLICY_CHANGED, "house", [row])
