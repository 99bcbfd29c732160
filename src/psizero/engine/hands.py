"""The hands: the only place that calls the outside, once for each intent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.errors import Later, Refused, Unknown
from psizero.core.policy import ANY, Caps, Level, Policy, halts
from psizero.core.ports import Connector, Line, Store
from psizero.core.records import RECEIPT, Action, Receipt
from psizero.engine.contact import objections
from psizero.engine.document import Paper, Read, worded
from psizero.engine.ground import acts
from psizero.engine.reach import over_share, reaching
from psizero.engine.settlement import answered, settlements, undone

_BATCH, _ATTEMPTS_MAX = 500, 3


class Intent(msgspec.Struct, frozen=True):
    """An outside action that is decided and not settled; `attempts` counts its `sent`.

    `onward`: the key of the attempt on a second connector; null while it is the first one's.
    """

    decision: str
    automation: str
    verb: str
    subject: str
    parameters: str
    expires_at: datetime | None
    state: str
    attempts: int
    approved: bool | None
    onward: str | None = None

    @property
    def key(self) -> str:
        """Under which the outside knows the attempt."""
        return self.onward or self.decision


def decision_of(key: str) -> str:
    """The decision of an attempt: its key is `<decision>`, or `<decision>-<connector>`."""
    return key.partition("-")[0]


class Reading:
    """A connector whose actions may name documents: it is given what they say.

    A parameter `{"document": {"table", "key"}}` becomes what the column `document` of that row
    holds, a JSON object of parameters, as its automation saw it when it decided; its hash, and that
    of a `paper`, stands in the receipt's reference. `read` gives a table as known at an instant
    through a position. The call goes over a `line` where the world is simulated.
    """

    def __init__(
        self,
        plain: Connector,
        store: Store,
        read: Read,
        line: Line | None = None,
        paper: Paper | None = None,
    ) -> None:
        self.name, self.verbs, self.settle = plain.name, plain.verbs, plain.settle
        self._plain, self._store, self._read, self._line = plain, store, read, line
        self._paper = paper

    def perform(self, action: Action) -> Receipt:
        """Raises Refused where there is no such document, and what the connector raises."""
        key = decision_of(action.key)
        said, digest = worded(self._store, self._read, key, action.parameters, self._paper)
        if self._line is not None:
            self._line.before(action)
        receipt = self._plain.perform(msgspec.structs.replace(action, parameters=said))
        if self._line is not None:
            self._line.after(action)
        return msgspec.structs.replace(receipt, reference=receipt.reference + digest)

    def ask(self, key: str) -> Receipt | None:
        receipt, decision = self._plain.ask(key), decision_of(key)
        keys = pl.DataFrame({"id": [decision]})
        rows = self._store.read_of("decision", keys, self._store.floor)
        if receipt is None or rows.is_empty():
            return receipt
        parameters = msgspec.json.decode(rows["parameters"][0], type=dict[str, object])
        digest = worded(self._store, self._read, decision, parameters, self._paper)[1]
        return msgspec.structs.replace(receipt, reference=receipt.reference + digest)


class Grip(msgspec.Struct, frozen=True):
    """What a call is re-checked against, and through whom it goes."""

    policy: Policy
    connectors: Mapping[str, Connector]
    over: set[str]
    now: datetime
    halted: Callable[[], frozenset[str]]
    contact: Mapping[str, tuple[str, datetime | None]] = {}

    def name(self, intent: Intent) -> str:
        """The connector through which it goes; empty where its verb is bound to none."""
        bound = self.policy.bindings.get(intent.verb, "")
        return intent.onward.partition("-")[2] if intent.onward else bound

    def connector(self, intent: Intent) -> Connector | None:
        return self.connectors.get(self.name(intent))

    def onward(self, intent: Intent) -> str:
        """The key under which a second connector is called; only for one of our own people."""
        second = self.policy.seconds.get(intent.verb)
        to = msgspec.json.decode(intent.parameters, type=dict[str, object]).get("to")
        ours = isinstance(to, str) and to in self.policy.known_people()
        return f"{intent.decision}-{second}" if second and ours and not intent.onward else ""


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
    An intent already `sent` was in flight when a process died; it is settled as the connector
    says (ask, repeat, person), never blindly repeated. One that the outside asked to wait is
    called again at its time; one that a person settled stands. Returns how many were taken.
    """
    found = pl.concat([settlements(store, now), undone(store, now)])
    if found.height:
        store.commit([(RECEIPT, found)], now)
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
        over |= over_share(policy, [one.automation for one in intents], reaching(store, now))
        batch = intents[first : first + _BATCH]
        contact = objections(store, [one.decision for one in batch], policy, now)
        grip = Grip(policy, connectors, over, now, halted, contact)
        _perform_batch(store, grip, batch)
    return len(intents)


