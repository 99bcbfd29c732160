"""The command `replay`: a policy tried on one's own history, and what would have been otherwise."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from cyclopts import Parameter

from psizero.cli.app import AsFormat, Home, moment
from psizero.cli.progress import flying
from psizero.cli.report import emit
from psizero.cli.show import hint, say
from psizero.core.errors import Problem
from psizero.core.money import Money
from psizero.house.comparison import Comparison, Computed, Difference, Said
from psizero.house.home import opened
from psizero.house.replay import Trial, settings_from
from psizero.house.replay import replay as try_again

_LINES_MAX = 5


@Parameter(name="*")
@dataclass(frozen=True)
class Span:
    """The part of the history that is tried again, both ends as instants (ISO 8601, UTC)."""

    begin: Annotated[str, Parameter(name="--from", help="Default: the founding.")] = ""
    until: Annotated[str, Parameter(name="--to", help="Default: the house's last seal.")] = ""


_ALL = Span()


def replay(
    *,
    home: Home,
    span: Span = _ALL,
    settings: Annotated[
        tuple[str, ...],
        Parameter(
            name="--set",
            help="AUTOMATION.SETTING=VALUE, caps.* or gate.*; repeatable.",
            negative="",
        ),
    ] = (),
    assume_approved: Annotated[
        bool, Parameter(help="What people approved counts for changed content too.", negative="")
    ] = False,
    format: AsFormat = "text",
) -> None:
    """Try settings on the house's own history: what would have been otherwise; writes nothing."""
    with opened(home) as house:
        trial = Trial(
            begin=moment(span.begin, "--from") if span.begin else None,
            until=moment(span.until, "--to") if span.until else None,
            settings=settings_from(settings, house.members),
            assume_approved=assume_approved,
        )
        with flying(trial.until or house.now) as seen:
            found = try_again(house, trial, seen)
    if format == "json":
        emit(msgspec.to_builtins(found))
    else:
        _tell(found, ", ".join(settings).replace("=", " = "))
    if found.identical is False:
        raise Problem("the replay differs from the record", found.unlike)


def _tell(found: Comparison, settings: str) -> None:
    """One screen for people; the first sentence says what it comes to in money."""
    say(_result(found, settings))
    for one in found.computed:
        then, now = (Money(minor, one.currency) for minor in (one.total_then, one.total_now))
        say(f"  invoiced  {then} then, {now} now: {one.invoices_then} and {one.invoices_now}")
    for two in found.attempted:
        say(f"  {two.verb}  attempted {two.then} then; would have been attempted {two.now}")
    if found.void:
        say(f"  {found.void} recorded answers were to something else and are void")
    if found.diverged:
        stakes = " and ".join(str(Money(one.money, one.currency)) for one in found.at_stake)
        say(f"  {found.diverged} subjects diverged; at stake in them: {stakes or 'no money'}")
    say(f"{found.differing:,} of {found.compared:,} decisions differ")
    for difference in found.differences[:_LINES_MAX]:
        say(_line(difference))
    if found.differing > _LINES_MAX:
        hint(f"... and {found.differing - _LINES_MAX:,} more (--format json shows some)")


def _result(found: Comparison, settings: str) -> str:
    if found.identical is not None:
        money = " and ".join(str(Money(one.total_then, one.currency)) for one in found.computed)
        same = "is the same, byte for byte" if found.identical else "is not the same"
        return f"Replayed as it was, the record {same}: {money or 'nothing'} invoiced"
    moved = [one for one in found.computed if one.difference]
    count = sum(one.invoices_differing for one in found.computed)
    invoices = f"{count} invoices differ" if count != 1 else "1 invoice differs"
    said = " and ".join(_moved(one) for one in moved) or "the same sum"
    gone = sum(one.invoices_gone for one in found.computed)
    late = f"; {gone} of them would not have come by {found.to}" if gone else ""
    return f"With {settings} you would have invoiced {said}: {invoices}{late}"


def _moved(one: Computed) -> str:
    way = "more" if one.difference > 0 else "less"
    return f"{Money(abs(one.difference), one.currency)} {way}"


def _line(one: Difference) -> str:
    what = f"  {one.automation} {one.verb} {one.subject} ({one.episode})"
    return f"{what}: {_said(one.then)} then, {_said(one.now)} now"


def _said(said: Said | None) -> str:
    return f"{said.level} by {said.clause} [{said.decision[:12]}]" if said else "nothing"
