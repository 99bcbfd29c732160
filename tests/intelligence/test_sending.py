"""The briefing through the whole house: from a tick at seven to a mail that a program opens."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.intelligence.automations.morning_briefing import AUTOMATION
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take, used

HOUR = timedelta(hours=1)
SEVEN = datetime(2026, 10, 4, 7)
OUTBOX = '[bindings]\nmessage.send = "outbox"\n'
PEOPLE = '[people]\nanna = "owner"\nfay = "finance"\n'
ROLES = '[settings.intelligence.morning_briefing]\nroles = ["ceo", "finance"]\n'
LEVELS = {AUTOMATION.name: Level.AUTO}


def home_of(folder: Path, toml: str, levels: dict[str, Level] = LEVELS) -> Path:
    """A town flown to the fourth day at half past seven."""
    home = founded(folder / "home", levels, toml)
    with entered(home) as house:
        priced(house)
        take(house, "subscription.started", [subscribed("ada", "steady", BEGIN + HOUR)])
        calls = [used("ada", BEGIN + number * HOUR, "10") for number in range(72)]
        take(house, "usage.recorded", calls)
        fly(house, SEVEN + HOUR / 2)
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home_of(tmp_path_factory.mktemp("briefing"), OUTBOX + PEOPLE + ROLES)


def mail(home: Path, name: str) -> EmailMessage:
    """A mail as a program opens it."""
    content = (home / "outbox" / name).read_bytes()
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage) and not found.defects
    return found


def test_one_mail_for_each_role_and_morning(home: Path) -> None:
    with entered(home) as house:
        said = house.read("decision").filter(pl.col("automation") == AUTOMATION.name)
        receipts = house.read("receipt").filter(pl.col("state") == "done")
        morning = house.read("briefing", SEVEN)
    days = [f"2026-10-{day:02}" for day in range(1, 5)]
    wanted = [(role, f"{role} {day}") for day in days for role in ("ceo", "finance")]
    assert sorted(said.select("subject", "episode").rows()) == sorted(wanted)
    last = said.filter(pl.col("episode") == "finance 2026-10-04").row(0, named=True)
    reference = receipts.filter(pl.col("decision") == last["id"])["reference"][0]
    document = str(morning.filter(pl.col("role") == "finance")["document"][0])
    assert reference == f"{last['id']}.eml sha256:{sha256(document.encode()).hexdigest()}"
    assert len(list((home / "outbox").iterdir())) == len(wanted)


def test_the_mail_holds_the_document(home: Path) -> None:
    with entered(home) as house:
        said = house.read("decision").filter(pl.col("episode") == "ceo 2026-10-04")
        row = house.read("briefing", SEVEN).filter(pl.col("role") == "ceo").row(0, named=True)
    opened = mail(home, f"{said['id'][0]}.eml")
    plain, page = (one.get_content().replace("\r\n", "\n") for one in opened.iter_parts())
    assert opened["To"] == "anna@localhost" and opened["Subject"] == row["topic"]
    assert (plain, page) == (row["text"], row["html"])
    assert "ada" not in opened["Subject"]
    assert "calls: 240" in plain and "EUR" in plain


def test_no_binding_is_no_fault(tmp_path: Path) -> None:
    home = home_of(tmp_path, PEOPLE)
    with entered(home) as house:
        states = house.read("receipt")["state"].to_list()
        runs = house.read("run").filter(pl.col("subject") == AUTOMATION.name)
        assert house.verify() == []
    assert runs.height == 4 and set(runs["failed"]) == {""}
    assert set(states) <= {"refused"}
    assert not (home / "outbox").exists()


def test_measured_a_day_later(home: Path) -> None:
    with entered(home) as house:
        found = house.read("outcome").filter(pl.col("automation") == AUTOMATION.name)
    assert found.height == 6
    assert set(found["name"]) == {"sent after"} and set(found["unit"]) == {"minutes"}
    assert found["value"].to_list() == [0.0] * 6
