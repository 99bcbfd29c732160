"""Charges through Stripe's own library against a stand-in on loopback."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.connectors.stripe import SECRET, connect, from_stripe, minor_units
from psizero.core.clock import VirtualClock
from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.money import CURRENCY_DIGITS
from psizero.core.ports import Connector
from psizero.core.records import Action, Receipt
from psizero.house.members import members

NOW = datetime(2026, 10, 8, 6)
KEY = "0123456789abcdef"
OWED = {"invoice": "A-7", "amount_minor": 4_900, "currency": "EUR", "attempt": "due"}
DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "message": "no",
    "payment_intent": {"id": "pi_2", "object": "payment_intent"},
}


class StandIn:
    """Stripe as far as we use it: it keeps idempotency keys, and answers `upset` first."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, object]] = {}
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.upset: list[tuple[int, dict[str, object], dict[str, str]]] = []
        self.default: str | None = "pm_1"
        self.methods = ["pm_9"]
        self.hang_up = False

    def answer(self, path: str, said: dict[str, str], key: str) -> tuple[int, object]:
        if path.startswith("/v1/customers/cus_1/payment_methods"):
            return 200, {"object": "list", "data": [{"id": one} for one in self.methods]}
        if path.startswith("/v1/customers/"):
            return 200, {
                "id": "cus_1",
                "invoice_settings": {"default_payment_method": self.default},
            }
        if path.startswith("/v1/payment_intents/search"):
            wanted = said["query"].split('"')[3]
            found = [one for one in self.intents.values() if one["action"] == wanted]
            return 200, {"object": "search_result", "data": found}
        action = said["metadata[psizero_action]"]
        made = {"id": f"pi_{len(self.intents) + 1}", "object": "payment_intent"}
        known = self.intents.setdefault(key, {**made, "status": "succeeded", "action": action})
        return 200, known

    def served(self, asked: WSGIEnvironment, begin: StartResponse) -> Iterator[bytes]:
        """One request, as WSGI has it."""
        verb, path = str(asked["REQUEST_METHOD"]), str(asked["PATH_INFO"])
        length = int(str(asked.get("CONTENT_LENGTH") or 0))
        body = asked["wsgi.input"].read(length).decode() if length else ""
        said = {name: values[0] for name, values in parse_qs(body).items()}
        key = str(asked.get("HTTP_IDEMPOTENCY_KEY", ""))
        self.asked.append((verb, path, said, key))
        query = parse_qs(str(asked.get("QUERY_STRING", "")))
        status, answer = self.answer(path, said or {n: v[0] for n, v in query.items()}, key)
        headers: dict[str, str] = {}
        if self.upset and verb == "POST":
            status, error, headers = self.upset.pop(0)
            answer = {"error": error}
        raw = b"" if self.hang_up else json.dumps(answer).encode()
        length = len(raw) + (self.hang_up and 10)  # announced, and never sent
        begin(f"{status} Said", list({**headers, "Content-Length": str(length)}.items()))
        yield raw


@pytest.fixture
def stripe() -> Iterator[tuple[StandIn, int]]:
    stand_in = StandIn()
    with make_server("127.0.0.1", 0, stand_in.served) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield stand_in, server.server_port
        server.shutdown()
        thread.join()


def resolve(subject: str, channel: str) -> str:
    if (subject, channel) != ("ann", "stripe"):
        raise Refused("no address is known", "to")
    return "cus_1"


def connected(folder: Path, port: int, patch: pytest.MonkeyPatch) -> Connector:
    patch.setenv(SECRET, "sk_test_1")
    (folder / "stripe.toml").write_text(f'base = "http://127.0.0.1:{port}"\ntimeout_seconds = 5\n')
    found: Connector = connect(folder, VirtualClock(NOW), resolve)
    return found


def charge(key: str = KEY, subject: str = "ann", **changes: object) -> Action:
    said = OWED | changes
    return Action(key=key, verb="payment.charge", subject=subject, parameters=said)


