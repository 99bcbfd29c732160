"""A mail to the port of a house that runs: an answer, or a person by name, in its thread, soon."""

import json
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

import pytest

from psizero.cli.support import learn
from psizero.connectors.mail.listener import Spool
from psizero.core.clock import WallClock
from psizero.core.policy import Level
from psizero.house import live
from psizero.house.home import House, create, opened
from psizero.house.post import receiving
from tests.connectors.mail_server import CLOCK, serving, sink

ADDRESS = "support@acme.example"
CHARTER = """[bindings]
"ticket.reply" = "mail"
[support]
smtp_port = 0
[settings.customers.ticket_answer]
engineering_owner = "eva"
handovers_daily_count_max = 9
"""
KB = """# Keys
## Rotate a key without downtime
Make a second key under Settings, move your programs to it, then delete the first one.
## Revoke a leaked key
A key that became known is revoked under Settings at once; calls with it get 401.
# Limits
## Rate limits
Beyond a hundred calls a second the answer is 429; wait as long as Retry-After says.
# Invoices
## When invoices come
An invoice is issued on the first day of a month for the month before.
"""
ASKED = {
    "keys.md#rotate-a-key-without-downtime": "rotate the api key, change our key, second key",
    "keys.md#revoke-a-leaked-key": "key was leaked, revoke a key, somebody has our key",
    "keys.md#rate-limits": "we get 429, too many calls, rate limit reached",
    "keys.md#when-invoices-come": "when is the invoice sent, where is the bill, invoice date",
}
OPENINGS = ("how do we deal with", "please help with", "question about", "what to do about")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    levels = dict.fromkeys(("customers.ticket_triage", "customers.ticket_answer"), Level.AUTO)
    create(place, "Acme", "salt", levels)
    (place / "house.toml").write_text(CHARTER)
    taught = tmp_path / "taught"
    (taught / "kb").mkdir(parents=True)
    (taught / "kb" / "keys.md").write_text(KB)
    lines = [
        json.dumps({"subject": part.strip(), "body": f"{word} {part.strip()}", "passage": passage})
        for passage, texts in ASKED.items()
        for part in texts.split(",")
        for word in OPENINGS
    ]
    (taught / "solved.jsonl").write_text("\n".join(lines))
    learn(taught, home=place)
    return place


@contextmanager
def awake(home: Path, out: int) -> Iterator[tuple[House, int]]:
    """The house on the real clock, sending to a port; the port at which it takes mail."""
    (home / "mail").mkdir(exist_ok=True)
    (home / "mail" / "mail.toml").write_text(
        f'sender = "{ADDRESS}"\nhost = "127.0.0.1"\nport = {out}\nsecurity = "none"\n'
    )
    with opened(home) as house:
        life, _ = live.awake(house, WallClock().now, lambda event, **said: None)
        thread = threading.Thread(target=life.run)
        with receiving(house, life, WallClock(), lambda event, **said: None) as port:
            thread.start()
            assert port is not None
            yield house, port
            life.end()
            thread.join(60)


