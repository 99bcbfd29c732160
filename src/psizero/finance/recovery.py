"""The decisions of one dunning run: a try, a message, a task, a limit; each once in its episode."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from psizero.core.clock import iso
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.finance.dunning import DAY, WORDS, Settings, Step, cause

Row = Mapping[str, object]
Added = Mapping[str, Sequence[Row]]


def stepped(run: Row, invoices: pl.DataFrame, step: Step, settings: Settings) -> Iterator[Decision]:
    """A try for each invoice of the run, one message and one task for all of them."""
    if step.retry:
        for one in invoices.iter_rows(named=True):
            yield charged(one, f"day {step.days}", run, settings)
    named = {"owed": owed(run), "invoice": run["invoice"], "grace_days": settings.grace_days}
    named["days_left"] = settings.step_days[-1] - step.days
    if step.message:
        topic, text = (said.format(**named) for said in WORDS[step.message])
        message = {"to": run["customer"], "topic": topic, "text": text, "stream": "billing"}
        yield _decided(run, ("message.send", f"day {step.days}"), message, settings)
        if step.short:
            short = {"to": run["customer"], "text": topic, "stream": "billing"}
            yield _decided(run, ("sms.send", f"day {step.days}"), short, settings)
    if step.task:
        due_at = _begun(run) + (step.days + 1) * DAY
        task: dict[str, object] = {
            "role": step.role,
            "what": step.task,
            "why": f"{owed(run)} unpaid",
        }
        task |= {"due_at": due_at}
        rows: Added = {"task.assigned": [{"subject": run["customer"], **task}]}
        yield _decided(run, ("task.assign", f"day {step.days}"), task, settings, rows)


def charged(invoice: Row, occasion: str, run: Row, settings: Settings) -> Decision:
    """One try to collect one invoice."""
    said = {
        "invoice": invoice["invoice"],
        "amount_minor": invoice["owed_minor"],
        "currency": invoice["currency"],
        "attempt": occasion,
    }
    return _decided({**run, **invoice}, ("payment.charge", occasion), said, settings)


def limited(run: Row, percent: int, read_only: bool, settings: Settings) -> Decision:
    """What the customer may use from now on, because of a run."""
    why = f"{owed(run)} unpaid since {_begun(run):%Y-%m-%d}"
    said = {"limit_percent": percent, "read_only": read_only, "why": why}
    step = ("entitlement.set", f"{percent} %{' read-only' * read_only}")
    rows: Added = {"entitlement.changed": [{"subject": run["customer"], **said}]}
    return _decided(run, step, said, settings, rows)


def lifted(customer: str, entitlement: Row) -> Decision:
    """Nothing is owed any more: all of the limit again, at once."""
    since = entitlement["changed_at"]
    said = {"limit_percent": 100, "read_only": False, "why": "nothing failed is owed any more"}
    return Decision(
        verb="entitlement.set",
        subject=customer,
        episode=f"lift {iso(since) if isinstance(since, datetime) else since}",
        parameters=said,
        evidence=Evidence(
            because=f"paid: the limit of {entitlement['limit_percent']} % is lifted",
            rule="no failed invoice is owed",
            facts={"limit_percent": entitlement["limit_percent"], "since": since},
            counterfactual="would stay while a failed invoice is owed",
        ),
        rows={"entitlement.changed": [{"subject": customer, **said}]},
    )


def owed(row: Row) -> Money:
    """What a run or an invoice still owes."""
    return Money(int(str(row["owed_minor"])), str(row["currency"]))


def _begun(run: Row) -> datetime:
    begun = run["first_failed_at"]
    return begun if isinstance(begun, datetime) else datetime.min


def _decided(
    run: Row,
    step: tuple[str, str],
    parameters: Mapping[str, object],
    settings: Settings,
    rows: Added | None = None,
) -> Decision:
    verb, occasion = step
    why, money = cause(str(run["decline_code"])).value, owed(run)
    begun = _begun(run)
    return Decision(
        verb=verb,
        subject=str(run["customer"]),
        episode=f"{begun:%Y-%m-%d} {run['invoice']} {occasion}",
        parameters=parameters,
        evidence=Evidence(
            because=f"{money} failed on {begun:%Y-%m-%d} ({run['decline_code'] or 'no code'}), "
            f"{occasion}",
            rule=f"{why}: days {', '.join(str(day) for day in settings.step_days)}",
            facts={
                "decline_code": run["decline_code"],
                "cause": why,
                "first_failed_at": begun,
                "owed_minor": run["owed_minor"],
            },
            counterfactual="would not be done once the invoice is paid",
        ),
        worth=Worth(Money(0, money.currency), Money(0, money.currency), money),
        rows=rows or {},
    )
