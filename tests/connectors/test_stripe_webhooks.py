"""What Stripe's webhooks tell: signed by them, told late, twice and out of order."""

import hmac
import json
import time
from datetime import UTC, datetime

from psizero.connectors.stripe.returned import Told, received

KEY, WEBHOOK = "0123456789abcdef", "whsec_test"


def told(kind: str, thing: dict[str, object], *, age: int = 0, signed_by: str = WEBHOOK) -> Told:
    """A delivery as Stripe signs it: HMAC-SHA256 over the time and the body."""
    at = int(time.time())
    event = {"id": f"evt_{kind}", "type": kind, "created": 1_791_000_000, "data": {"object": thing}}
    body = json.dumps(event).encode()
    said = hmac.new(signed_by.encode(), f"{at - age}.".encode() + body, "sha256").hexdigest()
    came = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    return Told(body, f"t={at - age},v1={said}", came)


INTENT: dict[str, object] = {
    "id": "pi_1",
    "customer": "cus_1",
    "amount": 4900,
    "amount_received": 4900,
    "currency": "eur",
    "metadata": {"customer": "ann", "invoice": "A-7", "psizero_action": KEY},
    "latest_charge": "ch_1",
    "something_new": {"a": 1},
}
KNOWN = {"cus_1": "ann"}.get


def test_money_came() -> None:
    one = told("payment_intent.succeeded", INTENT)
    status, rows = received(one, WEBHOOK, KNOWN)
    assert status == 200
    assert rows["payment.succeeded"] == [
        {
            "id": "stripe/pi_1",
            "subject": "ann",
            "occurred_at": datetime(2026, 10, 3, 4),
            "cause": KEY,
            "amount_minor": 4900,
            "currency": "EUR",
            "invoice": "A-7",
        }
    ]
    assert received(one, WEBHOOK, KNOWN) == (status, rows), "told twice it is the same row"


def test_a_try_failed() -> None:
    """Each try of an intent by its charge; the issuer's reason before the general one."""
    known = {"code": "card_declined", "decline_code": "expired_card"}
    general = {"code": "authentication_required"}
    for fault, charge_id, said in (
        (known, "ch_1", "expired_card"),
        (general, "ch_2", "authentication_required"),
    ):
        thing = INTENT | {"last_payment_error": fault, "latest_charge": charge_id}
        rows = received(told("payment_intent.payment_failed", thing), WEBHOOK, KNOWN)[1]
        row = rows["payment.failed"][0]
        assert (row["id"], row["decline_code"]) == (f"stripe/pi_1/{charge_id}", said)


def test_cards_and_customers() -> None:
    card: dict[str, object] = {"id": "pm_1", "customer": "cus_1", "type": "card"}
    rows = received(told("payment_method.attached", card), WEBHOOK, KNOWN)[1]
    assert rows["payment.method_updated"][0]["method"] == "card"
    assert rows["payment.method_updated"][0]["subject"] == "ann"
    customer: dict[str, object] = {"id": "cus_7", "metadata": {"customer": "bob"}}
    linked = received(told("customer.created", customer), WEBHOOK, KNOWN)[1]["payer.linked"][0]
    assert (linked["subject"], linked["gateway"], linked["account"]) == ("bob", "stripe", "cus_7")
    assert received(told("customer.created", {"id": "cus_8"}), WEBHOOK, KNOWN) == (200, {})
    assert received(told("invoice.paid", {"id": "in_1"}), WEBHOOK, KNOWN) == (200, {})


def test_nobodys_money_is_a_row_without_a_subject() -> None:
    """So it is rejected and counted at the intake, and not lost."""
    thing = {name: value for name, value in INTENT.items() if name != "metadata"}
    row = received(told("payment_intent.succeeded", thing | {"customer": "cus_0"}), WEBHOOK, KNOWN)
    assert row[1]["payment.succeeded"][0]["subject"] is None


def test_what_is_not_theirs() -> None:
    good = told("payment_intent.succeeded", INTENT)
    other = Told(good.body.replace(b"4900", b"9900"), good.signature, good.at)
    junk = Told(b"{", told("x", {"id": "1"}).signature, good.at)
    for bad in (
        other,
        junk,
        Told(good.body, "", good.at),
        Told(good.body, "t=a,v1=b", good.at),
        Told(b"\xff", good.signature, good.at),
        told("payment_intent.succeeded", INTENT, signed_by="another"),
        told("payment_intent.succeeded", INTENT, age=600),
        told("payment_intent.succeeded", {"no": "id"}),
    ):
        assert received(bad, WEBHOOK, KNOWN) == (400, {})