def mailed(port: int, subject: str, text: str, **headers: str) -> None:
    """A mail as a mail program sends it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@town.example>", ADDRESS, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message, from_addr="ann@town.example", to_addrs=[ADDRESS])


def answers(box: Path, many: int) -> list[Message]:
    """What came to the recording server, in order; it is waited for."""
    before = time.monotonic()
    while time.monotonic() - before < 30:
        found = [mail for _, mail in Spool(box, CLOCK).taken()]
        if len(found) >= many:
            at = sorted(found, key=lambda one: message_from_bytes(one.raw)["Date"])
            return [message_from_bytes(one.raw, policy=default) for one in at]
        time.sleep(0.1)
    raise AssertionError("no answer within 30 seconds")


def words(message: Message) -> str:
    assert isinstance(message, EmailMessage)
    return str(message.get_content())


def test_a_mail_is_answered_in_its_thread(home: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    with serving(sink(box)) as out, awake(home, out) as (house, port):
        mailed(port, "API key", "How do we rotate our API key?", Message_ID="<a1@town.example>")
        first = answers(box, 1)[0]
        assert "Make a second key under Settings" in words(first)
        assert "keys.md#rotate-a-key-without-downtime" in words(first)
        assert first["In-Reply-To"] == "<a1@town.example>" == first["References"]
        assert (first["Subject"], first["To"]) == ("Re: API key", "ann@town.example")
        assert first["Auto-Submitted"] == "auto-replied"
        again = {"Message_ID": "<a2@town.example>", "In_Reply_To": str(first["Message-ID"])}
        again["References"] = f"<a1@town.example> {first['Message-ID']}"
        mailed(port, "Re: API key", "That does not help. It still fails!", **again)
        second = answers(box, 2)
        told = next(one for one in second if one["In-Reply-To"] == "<a2@town.example>")
        assert "eva, engineering" in words(told)
        mailed(
            port, "Away", "I am away", Message_ID="<a3@town.example>", Auto_Submitted="auto-replied"
        )
        time.sleep(3)
        assert len(answers(box, 2)) == 2
    with opened(home) as house:
        assert house.read("ticket_said")["ticket"].n_unique() == 2
        assert house.read("ticket_opened").height == 2
        ledger = "".join(map(str, house.read("decision")["parameters"].to_list()))
        ledger += "".join(house.read("decision")["evidence"].to_list())
        assert "rotate our" not in ledger and "does not help" not in ledger
        assert house.read("ticket_said")["text"].str.starts_with("psi1:").all()
        assert house.verify() == []


def test_a_forged_thread_opens_a_ticket_of_its_own(home: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    with serving(sink(box)) as out, awake(home, out) as (_, port):
        mailed(port, "API key", "How do we rotate our API key?", Message_ID="<b1@town.example>")
        name = str(answers(box, 1)[0]["Message-ID"])
        left, _, domain = name.strip("<>").partition("@")
        forged = f"<{left[:-1]}{'0' if left[-1] != '0' else '1'}@{domain}>"
        mailed(port, "Re: API key", "And 429?", Message_ID="<b2@town.example>", In_Reply_To=forged)
        answers(box, 2)
    with opened(home) as house:
        assert house.read("ticket_opened")["ticket"].n_unique() == 2


def test_what_lay_there_when_the_house_died_is_read_at_the_start(
    home: Path, tmp_path: Path
) -> None:
    box, raw = (
        tmp_path / "box",
        b"From: ann@town.example\r\nMessage-ID: <c@t>\r\n\r\nHelp: 429!\r\n",
    )
    Spool(home / "mail", WallClock()).lay("ann@town.example", (ADDRESS,), raw)
    with serving(sink(box)) as out, awake(home, out):
        assert len(answers(box, 1)) == 1
    assert list((home / "mail" / "in").glob("*.mail")) == []


def test_a_mail_that_breaks_its_reader_stops_no_other(home: Path, tmp_path: Path) -> None:
    """Too deep for its parser, and a file that is none: both set aside, and the third is answered.

    The one whose charset has no name that Python knows is read as well as can be.
    """
    box, spool = tmp_path / "box", Spool(home / "mail", WallClock())
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(3000)
    )
    spool.lay("eve@town.example", (ADDRESS,), b"From: eve@town.example\r\n" + deep)
    (home / "mail" / "in" / "0.mail").write_bytes(b"\x00cut off")
    odd = b'Content-Type: text/plain; charset="a\x00b"\r\n\r\nHelp: we get 429 \xff\x00\r\n'
    spool.lay(
        "ann@town.example", (ADDRESS,), b"From: ann@town.example\r\nMessage-ID: <c@t>\r\n" + odd
    )
    with serving(sink(box)) as out, awake(home, out):
        assert answers(box, 1)[0]["In-Reply-To"] == "<c@t>"
    left = sorted(path.suffix for path in (home / "mail" / "in").iterdir())
    assert left == [".damaged", ".damaged"]


def test_the_same_mail_twice_is_one_message(home: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    with serving(sink(box)) as out, awake(home, out) as (_, port):
        for _ in range(2):
            mailed(port, "429", "We get 429 all the time", Message_ID="<d1@town.example>")
        answers(box, 1)
        time.sleep(2)
        assert len(answers(box, 1)) == 1
    with opened(home) as house:
        assert house.read("ticket_said").height == 1
        assert isinstance(house.read("ticket_said")["occurred_at"][0], datetime)