def test_a_charge(
    stripe: tuple[StandIn, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off-session on the default method, under the action's key; again it is the same charge."""
    stand_in, port = stripe
    connector = connected(tmp_path, port, monkeypatch)
    assert connector.ask(KEY) is None
    assert connector.perform(charge()) == Receipt("done", "pi_1")
    assert connector.perform(charge()) == Receipt("done", "pi_1")
    assert connector.ask(KEY) == Receipt("done", "pi_1")
    assert connector.ask('"') is None
    assert len(stand_in.intents) == 1
    _, path, said, key = next(one for one in stand_in.asked if one[0] == "POST")
    assert (path, key) == ("/v1/payment_intents", KEY)
    assert said["amount"] == "4900" and said["currency"] == "eur" and said["customer"] == "cus_1"
    assert said["off_session"] == said["confirm"] == "true" and said["payment_method"] == "pm_1"
    assert said["metadata[invoice]"] == "A-7" and said["metadata[customer]"] == "ann"


def test_another_key_is_another_charge(
    stripe: tuple[StandIn, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in, port = stripe
    connector = connected(tmp_path, port, monkeypatch)
    stand_in.default = None
    assert connector.perform(charge()).reference == "pi_1"
    assert connector.perform(charge(key="another")).reference == "pi_2"
    assert stand_in.asked[-1][2]["payment_method"] == "pm_9", "without a default the newest"
    stand_in.methods = []
    with pytest.raises(Refused, match="no means of payment"):
        connector.perform(charge(key="third"))


def test_what_goes_wrong(
    stripe: tuple[StandIn, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decline is an attempt that was made; the rest in the words of the hands."""
    stand_in, port = stripe
    connector = connected(tmp_path, port, monkeypatch)
    stand_in.upset = [(402, DECLINED, {})]
    assert connector.perform(charge()) == Receipt("done", "pi_2", "A-7: insufficient_funds")
    limit = {"type": "invalid_request_error", "code": "rate_limit", "message": "slow"}
    stand_in.upset = [(429, limit, {"Retry-After": "40"})]
    with pytest.raises(Later) as later:
        connector.perform(charge())
    assert later.value.after == NOW + timedelta(seconds=40)
    invalid = {"type": "invalid_request_error", "code": "resource_missing", "message": "cus_1"}
    for status, error, raised in (
        (401, {"type": "invalid_request_error", "message": "sk_test_1"}, Later),
        (400, invalid, Refused),
        (409, {"type": "invalid_request_error", "code": "lock_timeout", "message": "x"}, Later),
        (400, {"type": "idempotency_error", "message": "keys"}, Refused),
        (500, {"type": "api_error", "message": "oops"}, Unknown),
    ):
        stand_in.upset = [(status, error, {})]
        with pytest.raises(raised) as fault:
            connector.perform(charge())
        assert "sk_test" not in str(fault.value) and "cus_1" not in str(fault.value)
    stand_in.hang_up = True
    with pytest.raises(Unknown):
        connector.perform(charge())


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 0},
        {"amount_minor": "4900"},
        {"currency": "KWD", "amount_minor": 1_001},
        {"subject": "bob"},
        {"key": "no key"},
        {"currency": 7},
    ],
)
def test_what_cannot_be_charged(
    stripe: tuple[StandIn, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
) -> None:
    stand_in, port = stripe
    connector = connected(tmp_path, port, monkeypatch)
    with pytest.raises(Refused):
        connector.perform(charge(**changes))
    assert not [one for one in stand_in.asked if one[0] == "POST"]


@given(st.sampled_from(sorted(CURRENCY_DIGITS)), st.integers(1, 10**9))
def test_amounts_come_back(currency: str, tens: int) -> None:
    assert from_stripe(minor_units(tens * 10, currency), currency) == tens * 10


def test_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    clock = VirtualClock(NOW)
    for text, said in (
        (None, "not set up"),
        ("", "no key"),
        ('base = "http://api.example"', "https"),
        ("bse = 1", "bse"),
        ("base", "stripe.toml"),
    ):
        if text is not None:
            (tmp_path / "stripe.toml").write_text(text)
        with pytest.raises(Problem, match=said):
            connect(tmp_path, clock, resolve)
    assert members().connectors["stripe"].connect is connect
