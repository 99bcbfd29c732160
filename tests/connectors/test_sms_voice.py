"""Short messages and calls: against a stand-in on loopback, and as files where none is set up."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from socket import create_server
from urllib.parse import parse_qs, urlencode

import pytest

from psizero.connectors import secret
from psizero.connectors.sms_voice import TOKEN as VARIABLE
from psizero.connectors.sms_voice import TOKEN_FILE, connect
from psizero.connectors.sms_voice.returned import Directory, Told, received, signed
from psizero.core.clock import VirtualClock
from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.ports import Connector
from psizero.core.records import Action, Receipt
from psizero.house.members import members

NOW = datetime(2026, 10, 8, 6)
KEY, TOKEN = "0123456789abcdef", "t0ken"
DONE = b"HTTP/1.1 201 Created\r\nContent-Length: 16\r\n\r\n" + b'{"sid": "SM123"}'


def reply(status: str, body: str = "{}", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@contextmanager
def standing_in(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers every request alike (an empty answer hangs up), and what it got."""
    seen: list[bytes] = []
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                got = b""
                while b"\r\n\r\n" not in got:
                    got += line.recv(65536)
                head, _, body = got.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                while len(body) < length:
                    body += line.recv(65536)
                seen.append(head + b"\r\n\r\n" + body)
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], seen
        server.close()
        thread.join(60)


def resolve(to: str, channel: str = "mail") -> str:
    """Numbers of the town."""
    known = {("ann", "phone"): "+491701234567", ("bob", "phone"): "bob"}
    if (to, channel) not in known:
        raise Refused("no number is known", "to")
    return known[to, channel]


def an_account(
    folder: Path, port: int, monkeypatch: pytest.MonkeyPatch, resolve: Callable[..., str] = resolve
) -> Connector:
    """The connector, set up to talk to a port."""
    monkeypatch.setenv("PSIZERO_TWILIO_TOKEN", TOKEN)
    folder.mkdir(exist_ok=True)
    (folder / "sms_voice.toml").write_text(
        f'account_sid = "AC1"\nnumber = "+4930123456"\nbase = "http://127.0.0.1:{port}"\n'
        'told_at = "https://acme.example/in/sms_voice/"\ntimeout_seconds = 3\n'
    )
    return connect(folder, VirtualClock(NOW), resolve)


def an_action(verb: str = "sms.send", key: str = KEY, **changed: object) -> Action:
    said = {"to": "ann", "text": "Pay & rest <now>"} | changed
    return Action(key=key, verb=verb, subject="ann", parameters=said)


SPOKEN = "<Response><Say>Pay &amp; rest &lt;now&gt;</Say></Response>"
ASKED = {
    "sms.send": ("Messages", {"Body": "Pay & rest <now>"}),
    "call.place": ("Calls", {"Twiml": SPOKEN}),
}


@pytest.mark.parametrize("verb", ASKED)
def test_a_request(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, said = ASKED[verb]
    with standing_in(DONE) as (port, seen):
        connector = an_account(tmp_path, port, monkeypatch)
        assert connector.perform(an_action(verb)) == Receipt("done", "SM123")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /2010-04-01/Accounts/AC1/{place}.json HTTP/1.1".encode())
    login = head.partition(b"Authorization: Basic ")[2].split(b"\r\n")[0]
    assert b64decode(login) == b"AC1:t0ken"
    assert {name: values[0] for name, values in parse_qs(body.decode()).items()} == {
        "To": "+491701234567",
        "From": "+4930123456",
        "StatusCallback": f"https://acme.example/in/sms_voice/{KEY}",
        **said,
    }


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (reply("400 Bad", '{"code": 21211, "message": "+491701234567"}'), Refused, "400 21211"),
        (reply("401 No", '{"code": 20003}'), Later, "token"),
        (reply("429 Slow", "{}", "Retry-After: 90\r\n"), Later, "429"),
        (reply("503 Wait"), Later, "503"),
        (reply("500 Oops"), Unknown, "500"),
        (reply("201 Created", "no json"), Unknown, "201"),
        (b"", Unknown, "no answer"),
        (b"HTTP/1.1 2", Unknown, "no answer"),
    ],
)
def test_what_it_says(
    answer: bytes,
    error: type[Exception],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with standing_in(answer) as (port, seen), pytest.raises(error, match=said) as raised:
        an_account(tmp_path, port, monkeypatch).perform(an_action())
    assert len(seen) == 1 and "+49170" not in str(raised.value)
    if isinstance(raised.value, Later):
        wait = timedelta(seconds=90) if said == "429" else timedelta(minutes=15)
        assert raised.value.after == NOW + wait


def test_nobody_there_is_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Later, match="no connection"):
        an_account(tmp_path, port, monkeypatch).perform(an_action())


REFUSED = [
    (an_action("message.send"), "verb"),
    (an_action(key="../x"), "key"),
    (an_action(text=""), "text"),
    (an_action(text="x" * 481), "text"),
    (an_action(text=7), "text"),
]


