"""The hands: the only place that calls the outside, once for each intent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.errors import Later, Refused, Unknown
from psizero.core.policy import ANY, Caps, Level, Policy, halts
from psizero.core.ports import Connector, Line, Store
from psizero.core.records import RECEIPT, Action, Receipt
from psizero.engine.ground import acts

_BATCH = 500


class Intent(msgspec.Struct, frozen=True):
    """An outside action that is decided and not settled; `attempts` counts its `sent`."""

    decision: str
    automation: str
    verb: str
    subject: str
    parameters: str
    expires_at: datetime | None
    state: str
    attempts: int
    approved: bool | None


class _Document(msgspec.Struct, frozen=True):
    table: str
    key: Mapping[str, str]


class Reading:
    """A connector whose actions may name documents: it is given what they say.

    A parameter `{"document": {"table", "key"}}` becomes what the column `document` of that row
    holds, a JSON object of parameters, as its automation saw it when it decided; its hash stands in
    the receipt's reference. `read` gives a table as known at an instant through a position.
    The call goes over a `line` where the world is simulated.
    """

    def __init__(
        self,
        plain: Connector,
        store: Store,
        read: Callable[[str, datetime, int], pl.DataFrame],
        line: Line | None = None,
    ) -> None:
        self.name, self.verbs, self.settle = plain.name, plain.verbs, plain.settle
        self._plain, self._store, self._read, self._line = plain, store, read, line

    def perform(self, action: Action) -> Receipt:
        """Raises Refused where there is no such document, and what the connector raises."""
        said, digest = self._said(action.key, action.parameters)
        if self._line is not None:
            self._line.before(action)
        receipt = self._plain.perform(msgspec.structs.replace(action, parameters=said))
        if self._line is not None:
            self._line.after(action)
        return msgspec.structs.replace(receipt, reference=receipt.reference + digest)

    def ask(self, key: str) -> Receipt | None:
        receipt = self._plain.ask(key)
        rows = self._store.read_of("decision", pl.DataFrame({"id": [key]}), self._store.floor)
        if receipt is None or rows.is_empty():
            return receipt
        parameters = msgspec.json.decode(rows["parameters"][0], type=dict[str, object])
        digest = self._said(key, parameters)[1]
        return msgspec.structs.replace(receipt, reference=receipt.reference + digest)

    def _said(self, key: str, named: Mapping[str, object]) -> tuple[dict[str, object], str]:
        """The parameters with every document in its place, and the documents' hash."""
        said, digest = dict(named), ""
        for name, value in named.items():
            if isinstance(value, dict) and set(value) == {"document"}:
                content = self._content(msgspec.convert(value["document"], _Document), key)
                said |= {name: ""} | msgspec.json.decode(content, type=dict[str, object])
                digest += f" sha256:{sha256(content).hexdigest()}"
        return said, digest

    def _content(self, wanted: _Document, key: str) -> bytes:
        known = self._store.floor
        decision = self._store.read_of("decision", pl.DataFrame({"id": [key]}), known)
        run = self._store.read_of("run", decision.select(id="run"), known)
        if run.is_empty():
            raise Refused("nobody knows when that was decided", "document")
        rows = self._read(wanted.table, run["now"][0], run["through"][0])
        for name, value in wanted.key.items():
            rows = rows.filter(pl.col(name).cast(pl.String) == value)
        if rows.height != 1:
            raise Refused(f"there is no such document in {wanted.table}", "document")
        return str(rows["document"][0]).encode()


class Grip(msgspec.Struct, frozen=True):
    """What a call is re-checked against, and through whom it goes."""

    policy: Policy
    connectors: Mapping[str, Connector]
    over: set[str]
    now: datetime
    halted: Callable[[], frozenset[str]]

    def connector(self, intent: Intent) -> Connector | None:
        return self.connectors.get(self.policy.bindings.get(intent.verb, ""))


Results = list[tuple[Intent, Receipt]]


def perform(
    store: Store,
    policy: Policy,
    connectors: Mapping[str, Connector],
    now: datetime,
    halted: Callable[[], frozenset[str]] = frozenset,
) -> int:
    """Take every open intent: re-check, make `sent` durable, call, write what came of it.

    What `halted` names, asked before every call, is left as it is until it may go on.

    An intent already `sent` when we come was in flight when a process died; it is settled as
    the connector says (ask, repeat, person), never blindly repeated. One that the outside asked
    to wait is called again when its time has come. Returns how many were taken in hand.
    """
    open_ = store.read("intents", now)
    due = open_.filter((pl.col("state") != "waiting") | (pl.col("after") <= now))
    due = due.filter(~stopped(pl.col("automation"), halted()))
    if due.is_empty():
        return 0
    decisions = store.read_of("decision", due.select(id="decision"), now)
    work = due.join(decisions, left_on="decision", right_on="id", maintain_order="left")
    intents = [
        msgspec.convert(row, Intent)
        for row in work.select(Intent.__struct_fields__).iter_rows(named=True)
    ]
    for first in range(0, len(intents), _BATCH):
        over = over_caps(policy, acts(store.read("acts_hourly", now), now))
        grip = Grip(policy, connectors, over, now, halted)
        _perform_batch(store, grip, intents[first : first + _BATCH])
    return len(intents)


