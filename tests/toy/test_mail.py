"""Mail to customers, from a decision to a file that a mail program opens: once, and whole."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

import polars as pl
import pytest

from psizero.core.policy import Level
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take, wished

HOUR = timedelta(hours=1)
OUTBOX = '[bindings]\nmessage.send = "outbox"\n'
LEVELS = {"customers.greeting": Level.AUTO, "growth.wishes": Level.AUTO}


def created(name: str, address: str | None) -> dict[str, object]:
    """A customer, with an address or without."""
    row = {"id": f"new {name}", "subject": name, "occurred_at": BEGIN, "name": name.title()}
    return {**row, "email": address}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two customers begin, one of whom nobody can write to; a third is only wished for."""
    home = founded(tmp_path / "home", LEVELS, OUTBOX)
    with entered(home) as house:
        priced(house)
        take(house, "customer.created", [created("ada", "ada@town.example"), created("bob", None)])
        starts = [subscribed(name, "steady", BEGIN + HOUR) for name in ("ada", "bob")]
        take(house, "subscription.started", starts)
        text = "Für dich: 5 € \r\n.\r\nFrom here on ☃"
        far = wished("message.send", "ada", BEGIN + 40 * HOUR, "later", text=text)
        take(house, "wish.made", [far])
        fly(house, BEGIN + 2 * HOUR)
    return home


def mails(home: Path) -> list[Path]:
    """What lies in the outbox."""
    return sorted((home / "outbox").rglob("*"))


def test_one_file_for_each_message(home: Path) -> None:
    with entered(home) as house:
        decided = house.read("decision").filter(pl.col("subject") == "ada")["id"].to_list()
        states = house.read("receipt").select("subject", "state", "reference").rows()
    assert [path.name for path in mails(home)] == [f"{decided[0]}.eml"]
    assert ("ada", "done", f"{decided[0]}.eml") in states
    assert ("bob", "refused", "") in states


def test_a_mail_program_opens_it(home: Path) -> None:
    """RFC 5322: strict parsing finds no defect, and every header that a reader needs."""
    with entered(home) as house:
        fly(house, BEGIN + 50 * HOUR)
    for path in mails(home):
        mail = message_from_bytes(path.read_bytes(), policy=policy.strict)
        assert mail.defects == []
        assert mail["To"] == "ada@town.example"
        assert mail["From"] and mail["Subject"]
        assert path.stem in mail["Message-ID"]
        assert parsedate_to_datetime(mail["Date"]).utcoffset() == timedelta(0)
        assert all(len(line) <= 998 for line in path.read_bytes().splitlines())
    bodies = [
        message_from_bytes(path.read_bytes(), policy=policy.default).get_content()
        for path in mails(home)
    ]
    assert len(bodies) == 2
    assert any("5 €" in body and "From here on ☃" in body for body in bodies)
    assert any(body.strip() == "Good to have you on steady." for body in bodies)


def test_the_date_is_the_house_s_own(home: Path) -> None:
    """Not the wall's: the same flight writes the same bytes."""
    (path,) = mails(home)
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    sent = parsedate_to_datetime(mail["Date"]).replace(tzinfo=None)
    assert sent == BEGIN + HOUR


def test_written_once(home: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in mails(home)}
    for hours in (3, 30):
        with entered(home) as house:
            fly(house, BEGIN + hours * HOUR)
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in mails(home)}
    assert after == before


def test_the_address_stands_in_no_record(home: Path) -> None:
    """Records hold ids; the hands resolve them, and only the mail itself names the address."""
    with entered(home) as house:
        for name in ("run", "decision", "verdict", "receipt", "intents", "customer_created"):
            assert "town.example" not in house.read(name).write_json()
    assert b"town.example" in mails(home)[0].read_bytes()
    assert all(b"town.example" not in path.read_bytes() for path in home.glob("house.duckdb*"))


def test_an_erased_customer_gets_no_mail(home: Path) -> None:
    with entered(home) as house:
        assert house.erase("ada", BEGIN + 3 * HOUR)
        fly(house, BEGIN + 50 * HOUR)
        late = house.read("verdict").filter(pl.col("subject") == "ada")
        assert late["clause"].to_list()[-1] == "no_longer"
        assert house.verify() == []
    assert len(mails(home)) == 1
