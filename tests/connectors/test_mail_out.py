"""Mail going out over a real socket: whole, once, and what a server says to it."""

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from psizero.connectors.mail import connect
from psizero.connectors.mail.account import account, link_key, password
from psizero.connectors.mail.listener import Spool
from psizero.connectors.mail.returned import Mail, Ours, return_path, returned
from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.link import mark, verified
from psizero.core.ports import Connector
from psizero.core.records import Action, Receipt
from tests.connectors.mail_server import CLOCK, NOW, scripted, sending, serving, sink

KEY = "0123456789abcdef0123456789abcdef"
PAGE = f'<html><body><p>Hi 5 €</p><a href="{mark("rating")}">rate</a></body></html>'


def an_action(key: str = KEY, **changed: object) -> Action:
    said = {"to": "ann", "topic": "Grüße", "text": "Hello\n.\n.. two\nFrom here"} | changed
    return Action(key=key, verb="message.send", subject="ann", parameters=said)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage) and not message.defects
    return message


def delivered(folder: Path) -> list[Mail]:
    return [mail for _, mail in Spool(folder, CLOCK).taken()]


def text(message: EmailMessage, form: str = "plain") -> str:
    body = message.get_body(preferencelist=(form,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def test_a_message_arrives_whole(tmp_path: Path) -> None:
    with serving(sink(tmp_path / "server")) as port:
        mail: Connector = sending(tmp_path / "home", port)
        receipt = mail.perform(an_action())
    assert receipt == Receipt("done", f"<{KEY}@acme.example>")
    (one,) = delivered(tmp_path / "server")
    message = parsed(one.raw)
    assert one.recipients == ("ann@town.example",)
    assert (message["To"], message["From"]) == ("ann@town.example", "billing@acme.example")
    assert message["Message-ID"] == f"<{KEY}@acme.example>"
    assert message["Subject"] == "Grüße"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert text(message) == "Hello\n.\n.. two\nFrom here\n"
    secret = link_key(tmp_path / "home")
    assert one.sender == return_path("bounces@acme.example", KEY, secret)
    assert mail.ask(KEY) is None


@pytest.mark.parametrize("stream", ["product", "marketing"])
def test_what_is_not_owed_can_be_ended_at_one_click(stream: str, tmp_path: Path) -> None:
    """RFC 8058: both headers, https, one address a person and message; seen at the foot too."""
    with serving(sink(tmp_path / "server")) as port:
        sending(tmp_path / "home", port).perform(an_action(stream=stream, html=PAGE))
    message = parsed(delivered(tmp_path / "server")[0].raw)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>").replace(" ", "")
    place, _, word = address.rpartition("/")
    assert place == "https://acme.example/in/unsubscribe"
    link = verified(word, link_key(tmp_path / "home"), NOW + timedelta(days=30))
    assert link is not None
    assert (link.subject, link.cause, link.stream) == ("ann", KEY, stream)
    for form in ("plain", "html"):
        seen = text(message, form).replace("&amp;", "&")
        assert address in seen and "1 High Street & Co" in seen
    assert "psizero:" not in message.as_string()
    assert "/in/rating/" in text(message, "html")


def test_what_shows_its_own_way_out_gets_no_second_foot(tmp_path: Path) -> None:
    said = f"Out: {mark('unsubscribe')}\nAcme, 1 High Street & Co, London"
    with serving(sink(tmp_path / "server")) as port:
        sending(tmp_path / "home", port).perform(an_action(stream="product", text=said))
    assert text(parsed(delivered(tmp_path / "server")[0].raw)).count("High Street") == 1


def test_without_a_site_nothing_goes_that_could_not_be_ended(tmp_path: Path) -> None:
    mail = sending(tmp_path, 9)
    path = tmp_path / "mail" / "mail.toml"
    path.write_text(path.read_text().replace("https://acme.example/in", ""))
    mail = connect(path.parent, CLOCK, lambda _: "ann@town.example")
    for said in ({"stream": "marketing"}, {"text": mark("rating")}):
        with pytest.raises(Refused, match="site"):
            mail.perform(an_action(**said))


@pytest.mark.parametrize(
    ("replies", "error", "said"),
    [
        ({"RCPT": "550 5.1.1 <ann@town.example> unknown"}, Refused, "the server said 550 5.1.1"),
        ({"RCPT": "450 4.2.0 ann@town.example greylisted"}, Later, "the server said 450 4.2.0"),
        ({"MAIL": "552 too big"}, Refused, "the server said 552"),
        ({"MAIL": "421 busy"}, Later, "the server said 421"),
        ({"DATA": "451 4.3.0 wait"}, Later, "the server said 451 4.3.0"),
        ({"message": "554 5.7.1 spam"}, Refused, "the server said 554 5.7.1"),
        ({"message": "452 4.3.1 full"}, Later, "the server said 452 4.3.1"),
        ({"greeting": "554 no service"}, Later, "554"),
        ({"greeting": "hang up"}, Later, "no connection"),
        ({"RCPT": "hang up"}, Later, "no connection"),
        ({"DATA": "hang up"}, Unknown, "in the midst"),
        ({"message": "hang up"}, Unknown, "in the midst"),
    ],
)
def test_what_the_server_says(
    replies: dict[str, str], error: type[Exception], said: str, tmp_path: Path
) -> None:
    """Nothing was done, or nobody knows; and nowhere does the address stand."""
    with serving(scripted(replies, [])) as port, pytest.raises(error, match=said) as raised:
        sending(tmp_path, port).perform(an_action())
    assert "town.example" not in str(raised.value)
    if isinstance(raised.value, Later):
        assert raised.value.after == NOW + timedelta(minutes=15)


def test_a_goodbye_that_fails_takes_nothing_back(tmp_path: Path) -> None:
    with serving(scripted({"QUIT": "hang up"}, [])) as port:
        assert sending(tmp_path, port).perform(an_action()).state == "done"


def test_nobody_there_is_later(tmp_path: Path) -> None:
    with serving(scripted({}, [])) as port:
        pass
    with pytest.raises(Later):
        sending(tmp_path, port).perform(an_action())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"to": "eve"}, "to"),
        ({"text": {"document": {}}}, "text"),
        ({"channel": "chat"}, "channel"),
        ({"topic": 7}, "topic"),
    ],
)
def test_what_is_no_message_reaches_no_server(
    changed: dict[str, object], field: str, tmp_path: Path
) -> None:
    seen: list[str] = []
    with serving(scripted({}, seen)) as port, pytest.raises(Refused) as refused:
        sending(tmp_path, port).perform(an_action(**changed))
    assert refused.value.field == field and seen == []


