"""Uses every payment that comes in: for the invoice it names, else for the oldest that is owed.

Reads the payments that wait, the invoices that are owed and the credits that customers have. What
is left of a payment is kept as the customer's credit; a credit is used before anybody is charged.
Every use is booked: cash or credit against the receivable. What is due and was never tried is
charged once to the means of payment that the customer left. Measured after 7 days by whether any
customer still has a credit beside an invoice that is owed.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.core.tables import Facts
from psizero.finance.allocation import Part, allocated
from psizero.finance.books import received
from psizero.finance.dues import due_charges


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`named_first`: the invoice that a payment names goes before older ones. `charges`: what is
    due is charged, `due_days` after it was issued; without it the gateway does so by itself.
    """

    named_first: bool = True
    charges: bool = True
    due_days: int = 7


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each part of a payment or of a credit, and for each charge."""
    payments, credits = facts["payments_waiting"], facts["credits"]
    if not settings.named_first:
        payments = payments.with_columns(invoice=pl.lit(""))
    for part in allocated(payments, credits, facts["receivables"]):
        yield _applied(part)
    if settings.charges:
        yield from due_charges(facts["charges_due"], settings.due_days, now)


def _applied(part: Part) -> Decision:
    money = Money(part.amount_minor, part.currency)
    source = f"payment {part.payment}" if part.payment else "the customer's credit"
    target = f"invoice {part.invoice}" if part.invoice else "a credit for the next invoice"
    said: dict[str, object] = {
        "payment": part.payment,
        "invoice": part.invoice,
        "amount_minor": part.amount_minor,
        "currency": part.currency,
    }
    entry = {"subject": part.customer, "currency": part.currency, "booked_for": part.at}
    entry["entry"] = f"{source} for {target} {part.occasion}".strip()
    sides = received(part.amount_minor, not part.payment, not part.invoice)
    return Decision(
        verb="payment.apply",
        subject=part.customer,
        episode=f"{part.payment or 'credit'} {part.invoice or 'kept'} {part.occasion}".strip(),
        parameters=said,
        evidence=Evidence(
            because=f"{money} of {source} for {target}: {part.why}",
            rule="the invoice named, else the oldest owed; what is left is a credit",
            facts={"owed_minor": part.owed_minor, "received_at": part.at},
            counterfactual="nothing would be used if nothing were owed and nothing had come",
        ),
        worth=Worth(money, money, money),
        rows={
            "payment.applied": [
                {"subject": part.customer, **said, "settles": part.settles, "spends": part.spends}
            ],
            "journal.posted": [
                {**entry, "account": account, "amount_minor": amount}
                for account, amount in sides.items()
            ],
        },
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Credit that lies beside an invoice that is owed; good when there is none."""
    owing = facts["receivables"].select("customer", "currency").unique()
    idle = (
        facts["credits"]
        .filter(pl.col("balance_minor") > 0)
        .join(owing, on=["customer", "currency"], how="semi")
    )
    left = idle.group_by("customer").agg(idle_minor=pl.col("balance_minor").sum())
    joined = due.join(left, left_on="subject", right_on="customer", how="left")
    idle_minor = pl.col("idle_minor").fill_null(0)
    return joined.select(
        "decision",
        name=pl.lit("credit beside an open invoice"),
        value=idle_minor.cast(pl.Float64),
        unit=pl.lit("minor units"),
        good=idle_minor == 0,
    )


_PAYING = ("payment.succeeded", "payment.method_updated")
AUTOMATION = Automation(
    name="finance.collection",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("payments_waiting", "credits", "receivables", "charges_due"),
    measure_reads=("credits", "receivables"),
    verbs=("payment.apply", "payment.charge"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    due=Due("charges_due", "issued_at", "due_days"),
    wakes_on=(*_PAYING, "invoice.issued", "credit.issued", "debt.restored", "grant.moved"),
)
