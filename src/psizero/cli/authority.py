"""The commands by which people decide: answers at the desk, levels, settings, what goes on."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from psizero.cli import desk
from psizero.cli.app import AsFormat, At, Home, moment
from psizero.cli.show import hint, say, text
from psizero.core.errors import Problem
from psizero.core.policy import ANY, Level
from psizero.engine.desk import REASONS
from psizero.house import aftermath, levels, retraction
from psizero.house import desk as people
from psizero.house.edit import Wanted
from psizero.house.edit import edit as edited
from psizero.house.home import opened
from psizero.house.proof import prove
from psizero.house.retraction import Regret

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


@Parameter(name="*")
@dataclass(frozen=True)
class Asking:
    """Who asks, and of which verb, if not of all."""

    by: As = ""
    verb: Annotated[str, Parameter(help="Of this verb alone.")] = ANY


ALL_VERBS = Asking()


@Parameter(name="*")
@dataclass(frozen=True)
class Finding:
    """How somebody found out, the outside's own name for it, and who says so."""

    reason: Annotated[str, Parameter(help="How you found out.")]
    reference: Annotated[str, Parameter(help="The outside's own name for it.")] = ""
    by: As = ""


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


def undo(
    id: str = "",
    /,
    *,
    word: Word,
    home: Home,
    all_of: Annotated[str, Parameter(help="All that this automation did.")] = "",
    since: Annotated[str, Parameter(help="With --all-of: from this instant on.")] = "",
) -> None:
    """Take back what was done, by a decision of its own; says what cannot be taken back, and why.

    For a release gone wrong: --all-of AUTOMATION --since INSTANT.
    """
    if bool(id) == bool(all_of) or bool(all_of) != bool(since):
        raise Problem("undo what? psizero undo ID, or --all-of AUTOMATION --since INSTANT")
    regret = Regret(reason=word.reason, by=word.by, note=word.note)
    with opened(home) as house:
        if id:
            say(retraction.undo(house, id, regret))
        else:
            name = levels.known(house, all_of)
            for line in retraction.undo_all(house, name, moment(since, "--since"), regret):
                say(line)


def settle(id: str, state: aftermath.State, /, *, finding: Finding, home: Home) -> None:
    """Say whether a call was done or refused of which nobody knew; said once."""
    found = aftermath.Finding(
        state=state, reason=finding.reason, reference=finding.reference, by=finding.by
    )
    with opened(home) as house:
        say(aftermath.settle(house, id, found))


def promote(
    automation: str,
    level: Level,
    /,
    *,
    home: Home,
    asking: Asking = ALL_VERBS,
    restart_open: Annotated[
        bool, Parameter(help="What began in shadow begins again; lists it first.", negative="")
    ] = False,
) -> None:
    """One rung up on recorded evidence; what is missing is named. To auto, two people ask.

    The only person there is says so: --as "NAME single person".
    """
    said = {"scope": asking.verb, "by": asking.by}
    wish = levels.Wish(automation=automation, level=level, restart_open=restart_open, **said)
    with opened(home) as house:
        levels.known(house, automation)
        if restart_open:
            text(levels.begun_in_shadow(house, automation))
        say(levels.promote(house, wish))


def demote(automation: str, level: Level, /, *, home: Home, asking: Asking = ALL_VERBS) -> None:
    """Any rungs down, at once, without evidence; of every verb, or of one."""
    wish = levels.Wish(automation=automation, scope=asking.verb, level=level, by=asking.by)
    with opened(home) as house:
        say(levels.demote(house, wish))


def resume(scope: str = "*", /, *, home: Home, by: As = "") -> None:
    """Let go on what was stopped: everything (*), a domain or an automation. Two people ask.

    The only person there is says so: --as "NAME single person".
    """
    with opened(home) as house:
        say(levels.resume(house, scope, by))


def apply(*, home: Home, by: As = "") -> None:
    """Take house.toml into the log, and show what it says otherwise than before.

    Where nobody is named, its first owner takes it in.
    """
    with opened(home) as house:
        who = people.editor(house, by)
        fallen = prove(house)
        changed = house.take_charter(who)
    for name, value in sorted(changed.items()):
        say(f"  {name} = {value}")
    say(f"{len(changed)} settings changed, by {who}" if changed else "nothing changed")
    for name, what in fallen.items():
        hint(f"{name} goes to shadow: with {what} its last 30 days come out otherwise")
