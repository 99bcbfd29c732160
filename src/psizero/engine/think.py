"""One automation thinks once: tables as known in, decisions out, nothing touched."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

import msgspec
import polars as pl

from psizero.core.automation import Automation, Verb
from psizero.core.content import canonical, content_id
from psizero.core.ports import Store
from psizero.core.records import Decision
from psizero.core.tables import POLARS_TYPES, Catalog, Derived, Kind, Type

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
    }.items()
}


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


def facts(
    store: Store,
    catalog: Catalog,
    tables: Iterable[str],
    now: datetime,
    through: int | None = None,
) -> dict[str, pl.DataFrame]:
    """The declared tables as known at `now`; derived ones are computed from what they read."""
    known: dict[str, pl.DataFrame] = {}
    for name in tables:
        table = catalog.tables.get(name)
        if isinstance(table, Derived):
            below = facts(store, catalog, table.reads, now, through)
            known[name] = table.compute(below, now).sort(table.grain)
        else:
            known[name] = store.read(name, now, through)
    return known


def framed(
    thinker: Thinker,
    proposals: list[Decision],
    kinds: Mapping[str, Kind],
    verbs: Mapping[str, Verb],
    seen: tuple[datetime, int],
) -> Thought:
    """Proposals as frames. Raises ValueError where one uses what it has not declared."""
    automation, (now, through) = thinker.automation, seen
    run = _run(thinker, now, through)
    decisions: dict[str, dict[str, object]] = {}
    rows: dict[str, list[dict[str, object]]] = defaultdict(list)
    for proposal in proposals:
        if proposal.verb not in automation.verbs:
            raise ValueError(f"{automation.name} uses {proposal.verb} and does not declare it")
        key = proposal.id_for(automation.name)
        if key in decisions:
            continue
        decisions[key] = _decision(proposal, key, automation.name, str(run["id"]))
        for kind, added in proposal.rows.items():
            if kind not in verbs[proposal.verb].kinds:
                raise ValueError(f"{automation.name} adds {kind}, which {proposal.verb} does not")
            rows[kind].extend({"decision": key, **row} for row in added)
    return Thought(
        automation=automation.name,
        run=run,
        decisions=pl.DataFrame(list(decisions.values()), schema=DECISION_SCHEMA),
        rows={name: _rows(kinds[name], added) for name, added in rows.items()},
    )


def _rows(kind: Kind, added: list[dict[str, object]]) -> pl.DataFrame:
    typed = {name: POLARS_TYPES[column.type] for name, column in kind.columns.items()}
    for name in (n for n, column in kind.columns.items() if column.type is Type.JSON):
        for row in added:
            row[name] = canonical(row.get(name))
    return pl.DataFrame(
        added, schema={"decision": pl.String(), "subject": pl.String(), **typed}, strict=True
    )


def _run(thinker: Thinker, now: datetime, through: int) -> dict[str, object]:
    name, settings = thinker.automation.name, canonical(msgspec.to_builtins(thinker.settings))
    return {
        "id": content_id(name, now, through, settings, thinker.code),
        "subject": name,
        "now": now,
        "through": through,
        "settings": settings,
        "code": thinker.code,
        "salt": sha256(thinker.salt.encode()).hexdigest(),
    }


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
    }
