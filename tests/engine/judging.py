"""Decisions and grounds for the gate, without a house."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl
from hypothesis import strategies as st

from psizero.core.policy import Caps, Level, Policy
from psizero.engine.gate import judge
from psizero.engine.ground import Ground
from psizero.engine.think import DECISION_SCHEMA
from tests.toy.installed import installed

NOW = datetime(2026, 10, 9, 12, 30)
HOUR = timedelta(hours=1)
FOUND = installed()
ACTS = {"automation": pl.String, "verb": pl.String, "hour": pl.Datetime("us")}
ACTS |= {"actions": pl.Int64, "money_minor": pl.Int64}
TOUCHES = {"subject": pl.String, "channel": pl.String, "touched_at": pl.Datetime("us")}
TOUCHES |= {"decision": pl.String}
WISHES, GREETING, INVOICING = "growth.wishes", "customers.greeting", "finance.invoicing"
VERBS = {
    WISHES: ("message.send", "gift.send", "account.close", "oracle.ask", "access.lift"),
    GREETING: ("message.send",),
    INVOICING: ("invoice.issue",),
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, as far as the gate looks at it."""

    id: str
    automation: str = WISHES
    verb: str = "message.send"
    subject: str = "ada"
    money_minor: int = 0
    confidence: float = 1.0
    expires_at: datetime | None = None


def frame(asked: list[Asked]) -> pl.DataFrame:
    """Decisions as thinking hands them over."""
    rows = [{**msgspec.structs.asdict(one), "episode": one.id} for one in asked]
    return pl.DataFrame(rows, schema=DECISION_SCHEMA)


def ground(
    level: Level = Level.AUTO,
    caps: Mapping[str, Caps] | None = None,
    acts: list[tuple[object, ...]] | None = None,
    touches: list[tuple[object, ...]] | None = None,
) -> Ground:
    """Every automation at one level, with what was done before."""
    levels = {(name, "*"): level for name in FOUND.automations}
    return Ground(
        Policy(levels=levels, caps=caps or {}),
        FOUND.automations,
        FOUND.verbs,
        pl.DataFrame(acts or [], schema=ACTS, orient="row"),
        pl.DataFrame(touches or [], schema=TOUCHES, orient="row"),
        FOUND.catalog.kinds,
    )


def at(known: Ground, levels: Mapping[tuple[str, str], Level]) -> Ground:
    """The same ground under other levels."""
    policy = msgspec.structs.replace(known.policy, levels=levels)
    return msgspec.structs.replace(known, policy=policy)


def verdicts(asked: list[Asked], known: Ground) -> dict[str, tuple[str, str]]:
    """Level and clause by decision."""
    judged = judge(frame(asked), known, NOW)
    assert sorted(judged["id"]) == sorted(one.id for one in asked), "one verdict for each"
    return {row[0]: (row[1], row[2]) for row in judged.select("id", "level", "clause").iter_rows()}


def taken(asked: list[Asked], known: Ground) -> set[str]:
    """Which of them are taken."""
    return {key for key, (level, _) in verdicts(asked, known).items() if level == "auto"}


@st.composite
def one_asked(draw: st.DrawFn, number: int, apart: bool) -> Asked:
    """One decision; `apart`: on a subject of its own."""
    automation = draw(st.sampled_from(sorted(VERBS)))
    return Asked(
        id=f"d{number:02}{draw(st.sampled_from('abc'))}",
        automation=automation,
        verb=draw(st.sampled_from(VERBS[automation])),
        subject=f"s{number}" if apart else draw(st.sampled_from(("ada", "bob", "cyd"))),
        money_minor=draw(st.integers(0, 500)),
        confidence=draw(st.sampled_from((0.0, 0.49, 0.5, 0.9, 1.0))),
        expires_at=draw(st.sampled_from((None, NOW - HOUR, NOW, NOW + HOUR))),
    )


@st.composite
def many_asked(draw: st.DrawFn, apart: bool = False) -> list[Asked]:
    """Up to ten decisions of one tick; of those apart fewer, since each is judged alone too."""
    count = draw(st.integers(1, 5 if apart else 10))
    return [draw(one_asked(number, apart)) for number in range(count)]


bounds = st.none() | st.integers(0, 8)
sums = st.none() | st.integers(0, 1500)
caps_of_one = st.builds(
    Caps,
    actions_per_hour_max=bounds,
    actions_per_day_max=bounds,
    money_minor_per_day_max=sums,
    money_minor_per_action_max=sums,
)
any_caps = st.dictionaries(st.sampled_from(sorted(VERBS)), caps_of_one)
any_levels = st.dictionaries(
    st.tuples(
        st.sampled_from(sorted(VERBS)), st.sampled_from(("*", *VERBS[WISHES], "invoice.issue"))
    ),
    st.sampled_from(list(Level)),
)