def next_call(store: Store, now: datetime, halted: frozenset[str]) -> datetime | None:
    """When an action waits for its call: at once, or when the outside asked to be tried again."""
    open_ = store.read("intents", now).filter(~stopped(pl.col("automation"), halted))
    first = open_.select(pl.col("after").fill_null(pl.lit(now, pl.Datetime("us"))).min()).item()
    return first if isinstance(first, datetime) else None


def stopped(automation: pl.Expr, halted: frozenset[str]) -> pl.Expr:
    """Whether a switch stops it; the same as `core.policy.halts`, over a column."""
    domain = automation.str.split(".").list.first()
    named = sorted(halted)
    return pl.lit(ANY in halted) | automation.is_in(named) | domain.is_in(named)


def _perform_batch(store: Store, grip: Grip, intents: Sequence[Intent]) -> None:
    results: Results = [(one, _settled(one, grip)) for one in intents if one.state == "sent"]
    calls: list[Intent] = []
    for one in intents:
        objection = objected(one, grip)
        if one.state != "sent" and objection:
            results.append((one, Receipt("refused", reason=objection)))
        elif one.state != "sent":
            calls.append(one)
    sent = [msgspec.structs.replace(one, attempts=one.attempts + 1) for one in calls]
    _write(store, grip, [(one, Receipt("sent")) for one in sent])
    _write(store, grip, [*results, *((one, _called(one, grip)) for one in sent)])


def over_caps(policy: Policy, done: pl.DataFrame) -> set[str]:
    """Automations that did more in this hour or day than the caps of now allow."""
    over: set[str] = set()
    for name, hour, day, money_minor in done.select(
        "automation", "actions_hour", "actions_day", "money_minor_day"
    ).iter_rows():
        caps = policy.caps.get(name, Caps())
        limits = (
            (hour, caps.actions_per_hour_max),
            (day, caps.actions_per_day_max),
            (money_minor, caps.money_minor_per_day_max),
        )
        if any(limit is not None and used > limit for used, limit in limits):
            over.add(name)
    return over


def objected(intent: Intent, grip: Grip) -> str:
    """What forbids the call now although the gate allowed it then; empty when nothing does."""
    if intent.automation in grip.over and not intent.approved:
        return "a cap lowered between decision and call"
    least = Level.APPROVE if intent.approved else Level.AUTO
    if grip.policy.level_of(intent.automation, intent.verb).rank < least.rank:
        return "level lowered between decision and call"
    if intent.expires_at is not None and intent.expires_at <= grip.now:
        return "expired between decision and call"
    return "" if grip.connector(intent) else "no connector is bound to this verb"


def _called(intent: Intent, grip: Grip) -> Receipt:
    connector = grip.connector(intent)
    if connector is None:
        return Receipt("refused", reason="no connector is bound to this verb")
    if halts(grip.halted(), intent.automation):
        return Receipt("waiting", reference=iso(grip.now), reason="stopped before the call")
    parameters = msgspec.json.decode(intent.parameters, type=dict[str, object])
    action = Action(
        key=intent.decision, verb=intent.verb, subject=intent.subject, parameters=parameters
    )
    try:
        return connector.perform(action)
    except Refused as error:
        return Receipt("refused", reason=str(error))
    except Later as error:
        return Receipt("waiting", reference=iso(error.after), reason=str(error))
    except Unknown as error:
        return Receipt("unknown", reason=str(error))


def _settled(intent: Intent, grip: Grip) -> Receipt:
    """What became of a call in whose midst a process died."""
    connector = grip.connector(intent)
    settle = connector.settle if connector else "person"
    found = connector.ask(intent.decision) if connector and settle == "ask" else None
    if found is not None:
        return found
    objection = objected(intent, grip)
    if settle == "person" or (settle == "repeat" and objection):
        return Receipt("unknown", reason="it may have been done; a person must look")
    return Receipt("refused", reason=objection) if objection else _called(intent, grip)


def _write(store: Store, grip: Grip, results: Results) -> None:
    rows = [
        {
            "source": one.automation,
            "id": f"{one.decision}/receipt/{one.attempts}/{receipt.state}",
            "subject": one.subject,
            "cause": None,
            "decision": one.decision,
            "automation": one.automation,
            "verb": one.verb,
            "state": receipt.state,
            "connector": grip.policy.bindings.get(one.verb, "none"),
            "reference": receipt.reference,
            "reason": receipt.reason,
        }
        for one, receipt in results
    ]
    if rows:
        names = ("source", "id", "subject", "cause", *RECEIPT.columns)
        store.commit(
            [(RECEIPT, pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)))], grip.now
        )
