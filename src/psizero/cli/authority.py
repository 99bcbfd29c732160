"""The commands by which people decide: answers at the desk, levels, settings, what goes on."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from psizero.cli import desk
from psizero.cli.app import AsFormat, At, Home, moment
from psizero.cli.show import hint, say, text
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.engine.desk import REASONS
from psizero.house import desk as people
from psizero.house import levels
from psizero.house.edit import Wanted
from psizero.house.edit import edit as edited
from psizero.house.home import opened
from psizero.house.proof import prove

As = Annotated[str, Parameter(name="--as", help="Who you are, as in house.toml [people].")]
Reason = Annotated[str, Parameter(help=f"One of {', '.join(REASONS)}.")]
Note = Annotated[str, Parameter(help="In your own words.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Word:
    """Who says it, and why."""

    reason: Reason
    by: As = ""
    note: Note = ""


def pending(id: str = "", /, *, home: Home, format: AsFormat = "text", at: At = "") -> None:
    """What waits for a person, or one of it: every parameter, how far it reaches, what else."""
    with opened(home) as house:
        desk.pending(house, id, moment(at, "--at") if at else None, format)


def approve(
    *ids: str,
    home: Home,
    by: As = "",
    all_of: Annotated[str, Parameter(help="All that waits of this automation.")] = "",
) -> None:
    """Say yes to exactly what is shown; a change of it voids the yes."""
    if bool(ids) == bool(all_of):
        raise Problem("what do you approve? psizero approve ID..., or --all-of AUTOMATION")
    with opened(home) as house:
        keys = ids or people.waiting_of(house, levels.known(house, all_of))
        desk.shown(house, keys)
        for line in people.approve(house, keys, by):
            say(line)
    if not keys:
        say(f"nothing of {all_of} waits")


def decline(id: str, /, *, reason: Reason, home: Home, by: As = "", note: Note = "") -> None:
    """Say no; the reason is kept, and learning reads it."""
    with opened(home) as house:
        say(people.decline(house, id, by, reason, note))


def edit(
    id: str,
    /,
    *,
    said: Annotated[
        tuple[str, ...],
        Parameter(
            name="--set", help="NAME=VALUE, a parameter of its verb; repeatable.", negative=""
        ),
    ],
    word: Word,
    home: Home,
) -> None:
    """Want other parameters of what waits: a new decision, to which somebody else says yes.

    The only person there is does so too: approve ID --as "NAME single person".
    """
    with opened(home) as house:
        wanted = Wanted(said=said, by=word.by, reason=word.reason, note=word.note)
        say(edited(house, id, wanted))


def override(id: str, /, *, reason: Reason, home: Home, by: As = "", note: Note = "") -> None:
    """Say that what was done by itself was wrong; what is not called yet is not called."""
    with opened(home) as house:
        say(people.override(house, id, by, reason, note))


def promote(
    automation: str,
    level: Level,
    /,
    *,
    home: Home,
    by: As = "",
    restart_open: Annotated[
        bool, Parameter(help="What began in shadow begins again; lists it first.", negative="")
    ] = False,
) -> None:
    """One rung up on recorded evidence; what is missing is named. To auto, two people ask.

    The only person there is says so: --as "NAME single person".
    """
    wish = levels.Wish(automation=automation, level=level, by=by, restart_open=restart_open)
    with opened(home) as house:
        levels.known(house, automation)
        if restart_open:
            text(levels.begun_in_shadow(house, automation))
        say(levels.promote(house, wish))


def demote(automation: str, level: Level, /, *, home: Home, by: As = "") -> None:
    """Any rungs down, at once, without evidence."""
    with opened(home) as house:
        say(levels.demote(house, levels.Wish(automation=automation, level=level, by=by)))


def resume(scope: str = "*", /, *, home: Home, by: As = "") -> None:
    """Let go on what was stopped: everything (*), a domain or an automation. Two people ask.

    The only person there is says so: --as "NAME single person".
    """
    with opened(home) as house:
        say(levels.resume(house, scope, by))


def apply(*, home: Home, by: As = "") -> None:
    """Take house.toml into the log, and show what it says otherwise than before."""
    with opened(home) as house:
        who = people.person(house.policy(), by)
        fallen = prove(house)
        changed = house.take_charter(who)
    for name, value in sorted(changed.items()):
        say(f"  {name} = {value}")
    say(f"{len(changed)} settings changed, by {who}" if changed else "nothing changed")
    for name, what in fallen.items():
        hint(f"{name} goes to shadow: with {what} its last 30 days come out otherwise")
