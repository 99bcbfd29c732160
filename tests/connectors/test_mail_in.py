"""Mail coming in over a real socket: durable before it is accepted, a word for each."""

import os
import smtplib
from pathlib import Path

import pytest

from psizero.connectors.mail.listener import MESSAGE_BYTES_MAX, Spool
from psizero.connectors.mail.returned import Mail
from tests.connectors.mail_server import CLOCK, NOW, serving, sink

RAW = b"Subject: hello\r\nMessage-ID: <1@town.example>\r\n\r\n.\r\n..two\r\nFrom here\r\n"


def lying(folder: Path) -> list[Mail]:
    return [mail for _, mail in Spool(folder, CLOCK).taken()]


def test_smtp(tmp_path: Path) -> None:
    with serving(sink(tmp_path)) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("ann@town.example", ["a@acme.example", "b@acme.example"], RAW)
    assert lying(tmp_path) == [
        Mail("ann@town.example", ("a@acme.example", "b@acme.example"), NOW, RAW)
    ]
    (path,) = (tmp_path / "in").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_a_bounce_has_no_sender(tmp_path: Path) -> None:
    with serving(sink(tmp_path)) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("", ["bounces+k.1@acme.example"], RAW)
    assert [(one.sender, one.recipients) for one in lying(tmp_path)] == [
        ("", ("bounces+k.1@acme.example",))
    ]


def test_lmtp_says_one_word_for_each_recipient(tmp_path: Path) -> None:
    """RFC 2033: as many replies after the message as recipients were accepted."""
    with serving(sink(tmp_path, lmtp=True)) as port:
        client = smtplib.LMTP("127.0.0.1", port, timeout=10)
        assert client.docmd("EHLO", "here")[0] == 500
        client.ehlo_or_helo_if_needed()
        assert client.mail("ann@town.example")[0] == 250
        codes = [client.rcpt(f"{one}@acme.example")[0] for one in "abc"]
        assert client.rcpt("x@elsewhere.example")[0] == 550
        assert codes == [250, 250, 250]
        first = client.data(RAW)
        others = [client.getreply() for _ in range(2)]
        assert [code for code, _ in (first, *others)] == [250, 250, 250]
        assert client.noop()[0] == 250, "and not one reply more"
        client.quit()
    assert len(lying(tmp_path)) == 1


def test_what_is_not_for_us_is_not_taken(tmp_path: Path) -> None:
    with (
        serving(sink(tmp_path)) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=10) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused),
    ):
        client.sendmail("ann@town.example", ["x@elsewhere.example"], RAW)
    assert lying(tmp_path) == []


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    """552, told before it is sent where the client says the size."""
    with serving(sink(tmp_path)) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo()
        code, _ = client.mail("ann@town.example", [f"size={MESSAGE_BYTES_MAX + 1}"])
    assert code == 552 and lying(tmp_path) == []


def test_a_disk_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was accepted, so the sender keeps it and comes again; then it is taken."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with serving(sink(tmp_path)) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(smtplib.SMTPDataError) as error:
                client.sendmail("ann@town.example", ["a@acme.example"], RAW)
        assert error.value.smtp_code == 451 and lying(tmp_path) == []
        client.sendmail("ann@town.example", ["a@acme.example"], RAW)
    assert len(lying(tmp_path)) == 1


def test_the_same_twice_is_one_until_it_is_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path, CLOCK)
    said = ("a@b", ("c@d",), RAW)
    name = spool.lay(*said)
    assert spool.lay(*said) == name
    assert [one for one, _ in spool.taken()] == [name]
    spool.done(name)
    spool.done(name)
    assert list(spool.taken()) == []