def test_a_login_is_asked_for_and_its_password_stands_in_no_file_that_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="in the clear"):
        sending(tmp_path, 25, 'user = "acme"\n')
    monkeypatch.delenv("PSIZERO_MAIL_PASSWORD", raising=False)
    with pytest.raises(Problem, match="no password"):
        password(tmp_path / "mail")
    kept = tmp_path / "mail" / "password"
    kept.write_text("s3cret\n")
    kept.chmod(0o644)
    with pytest.raises(Problem, match="can be read by others"):
        password(tmp_path / "mail")
    kept.chmod(0o600)
    assert password(tmp_path / "mail") == "s3cret"
    monkeypatch.setenv("PSIZERO_MAIL_PASSWORD", "other")
    assert password(tmp_path / "mail") == "other"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sender =", "mail.toml"),
        ('sender = "nobody"\nhost = "x"', "sender"),
        ('sender = "a@b"\nhost = "x"\nbounces = "nobody"', "mailbox"),
        ('sender = "a@b"', "host"),
        ('sender = "a@b"\nhost = "x"\nsecurity = "ssl"', "security"),
        ('sender = "a@b"\nhost = "x"\nsite = "http://a.example"', "https"),
        ('sender = "a@b"\nhost = "x"\npassword = "p"', "password"),
    ],
)
def test_a_wrong_set_up_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"mail\.toml"):
        account(tmp_path)
    (tmp_path / "mail.toml").write_text(text)
    with pytest.raises(Problem, match=said):
        account(tmp_path)


def test_the_key_of_a_home_is_its_own_and_stays(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    for home in (one, other):
        home.mkdir()
    assert link_key(one) == link_key(one) != link_key(other)
    assert [path.name for path in (one / "keys").iterdir()] == ["links.key"]
    assert (one / "keys" / "links.key").stat().st_mode & 0o077 == 0


def test_what_we_send_is_known_when_it_comes_back_round(tmp_path: Path) -> None:
    with serving(sink(tmp_path / "server")) as port:
        sending(tmp_path / "home", port).perform(an_action())
    (one,) = delivered(tmp_path / "server")
    ours = Ours(
        "bounces@acme.example", "acme.example", link_key(tmp_path / "home"), lambda _: "ann"
    )
    assert returned(one, ours).what == "loop"
