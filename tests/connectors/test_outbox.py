"""The outbox: one mail file for a key, and nothing in it that was not meant."""

import email
import email.policy
import tomllib
from datetime import datetime
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psizero.connectors.outbox import Outbox
from psizero.core.clock import VirtualClock
from psizero.core.errors import Problem, Refused, Unknown
from psizero.core.ports import Connector
from psizero.core.records import Action, Receipt

NOW = datetime(2026, 10, 8, 6, 0)
HEADERS = [
    "Date",
    "From",
    "To",
    "Message-ID",
    "Subject",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]
BREAKS = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")


def an_outbox(folder: Path, address: str = "ann@example.com") -> Outbox:
    return Outbox(folder, "billing@acme.example", lambda _: address, VirtualClock(NOW))


def an_action(key: str = "k1", verb: str = "message.send", **changed: object) -> Action:
    parameters = {"to": "ann", "topic": "Hello", "text": "One\nTwo\n"} | changed
    return Action(key=key, verb=verb, subject="ann", parameters=parameters)


def parsed(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage) and not message.defects
    return message


def body(path: Path) -> str:
    """The text, with the line breaks of mail as those of text."""
    content = parsed(path).get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_mail(tmp_path: Path) -> None:
    outbox: Connector = an_outbox(tmp_path / "out")
    assert outbox.perform(an_action()) == Receipt("done", "k1.eml")
    assert (tmp_path / "out" / "k1.eml").read_bytes() == (
        b"Date: Thu, 08 Oct 2026 06:00:00 +0000\r\n"
        b"From: billing@acme.example\r\n"
        b"To: ann@example.com\r\n"
        b"Message-ID: <k1@acme.example>\r\n"
        b"Subject: Hello\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"One\r\nTwo\r\n"
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["k1.eml"]
    assert (tmp_path / "out" / "k1.eml").stat().st_mode & 0o077 == 0


@given(st.text(), st.text())
@example("a\r\nBcc: eve@example.com\r\n\r\nhi", "a\r\n.\r\nFrom x\r\n")
@example("=?utf-8?q?a?=  " + "long " * 40, "\r\r\n\n =\t\n" + "x" * 2000 + " ")
@example("=?utf-8?q?a?=", "From ann\n>From")
@example("x" * 300, "=41=")
@example("é" * 200 + "\x00\u2028Bcc: e@x", "\x00\x1b\x85")
def test_any_text(tmp_path_factory: pytest.TempPathFactory, topic: str, text: str) -> None:
    folder = tmp_path_factory.mktemp("out")
    an_outbox(folder).perform(an_action(topic=topic, text=text))
    message = parsed(folder / "k1.eml")
    assert message.keys() == HEADERS
    assert message["Subject"] == topic.translate(BREAKS)
    assert body(folder / "k1.eml") == text.replace("\r\n", "\n").replace("\r", "\n")
    raw = (folder / "k1.eml").read_bytes()
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 78
    assert not set(raw.replace(b"\r\n", b"")) & {10, 13}


PAGE = "<!DOCTYPE html>\n<p>One &amp; two: 5 € =_x</p>\n"


def test_text_and_html(tmp_path: Path) -> None:
    """Both parts as they were given, the plain one first, the richer one last."""
    an_outbox(tmp_path).perform(an_action(html=PAGE))
    message = parsed(tmp_path / "k1.eml")
    assert message.keys() == HEADERS[:-1]
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [one.get_content_type() for one in parts] == ["text/plain", "text/html"]
    contents = [one.get_content().replace("\r\n", "\n") for one in parts]
    assert contents == ["One\nTwo\n", PAGE]
    chosen = message.get_body(preferencelist=("html", "plain"))
    assert chosen is not None and chosen.get_content_type() == "text/html"


@given(st.text(), st.text())
@example("--=_x\r\n--", "=_" * 60 + "\r\n.\r\nFrom x")
def test_any_two_parts(tmp_path_factory: pytest.TempPathFactory, text: str, page: str) -> None:
    folder = tmp_path_factory.mktemp("out")
    for key in ("k1", "k2"):
        an_outbox(folder).perform(an_action(key, text=text, html=page))
    parts = [one.get_content() for one in parsed(folder / "k1.eml").iter_parts()]
    wanted = [one.replace("\r\n", "\n").replace("\r", "\n") for one in (text, page)]
    assert [one.replace("\r\n", "\n").removesuffix("\n") for one in parts] == [
        one.removesuffix("\n") for one in wanted
    ]
    raw = (folder / "k1.eml").read_bytes()
    assert raw == (folder / "k2.eml").read_bytes().replace(b"k2@", b"k1@")
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 78


def test_same_key_is_one_file(tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    outbox = Outbox(tmp_path, "billing@acme.example", lambda _: "ann@example.com", clock)
    assert outbox.ask("k1") is None
    first = outbox.perform(an_action())
    content = (tmp_path / "k1.eml").read_bytes()
    clock.move_to(datetime(2026, 10, 9))
    assert outbox.perform(an_action(topic="Another")) == first == outbox.ask("k1")
    assert (tmp_path / "k1.eml").read_bytes() == content
    outbox.perform(an_action("k2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k1.eml", "k2.eml"]


def test_cut_off_midway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    outbox = an_outbox(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(Unknown, match="No space left"):
            outbox.perform(an_action())
    assert outbox.ask("k1") is None
    assert outbox.perform(an_action()) == Receipt("done", "k1.eml")
    assert [path.name for path in tmp_path.iterdir()] == ["k1.eml"]


@pytest.mark.parametrize("at", [datetime(2026, 9, 1, 12), "2026-09-01T14:00:00+02:00"])
def test_the_date_of_the_action(at: object, tmp_path: Path) -> None:
    an_outbox(tmp_path).perform(an_action(at=at))
    assert parsed(tmp_path / "k1.eml")["Date"] == "Tue, 01 Sep 2026 12:00:00 +0000"


def test_manifest() -> None:
    text = (files("psizero.connectors.outbox") / "manifest.toml").read_text()
    told = tomllib.loads(text)
    assert (told["name"], tuple(told["verbs"]), told["settle"]) == (
        Outbox.name,
        Outbox.verbs,
        Outbox.settle,
    )


def test_chat(tmp_path: Path) -> None:
    outbox = an_outbox(tmp_path)
    outbox.perform(an_action(channel="chat"))
    outbox.perform(an_action("k2", channel="mail"))
    assert parsed(tmp_path / "k1.eml")["X-Channel"] == "chat"
    assert parsed(tmp_path / "k2.eml")["X-Channel"] is None


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (an_action(verb="invoice.issue"), "verb"),
        (an_action("../k1"), "key"),
        (an_action("k1\n"), "key"),
        (an_action(".k1"), "key"),
        (an_action(to=7), "to"),
        (an_action(topic=None), "topic"),
        (an_action(text=b"x"), "text"),
        (an_action(text={"document": {"table": "briefing", "key": {}}}), "text"),
        (an_action(html=7), "html"),
        (an_action(at="soon"), "at"),
        (an_action(channel="pigeon"), "channel"),
    ],
)
def test_refused(action: Action, field: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        an_outbox(tmp_path / "out").perform(action)
    assert refused.value.field == field
    assert list(tmp_path.rglob("*.eml")) == []
    assert an_outbox(tmp_path).ask(action.key) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b\r\nBcc: eve@example.com",
        "a@b\n",
        "a@b, eve@example.com",
        "Ann <a@b>",
        "a b@c",
        "ä@b",
    ],
)
def test_address_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        an_outbox(tmp_path, address).perform(an_action())
    assert refused.value.field == "to" and (not address or address not in str(refused.value))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Problem):
        Outbox(tmp_path, address, str, VirtualClock(NOW))


def test_no_address(tmp_path: Path) -> None:
    def resolve(recipient: str) -> str:
        raise Refused(f"{recipient} has no address", "to")

    with pytest.raises(Refused, match="ann has no address"):
        Outbox(tmp_path, "billing@acme.example", resolve, VirtualClock(NOW)).perform(an_action())
    assert list(tmp_path.iterdir()) == []