@pytest.mark.parametrize(("action", "field"), REFUSED)
def test_what_is_no_message(action: Action, field: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        connect(tmp_path, VirtualClock(NOW), resolve).perform(action)
    assert refused.value.field == field and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["bob", "eve"])
def test_without_a_number(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as refused:
        an_account(tmp_path, 9, monkeypatch).perform(an_action(to=to))
    assert refused.value.field == "to"


def test_where_nothing_is_set_up_it_writes_and_reaches_nobody(tmp_path: Path) -> None:
    """One file for a key, whatever comes twice; `ask` knows."""
    connector: Connector = connect(tmp_path / "out", VirtualClock(NOW), resolve)
    assert connector.settle == "ask" and connector.ask(KEY) is None
    first = connector.perform(an_action("call.place", to="eve"))
    assert connector.perform(an_action("call.place", text="another")) == first
    assert first == connector.ask(KEY) == Receipt("done", f"{KEY}.json")
    (path,) = (tmp_path / "out").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text()) == {
        "verb": "call.place",
        "to": "eve",
        "text": "Pay & rest <now>",
        "at": "2026-10-08T06:00:00Z",
    }


def test_half_a_set_up_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A house that means to call does not fall back to files unseen."""
    monkeypatch.delenv("PSIZERO_TWILIO_TOKEN", raising=False)
    path = tmp_path / "sms_voice.toml"
    good = 'account_sid = "AC1"\nnumber = "+4930123456"\n'
    for text, said in (
        (good, "no token"),
        (good + 'base = "http://api.example"\n', "https"),
        (good.replace("+", ""), "number"),
        (good + 'token = "x"\n', "token"),
        ("account_sid", "sms_voice"),
    ):
        path.write_text(text)
        with pytest.raises(Problem, match=said):
            connect(tmp_path, VirtualClock(NOW), resolve)
    kept = tmp_path / "token"
    kept.write_text("s3cret\n")
    kept.chmod(0o640)
    with pytest.raises(Problem, match="read by others"):
        secret(tmp_path, VARIABLE, TOKEN_FILE, "token")
    kept.chmod(0o600)
    assert secret(tmp_path, VARIABLE, TOKEN_FILE, "token") == "s3cret"


URL = f"https://acme.example/in/sms_voice/{KEY}"
KNOWN = Directory({KEY: "ann"}.get, {"+491701234567": "ann"}.get)


def told(fields: dict[str, str], url: str = URL, by: str = TOKEN) -> Told:
    """A request as Twilio would sign it."""
    return Told(url, urlencode(fields).encode(), signed(url, fields, by), NOW)


def test_the_signature_is_twilio_s() -> None:
    """The example of their own documentation."""
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    found = signed("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345")
    assert found == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"MessageStatus": "delivered"}, "message.delivered", {}),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30005"},
            "message.bounced",
            {"reason": "5.1.1 no such handset"},
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "30003"},
            "message.bounced",
            {"reason": "4.2.1 handset unreachable"},
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "1"},
            "message.bounced",
            {"reason": "error 1"},
        ),
        ({"MessageStatus": "sent"}, "", {}),
        (
            {"From": "+491701234567", "Body": " Stop! ", "MessageSid": "SM9"},
            "consent.withdrawn",
            {"purpose": "all", "channel": "sms", "origin": "reply"},
        ),
        (
            {"From": "+491701234567", "Body": "nein danke", "OptOutType": "STOP"},
            "consent.withdrawn",
            {"purpose": "all"},
        ),
        (
            {"From": "+491701234567", "Body": "stop calling it cheap"},
            "message.answered",
            {"text": "stop calling it cheap"},
        ),
        ({"From": "+1", "Body": "stop"}, "", {}),
    ],
)
def test_what_it_tells_us(fields: dict[str, str], kind: str, said: dict[str, object]) -> None:
    status, rows = received(told(fields), TOKEN, KNOWN)
    assert status == 200 and list(rows) == ([kind] if kind else [])
    for (row,) in rows.values():
        assert row["subject"] == "ann" and said.items() <= row.items()
        columns = members().catalog.kinds[kind].columns
        assert set(row) - {"id", "subject", "cause", "occurred_at"} <= set(columns)
    assert received(told(fields), TOKEN, KNOWN) == (status, rows)


def test_what_is_not_signed_is_not_believed() -> None:
    fields = {"MessageStatus": "delivered"}
    good = told(fields)
    for bad in (
        told(fields, by="other"),
        Told(URL.replace(KEY, "0" * 16), good.body, good.signature, NOW),
        Told(URL, b"MessageStatus=failed", good.signature, NOW),
        Told(URL, good.body, "é", NOW),
    ):
        assert received(bad, TOKEN, KNOWN) == (403, {})
    other = told(fields, URL.replace(KEY, "0" * 16))
    assert received(other, TOKEN, KNOWN) == (200, {}), "no action of ours has that key"
