"""Sends every invoice to its customer as it is issued: the sum in the mail, the PDF beside it.

Reads the invoices of the last week. An invoice over nothing is sent only where the owner wants it.
Measured after 7 days by whether the mail came back.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.core.tables import Facts


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`zero_too`: also an invoice whose total is nothing. `attached`: the PDF goes with it."""

    zero_too: bool = False
    attached: bool = True


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One message for each invoice, once."""
    issued = facts["invoices_to_send"]
    if not settings.zero_too:
        issued = issued.filter(pl.col("total_minor") != 0)
    for row in issued.iter_rows(named=True):
        yield _sent(row, settings)


def _sent(row: Mapping[str, object], settings: Settings) -> Decision:
    invoice, period = row["invoice"], _period(row["period_start"], row["period_end"])
    total, tax = (
        Money(int(str(row[f"{n}_minor"])), str(row["currency"])) for n in ("total", "tax")
    )
    nothing = Money(0, total.currency)
    title = "Correction" if row["correction"] else "Invoice"
    lines = [f"{title} {invoice} for {period}: {total}."]
    if tax.minor:
        lines.append(f"{tax} of it is tax.")
    if settings.attached:
        lines.append("The PDF with the use of each day is attached.")
    said: dict[str, object] = {
        "to": row["customer"],
        "topic": f"{title} {invoice}: {total}",
        "text": "\n".join([*lines, "", "Is something not as you expect it? Answer this mail."]),
        "stream": "billing",
    }
    if settings.attached:
        said["attach"] = {"paper": invoice}
    return Decision(
        verb="message.send",
        subject=str(row["customer"]),
        episode=f"invoice {invoice} of {row['issued_at']:%Y-%m-%d}",
        parameters=said,
        evidence=Evidence(
            because=f"invoice {invoice} over {total} was issued {row['issued_at']:%Y-%m-%d %H:%M}",
            rule="every invoice of the last 7 days, once",
            facts={"issued_at": row["issued_at"], "total": str(total), "plan": row["plan"]},
            counterfactual="nothing would be sent if its total were nothing",
        ),
        worth=Worth(nothing, nothing, nothing),
    )


def _period(start: object, end: object) -> str:
    """The days that an invoice is for, the last one included."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return ""
    return f"{start:%Y-%m-%d} to {end - timedelta(microseconds=1):%Y-%m-%d}"


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether mail to the customer came back for good since; good when none did."""
    mail = facts["suppressions"].filter(pl.col("channel") == "mail")
    returned = mail.select("subject", "bounced_at")
    day = pl.col("episode").str.extract(r"(\d{4}-\d\d-\d\d)")
    since = day.str.to_datetime("%Y-%m-%d", time_unit="us")
    back = (pl.col("bounced_at") >= since).fill_null(False)
    return due.join(returned, on="subject", how="left").select(
        "decision",
        name=pl.lit("mail that came back"),
        value=back.cast(pl.Float64),
        unit=pl.lit("mails"),
        good=~back,
    )


AUTOMATION = Automation(
    name="finance.delivery",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("invoices_to_send",),
    measure_reads=("suppressions",),
    verbs=("message.send",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    wakes_on=("invoice.issued",),
)
