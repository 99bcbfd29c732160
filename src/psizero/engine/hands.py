"""The hands: the only place that calls the outside, once for each intent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.errors import Later, Refused, Unknown
from psizero.core.policy import Caps, Level, Policy
from psizero.core.ports import Connector, Store
from psizero.core.records import RECEIPT, Action, Receipt
from psizero.engine.gate import acts

_BATCH = 500


def perform(
    store: Store, policy: Policy, connectors: Mapping[str, Connector], now: datetime
) -> int:
    """Take every open intent: re-check, make `sent` durable, call, write what came of it.

    An intent already `sent` when we come was in flight when a process died; it is settled as
    the connector says (ask, repeat, person), never blindly repeated. Returns how many ended.
    """
    intents = store.read("intents", now)
    if intents.is_empty():
        return 0
    facts = store.read("decision", now).join(
        intents, left_on="id", right_on="decision", how="semi", maintain_order="left"
    )
    work = facts.join(
        intents.select(id="decision", state="state"), on="id", maintain_order="left"
    ).to_dicts()
    ended = 0
    for first in range(0, len(work), _BATCH):
        ended += _perform_batch(store, policy, connectors, work[first : first + _BATCH], now)
    return ended


def _perform_batch(
    store: Store,
    policy: Policy,
    connectors: Mapping[str, Connector],
    work: Sequence[Mapping[str, object]],
    now: datetime,
) -> int:
    over = over_caps(policy, acts(store.read("acts_hourly", now), now))
    intended = [one for one in work if one["state"] == "intended"]
    refused = {str(one["id"]): _objection(one, policy, now, over) for one in intended}
    sent = [one for one in intended if not refused[str(one["id"])]]
    _write(store, policy, [(one, Receipt("sent")) for one in sent], now)
    results = [
        (one, Receipt("refused", reason=refused[str(one["id"])]))
        for one in intended
        if refused[str(one["id"])]
    ]
    for one in work:
        if one["state"] == "sent":
            results.append((one, _settle(one, policy, connectors)))
        elif not refused[str(one["id"])]:
            results.append((one, _call(one, policy, connectors)))
    settled = [(one, receipt) for one, receipt in results if receipt.state != "sent"]
    _write(store, policy, settled, now)
    return len(settled)


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


def _objection(one: Mapping[str, object], policy: Policy, now: datetime, over: set[str]) -> str:
    """What forbids the call now although the gate allowed it then; empty when nothing does."""
    if str(one["automation"]) in over:
        return "a cap lowered between decision and call"
    if policy.level_of(str(one["automation"]), str(one["verb"])) is not Level.AUTO:
        return "level lowered between decision and call"
    expires_at = one["expires_at"]
    if isinstance(expires_at, datetime) and expires_at <= now:
        return "expired between decision and call"
    if str(one["verb"]) not in policy.bindings:
        return "no connector is bound to this verb"
    return ""


def _action(one: Mapping[str, object]) -> Action:
    return Action(
        key=str(one["id"]),
        verb=str(one["verb"]),
        subject=str(one["subject"]),
        parameters=msgspec.json.decode(str(one["parameters"]), type=dict[str, object]),
    )


def _call(
    one: Mapping[str, object], policy: Policy, connectors: Mapping[str, Connector]
) -> Receipt:
    connector = connectors[policy.bindings[str(one["verb"])]]
    try:
        return connector.perform(_action(one))
    except Refused as error:
        return Receipt("refused", reason=str(error))
    except Later:
        return Receipt("sent")  # not taken yet: it stays open and is settled at a later tick
    except Unknown as error:
        return Receipt("unknown", reason=str(error))


def _settle(
    one: Mapping[str, object], policy: Policy, connectors: Mapping[str, Connector]
) -> Receipt:
    connector = connectors.get(policy.bindings.get(str(one["verb"]), ""))
    if connector is None:
        return Receipt("unknown", reason="its connector is not bound any more")
    if connector.settle == "repeat":
        return _call(one, policy, connectors)
    if connector.settle == "ask":
        return connector.ask(str(one["id"])) or _call(one, policy, connectors)
    return Receipt("unknown", reason="it may have been done; a person must look")


def _write(
    store: Store,
    policy: Policy,
    results: Sequence[tuple[Mapping[str, object], Receipt]],
    now: datetime,
) -> None:
    if results:
        rows = [
            {
                "source": one["automation"],
                "id": f"{one['id']}/receipt/{receipt.state}",
                "subject": one["subject"],
                "cause": None,
                "decision": one["id"],
                "automation": one["automation"],
                "verb": one["verb"],
                "state": receipt.state,
                "connector": policy.bindings.get(str(one["verb"]), "none"),
                "reference": receipt.reference,
                "reason": receipt.reason,
            }
            for one, receipt in results
        ]
        schema = {name: pl.String for name in ("source", "id", "subject", "cause")}
        columns = {name: pl.String for name in RECEIPT.columns}
        store.commit([(RECEIPT, pl.DataFrame(rows, schema={**schema, **columns}))], now)
