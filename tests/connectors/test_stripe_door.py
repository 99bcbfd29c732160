"""Stripe's webhooks over a real socket: who signs comes in, once, and nobody else."""

import hmac
import json
import time
from collections.abc import Iterator

import httpx
import pytest
import stripe

from tests.api.pushing import Push, founded, pushing

SECRET = "whsec_" + "test"
PATH = "/in/stripe"


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    with pushing(
        founded(tmp_path_factory.mktemp("push") / "home", {"stripe/webhook": SECRET})
    ) as found:
        yield found


def told(kind: str, thing: dict[str, object]) -> bytes:
    """A delivery's body."""
    said = {"id": f"evt_{thing['id']}", "type": kind, "created": int(time.time())}
    return json.dumps(said | {"data": {"object": thing}}).encode()


def sent(push: Push, body: bytes, age_seconds: int = 0, secret: str = SECRET) -> httpx.Response:
    """Signed as Stripe does it; the SDK itself agrees where it is right."""
    at = int(time.time()) - age_seconds
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    said = f"t={at},v1={mac}"
    if secret == SECRET:
        assert stripe.WebhookSignature.verify_header(body.decode(), said, SECRET)
    return push.line.post(PATH, content=body, headers={"stripe-signature": said})


INTENT: dict[str, object] = {
    "id": "pi_1",
    "customer": "cus_9",
    "amount_received": 4900,
    "currency": "eur",
    "metadata": {},
}


def test_linked_then_paid(push: Push) -> None:
    """The customer behind an account is known from the letter before; replayed, it is once."""
    link = told("customer.created", {"id": "cus_9", "metadata": {"customer": "ann"}})
    assert sent(push, link).status_code == 200
    body = told("payment_intent.succeeded", INTENT)
    assert [sent(push, body).status_code for _ in range(3)] == [200] * 3
    row = push.row("payment.succeeded")
    assert (row["subject"], row["amount_minor"], row["currency"]) == ("ann", 4900, "EUR")


def test_nobody_else(push: Push) -> None:
    body = told("payment_intent.succeeded", INTENT | {"id": "pi_2"})
    count = push.rows("payment.succeeded").height
    assert sent(push, body, 0, SECRET[::-1]).status_code == 400
    assert sent(push, body, age_seconds=900).status_code == 400
    assert sent(push, body, age_seconds=-900).status_code == 400
    assert push.line.post(PATH, content=body).status_code == 400
    assert push.post(PATH, body).status_code == 400, "a key is no signature"
    assert push.line.post(PATH, content=b"").status_code == 400
    assert push.rows("payment.succeeded").height == count


def test_without_a_secret(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not set up is not refused for good: they try again."""
    with pushing(founded(tmp_path_factory.mktemp("bare") / "home", {})) as bare:
        answer = sent(bare, told("payment_intent.succeeded", INTENT))
        assert answer.status_code == 503 and answer.headers["retry-after"]
        assert SECRET not in answer.text
