"""The decisions about money that goes back, is given up, or is found again, with their entries."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from psizero.core.content import canonical
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.finance import books
from psizero.finance.credits import Billed, Part

Row = Mapping[str, object]
Rows = list[dict[str, object]]


def credit_note(ask: Row, first: Billed, parts: Sequence[Part], now: datetime) -> Decision:
    """One credit note for what was asked for; `first` is any line of the invoice."""
    name = str(ask["ask"])
    net, tax = sum(one.net_minor for one in parts), sum(one.tax_minor for one in parts)
    money = Money(net + tax, first.currency)
    said: dict[str, object] = {"ask": name, "invoice": first.invoice, "currency": first.currency}
    said |= {"reason": ask["reason"], "net_minor": net, "tax_minor": tax, "total_minor": net + tax}
    note = {**said, "subject": first.customer, "subscription": first.subscription}
    note |= {"plan": first.plan, "lines": canonical(msgspec.to_builtins(list(parts)))}
    sides = books.given_back([(one.kind, one.net_minor, one.tax_minor) for one in parts])
    entry = f"credit note {name} on invoice {first.invoice}"
    return Decision(
        verb="credit.issue",
        subject=first.customer,
        episode=f"{first.invoice} credit {name}",
        parameters=said,
        evidence=Evidence(
            because=f"{money} of invoice {first.invoice} asked back: {ask['reason']}",
            rule="no more than is left of the invoice; tax in proportion by line",
            facts={
                "asked_at": ask["asked_at"],
                "amount_minor": money.minor,
                "tax_minor": tax,
                "lines": len(parts),
            },
            counterfactual="would not be issued if less were left of the invoice",
        ),
        worth=Worth(money, money, money),
        rows={
            "credit.issued": [note],
            "journal.posted": _booked(first.customer, entry, sides, ask, now),
        },
    )


def looked_at(ask: Row, why: str, role: str) -> Decision:
    """A person looks at what cannot be given back."""
    asked_at, invoice = ask["asked_at"], ask["invoice"]
    due_at = asked_at + timedelta(days=1) if isinstance(asked_at, datetime) else None
    task: dict[str, object] = {
        "role": role,
        "what": f"look at the credit asked for on invoice {invoice}",
        "why": why,
        "due_at": due_at,
    }
    return Decision(
        verb="task.assign",
        subject=str(ask["customer"]),
        episode=f"{invoice} refused {ask['ask']}",
        parameters=task,
        evidence=Evidence(
            because=f"a credit on invoice {invoice} was asked for, but {why}",
            rule="no more than is left of the customer's own invoice",
            facts={"amount_minor": ask["amount_minor"], "asked_at": asked_at},
            counterfactual="a credit note would be issued if enough of the invoice were left",
        ),
        rows={"task.assigned": [{"subject": ask["customer"], **task}]},
    )


def given_up(invoice: Row, days: int, now: datetime) -> Decision:
    """What failed so long ago that nobody expects it any more."""
    minor, name = int(str(invoice["owed_minor"])), invoice["invoice"]
    evidence = Evidence(
        because=f"{Money(minor, str(invoice['currency']))} of invoice {name} failed at least "
        f"{days} days ago, and nothing came",
        rule="first_failed_at + write_off_days <= now",
        facts={"first_failed_at": invoice["first_failed_at"], "owed_minor": minor, "days": days},
        counterfactual="would wait if it were paid, or had failed later",
    )
    return _debt(invoice, minor, evidence, f"{name} given up", now)


def restored(debt: Row, amount_minor: int, now: datetime) -> Decision:
    """Money of the customer is there: so much of the debt is owed again, and is paid with it."""
    name, lost = debt["invoice"], int(str(debt["amount_minor"]))
    evidence = Evidence(
        because=f"{Money(amount_minor, str(debt['currency']))} of the customer's are there, and "
        f"invoice {name} was given up",
        rule="a credit brings back what was given up",
        facts={"given_up_minor": lost, "credit_minor": amount_minor},
        counterfactual="would stay given up without a credit",
    )
    return _debt(debt, -amount_minor, evidence, f"{name} restored {debt['restorations']}", now)


def _debt(row: Row, lost_minor: int, evidence: Evidence, episode: str, now: datetime) -> Decision:
    """Lost, or below zero found again; an entry named by its episode."""
    customer, back = str(row["customer"]), lost_minor < 0
    money = Money(abs(lost_minor), str(row["currency"]))
    said = {"invoice": row["invoice"], "currency": money.currency, "amount_minor": money.minor}
    kept = {"subject": customer, "subscription": row["subscription"], **said}
    kept |= {"recovers": money.minor == row["amount_minor"]} if back else {}
    sides = books.given_up(lost_minor)
    return Decision(
        verb="debt.restore" if back else "debt.write_off",
        subject=customer,
        episode=episode,
        parameters=said,
        evidence=evidence,
        worth=Worth(money, money, money),
        rows={
            "debt.restored" if back else "debt.written_off": [kept],
            "journal.posted": _booked(customer, f"invoice {episode}", sides, row, now),
        },
    )


def _booked(subject: str, entry: str, sides: Mapping[str, int], row: Row, now: datetime) -> Rows:
    """The sides of an entry, of the day on which it is decided."""
    common = {"subject": subject, "entry": entry, "currency": row["currency"], "booked_for": now}
    return [
        {**common, "account": account, "amount_minor": amount} for account, amount in sides.items()
    ]