def next_call(store: Store, now: datetime, crew: tuple[bool, frozenset[str]]) -> datetime | None:
    """When an action waits for its call (`crew`: anything bound, what is halted), or a receipt."""
    bound, halted = crew
    if answered(store, now) or not bound:
        return now if answered(store, now) else None
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
    results += [(one, _called(one, grip)) for one in sent]
    _write(store, grip, results)
    onward = [
        msgspec.structs.replace(one, state="refused", onward=receipt.reference)
        for one, receipt in results
        if receipt.state == "refused" and receipt.reference
    ]
    if onward:
        _perform_batch(store, grip, onward)


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
    because, until = grip.contact.get(intent.decision, ("", None))
    if because and until is None:
        return because
    return "" if grip.connector(intent) else "no connector is bound to this verb"


def _called(intent: Intent, grip: Grip) -> Receipt:
    connector = grip.connector(intent)
    if connector is None:
        return Receipt("refused", reason="no connector is bound to this verb")
    if halts(grip.halted(), intent.automation):
        return Receipt("waiting", reference=iso(grip.now), reason="stopped before the call")
    because, until = grip.contact.get(intent.decision, ("", None))
    if until is not None:
        return Receipt("waiting", reference=iso(until), reason=because)
    parameters = msgspec.json.decode(intent.parameters, type=dict[str, object])
    action = Action(key=intent.key, verb=intent.verb, subject=intent.subject, parameters=parameters)
    try:
        return _final(intent, grip, connector.perform(action))
    except Refused as error:
        return _final(intent, grip, Receipt("refused", reason=str(error)))
    except Later as error:
        found = Receipt("waiting", reference=iso(error.after), reason=str(error))
        over = intent.expires_at is not None and error.after >= intent.expires_at
        return _final(intent, grip, found, intent.attempts >= _ATTEMPTS_MAX or over)
    except Unknown as error:
        return Receipt("unknown", reason=str(error))


def _final(intent: Intent, grip: Grip, said: Receipt, exhausted: bool = False) -> Receipt:
    """What the outside said. A no for good names the attempt that follows, where one does."""
    onward = grip.onward(intent)
    if said.state == "refused":
        own = "" if said.reference == onward else said.reference.strip()
        return Receipt("refused", onward, " ".join(filter(None, (said.reason, own))))
    if exhausted and onward:
        return Receipt("refused", onward, f"put off once too often: {said.reason}")
    return said


def _settled(intent: Intent, grip: Grip) -> Receipt:
    """What became of a call in whose midst a process died."""
    connector = grip.connector(intent)
    settle = connector.settle if connector else "person"
    found = connector.ask(intent.key) if connector and settle == "ask" else None
    if found is not None:
        return _final(intent, grip, found)
    objection = objected(intent, grip)
    if settle == "person" or (settle == "repeat" and objection):
        return Receipt("unknown", reason="it may have been done; a person must look")
    return Receipt("refused", reason=objection) if objection else _called(intent, grip)


def _write(store: Store, grip: Grip, results: Results) -> None:
    rows = [
        {
            "source": one.automation,
            "id": f"{one.key}/receipt/{one.attempts}/{receipt.state}",
            "subject": one.subject,
            "cause": None,
            "decision": one.decision,
            "automation": one.automation,
            "verb": one.verb,
            "state": receipt.state,
            "connector": grip.name(one) or "none",
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
