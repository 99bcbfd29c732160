"""One automation thinks once: tables as known in, decisions out, nothing touched."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from itertools import islice

import msgspec
import polars as pl

from psizero.core.automation import Automation, Verb
from psizero.core.content import canonical, content_id
from psizero.core.records import Decision
from psizero.core.tables import POLARS_TYPES, Kind, Type

DECISION_SCHEMA: dict[str, pl.DataType] = {
    name: POLARS_TYPES[kept]
    for name, kept in {
        "id": Type.TEXT,
        "run": Type.TEXT,
        "automation": Type.TEXT,
        "verb": Type.TEXT,
        "subject": Type.TEXT,
        "episode": Type.TEXT,
        "parameters": Type.JSON,
        "evidence": Type.JSON,
        "currency": Type.TEXT,
        "worth_minor": Type.INTEGER,
        "worth_low_minor": Type.INTEGER,
        "worth_high_minor": Type.INTEGER,
        "confidence": Type.NUMBER,
        "expires_at": Type.INSTANT,
        "money_minor": Type.INTEGER,
        "edited_by": Type.TEXT,
    }.items()
}


_CHUNK = 5_000
_SAID_CHARACTERS_MAX = 200


class Thought(msgspec.Struct, frozen=True):
    """What came of one run: the run's row, its decisions, and per kind the rows they would add."""

    automation: str
    run: Mapping[str, object]
    decisions: pl.DataFrame
    rows: Mapping[str, pl.DataFrame]


class Thinker(msgspec.Struct, frozen=True):
    """An automation with the settings, code hash and salt under which it thinks."""

    automation: Automation
    settings: msgspec.Struct
    code: str
    salt: str


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: it finds none in proposals, and walks over all of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def framed(
    thinker: Thinker,
    proposals: Iterable[Decision],
    kinds: Mapping[str, Kind],
    verbs: Mapping[str, Verb],
    seen: tuple[datetime, int],
) -> Thought:
    """Proposals as frames, some thousands at a time so that few are in memory at once.

    Raises ValueError where one uses what it has not declared.
    """
    automation, (now, through) = thinker.automation, seen
    run = run_of(thinker, now, through)
    said: list[pl.DataFrame] = [pl.DataFrame(schema=DECISION_SCHEMA)]
    rows: dict[str, list[pl.DataFrame]] = defaultdict(list)
    known: set[str] = set()
    source = iter(proposals)
    while chunk := list(islice(source, _CHUNK)):
        decisions: list[dict[str, object]] = []
        added: dict[str, list[dict[str, object]]] = defaultdict(list)
        for proposal in chunk:
            _check(automation, proposal, verbs)
            key = proposal.id_for(automation.name)
            if key not in known:
                known.add(key)
                decisions.append(_decision(proposal, key, automation.name, str(run["id"])))
                for kind, more in proposal.rows.items():
                    added[kind].extend({"decision": key, **row} for row in more)
        said.append(pl.DataFrame(decisions, schema=DECISION_SCHEMA))
        for name, more in added.items():
            rows[name].append(_rows(kinds[name], more))
    joined = {name: pl.concat(frames) for name, frames in rows.items()}
    return Thought(automation.name, run, pl.concat(said), joined)


def _check(automation: Automation, proposal: Decision, verbs: Mapping[str, Verb]) -> None:
    if proposal.verb not in automation.verbs:
        raise ValueError(f"{automation.name} uses {proposal.verb} and does not declare it")
    strange = set(proposal.rows) - set(verbs[proposal.verb].kinds)
    if strange:
        raise ValueError(f"{proposal.verb} does not declare that it adds {sorted(strange)[0]}")


def _rows(kind: Kind, added: list[dict[str, object]]) -> pl.DataFrame:
    typed = {name: POLARS_TYPES[column.type] for name, column in kind.columns.items()}
    for name in (n for n, column in kind.columns.items() if column.type is Type.JSON):
        for row in added:
            if not isinstance(row.get(name), str):  # text is canonical JSON already
                row[name] = canonical(row.get(name))
    return pl.DataFrame(
        added, schema={"decision": pl.String(), "subject": pl.String(), **typed}, strict=True
    )


def run_of(thinker: Thinker, now: datetime, through: int) -> dict[str, object]:
    """The row of a thinking: when, through which position, under what."""
    settings = canonical(msgspec.to_builtins(thinker.settings))
    salt = sha256(thinker.salt.encode()).hexdigest()
    return run_row(thinker.automation.name, (now, through), settings, thinker.code, salt)


def run_row(
    name: str, seen: tuple[datetime, int], settings: str, code: str, salt: str
) -> dict[str, object]:
    """One thinking: of an automation, or of a derived table whose history is kept."""
    now, through = seen
    return {
        "id": content_id(name, now, through, settings, code),
        "subject": name,
        "now": now,
        "through": through,
        "settings": settings,
        "code": code,
        "salt": salt,
        "failed": "",
    }


FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)
"""What a thinker that is wrong raises; it loses its turn, and the house goes on without it.

No RuntimeError: that is DuckDB's word for Ctrl-C. A panic of Polars, such as over a decimal that
is not a number, is no `Exception`, and would end the house.
"""


def failed(thinker: Thinker, error: BaseException, seen: tuple[datetime, int]) -> Thought:
    """A run that ended in an error and proposes nothing."""
    said = f"{type(error).__name__}: {error}".split("\n")[0][:_SAID_CHARACTERS_MAX]
    run = {**run_of(thinker, *seen), "failed": said}
    return Thought(thinker.automation.name, run, pl.DataFrame(schema=DECISION_SCHEMA), {})


def _decision(proposal: Decision, key: str, automation: str, run: str) -> dict[str, object]:
    worth = proposal.worth
    return {
        "id": key,
        "run": run,
        "automation": automation,
        "verb": proposal.verb,
        "subject": proposal.subject,
        "episode": proposal.episode,
        "parameters": canonical(proposal.parameters),
        "evidence": canonical(msgspec.structs.asdict(proposal.evidence)),
        "currency": worth.expected.currency if worth else None,
        "worth_minor": worth.expected.minor if worth else None,
        "worth_low_minor": worth.low.minor if worth else None,
        "worth_high_minor": worth.high.minor if worth else None,
        "confidence": proposal.confidence,
        "expires_at": proposal.expires_at,
        "money_minor": abs(worth.expected.minor) if worth else 0,
        "edited_by": proposal.edited_by,
    }
