"""What Stripe tells by webhook: money that came, a try that failed, a new card. Pure.

Deliveries come late, twice and out of order. So a row is named by the thing it tells of, not by the
delivery: told twice it is one row, and what happened first is said by `occurred_at`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from psizero.connectors.stripe import from_stripe
from psizero.core.arrival import PAYER, Delivery, Received, Terms, batched, owed, refused

_TOLERANCE_SECONDS = 300
Rows = Mapping[str, list[dict[str, object]]]


class Told(msgspec.Struct, frozen=True):
    """One delivery: its body, the header Stripe-Signature, and when it came."""

    body: bytes
    signature: str
    at: datetime


class _Fault(msgspec.Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None


class _Means(msgspec.Struct, frozen=True):
    type: str = ""


class _Thing(msgspec.Struct, frozen=True):
    """What any object of theirs may hold of what we read."""

    id: str
    customer: str | None = None
    metadata: Mapping[str, str] = {}
    amount: int = 0
    amount_received: int = 0
    currency: str = ""
    latest_charge: str | None = None
    last_payment_error: _Fault | None = None
    type: str = ""
    email: str | None = None


class _Data(msgspec.Struct, frozen=True):
    object: _Thing


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    created: int
    data: _Data


def receive(delivery: Delivery, secret: str, terms: Terms) -> Received:
    """The rows by kind; 400 where it is not signed by them, or long ago."""
    told = Told(delivery.body, delivery.headers.get("stripe-signature", ""), delivery.at)
    status, rows = received(told, secret, lambda account: None)
    if status != 200:
        return refused("not signed by Stripe, or too long ago", status)
    made = [batched(terms, kind, said, "stripe") for kind, said in rows.items()]
    return Received(batches=[owed(batch, rows[batch.kind]) for batch in made])


def received(told: Told, secret: str, known: Callable[[str], str | None]) -> tuple[int, Rows]:
    """The status of the reply (400 where it is not signed by them), and the rows that follow.

    `known` gives the customer who has an id of theirs, None where nobody has it.
    """
    import stripe

    try:
        body = told.body.decode()
        said = stripe.WebhookSignature.verify_header(body, told.signature, secret)
        # the SDK asks the wall for the age of a signature, here it is the instant of the delivery
        event = msgspec.json.decode(told.body, type=_Event) if said else None
    except (stripe.SignatureVerificationError, msgspec.MsgspecError, UnicodeDecodeError):
        return 400, {}
    if event is None or _too_old(told):
        return 400, {}
    read = _READ.get(event.type)
    return 200, read(event, known) if read else {}


def _too_old(told: Told) -> bool:
    """A signature of another day may be a replay."""
    parts = dict(part.partition("=")[::2] for part in told.signature.split(","))
    at = datetime.fromtimestamp(int(parts["t"]), UTC).replace(tzinfo=None)
    return abs(told.at - at) > timedelta(seconds=_TOLERANCE_SECONDS)


def _row(event: _Event, name: str, known: Callable[[str], str | None]) -> dict[str, object]:
    """The envelope; a customer nobody knows is none, and the row is rejected and counted."""
    thing = event.data.object
    subject = thing.metadata.get("customer") or (known(thing.customer) if thing.customer else None)
    at = datetime.fromtimestamp(event.created, UTC).replace(tzinfo=None)
    row: dict[str, object] = {"id": f"stripe/{name}", "subject": subject, "occurred_at": at}
    if subject is None:
        row[PAYER] = thing.customer
    if thing.metadata.get("psizero_action"):
        row["cause"] = thing.metadata["psizero_action"]
    return row


def _paid(event: _Event, known: Callable[[str], str | None]) -> Rows:
    thing = event.data.object
    currency = thing.currency.upper()
    money = {"amount_minor": from_stripe(thing.amount_received, currency), "currency": currency}
    row = _row(event, thing.id, known) | money | {"invoice": thing.metadata.get("invoice")}
    return {"payment.succeeded": [row]}


def _failed(event: _Event, known: Callable[[str], str | None]) -> Rows:
    """Every try of an intent fails by itself, and is named by its charge."""
    thing = event.data.object
    currency, fault = thing.currency.upper(), thing.last_payment_error or _Fault()
    money = {"amount_minor": from_stripe(thing.amount, currency), "currency": currency}
    said = {"invoice": thing.metadata.get("invoice"), "decline_code": _code(fault)}
    name = f"{thing.id}/{thing.latest_charge or event.created}"
    return {"payment.failed": [_row(event, name, known) | money | said]}


def _code(fault: _Fault) -> str | None:
    """`card_declined` alone says nothing: the issuer's reason stands beside it."""
    return fault.decline_code or fault.code


def _renewed(event: _Event, known: Callable[[str], str | None]) -> Rows:
    thing = event.data.object
    return {"payment.method_updated": [_row(event, thing.id, known) | {"method": thing.type}]}


def _linked(event: _Event, known: Callable[[str], str | None]) -> Rows:
    """A customer of theirs that names one of ours in its metadata."""
    thing = event.data.object
    if not thing.metadata.get("customer"):
        return {}
    link = {"gateway": "stripe", "account": thing.id}
    return {"payer.linked": [_row(event, f"{event.id}", known) | link]}


_READ: Mapping[str, Callable[[_Event, Callable[[str], str | None]], Rows]] = {
    "payment_intent.succeeded": _paid,
    "payment_intent.payment_failed": _failed,
    "payment_method.attached": _renewed,
    "customer.created": _linked,
    "customer.updated": _linked,
}
