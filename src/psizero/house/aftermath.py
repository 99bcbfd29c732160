"""The aftermath: what people say of what was done: how it stands where nobody knows."""

from typing import Literal

import msgspec
import polars as pl

from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.engine.settlement import SETTLED
from psizero.house import desk
from psizero.house.home import House

State = Literal["done", "refused"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How a call stands, the outside's own name for it, how that was found out, and by whom."""

    state: State
    reason: str
    reference: str = ""
    by: str = ""


def settle(house: House, key: str, finding: Finding) -> str:
    """Say how a call stands of which nobody knew; its receipt follows at the next tick.

    Raises Problem where it is known already, or is not this person's to say.
    """
    policy = house.said_policy()
    who = desk.person(policy, finding.by)
    if not finding.reason.strip():
        raise Problem("how do you know? --reason TEXT")
    case = judged(house, _unsettled(house, key))
    desk.allow(house, case, who)
    would_be = {"state": finding.state, "reference": finding.reference}
    was = {"state": "unknown"}
    change = canonical({"input": "receipt", "was": was, "would_be": would_be})
    if not desk.say_once(house, case, who, (SETTLED[finding.state], finding.reason, change)):
        raise Problem("it is settled already", "its receipt follows at the next tick")
    return f"{case.decision[:12]} is {finding.state}, settled by {who}: {finding.reason}"


def _unsettled(house: House, key: str) -> pl.DataFrame:
    """The one call that is meant. Raises Problem saying how it stands, or that there are more."""
    found = house.read("unsettled").filter(pl.col("decision").str.starts_with(key))
    if found.is_empty():
        fates = house.read("fates").filter(pl.col("decision").str.starts_with(key))
        stands = desk.only(fates, key) if fates.is_empty() else fates["state"][0]
        what = f"its receipt says {stands}" if stands else "nothing was called for it"
        raise Problem(f"{what}: only what is unknown is settled", "see: psizero pending")
    if found.height != 1:
        raise Problem(f"{found.height} calls wait to be settled whose id begins with {key!r}")
    return found


def judged(house: House, found: pl.DataFrame) -> desk.Case:
    """The case of one decision as the gate saw it last, with the money at stake."""
    verdicts = house.store.read_of("verdict", found.select("decision"), house.now)
    return desk.only(verdicts.filter(pl.col("by") == "policy").tail(1), "")
