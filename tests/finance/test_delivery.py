"""An invoice reaches its customer once, with the PDF beside it; settled later it is the same."""

import io
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from pathlib import Path

import polars as pl
from pypdf import PdfReader

from psizero.core.clock import VirtualClock
from psizero.core.policy import Level
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, founded, introduced, priced, subscribed, take, used

LEVELS = {"finance.invoicing": Level.AUTO, "finance.delivery": Level.AUTO}
BINDINGS = '[bindings]\n"message.send" = "outbox"\n'


def flown(home: Path, settings: str = "") -> Path:
    """Ada's first week is billed; she has used some of it."""
    home = founded(home, LEVELS, BINDINGS + settings)
    with entered(home) as house:
        priced(house)
        introduced(house)
        take(house, "subscription.started", [subscribed("ada", "steady")])
        take(house, "usage.recorded", [used("ada", BEGIN + timedelta(days=1), "70")])
        fly(house, BEGIN + timedelta(days=8))
    return home


def letters(home: Path) -> list[Message]:
    return [
        message_from_bytes(path.read_bytes()) for path in sorted((home / "outbox").glob("*.eml"))
    ]


def invoices(house: House) -> pl.DataFrame:
    return house.read("invoices").filter(pl.col("total_minor") != 0)


def delivered(house: House) -> list[str]:
    """The references of what was done."""
    done = pl.col("state").eq("done") & pl.col("automation").eq("finance.delivery")
    return list(map(str, house.read("receipt").filter(done)["reference"]))


def test_once_with_its_pdf(tmp_path: Path) -> None:
    """As many mails as invoices; the receipt holds the hash of the very file."""
    home = flown(tmp_path / "home")
    with entered(home) as house:
        issued, hashes = invoices(house), {said.split(":")[-1] for said in delivered(house)}
    sent = letters(home)
    assert issued.height == len(sent) > 0
    files = []
    for one in sent:
        text, attached = one.get_payload()
        assert one["To"] == "ada@home.example" and one.get_content_type() == "multipart/mixed"
        files.append(attached.get_payload(decode=True))
        number = attached.get_filename().removeprefix("invoice-").removesuffix(".pdf")
        assert f"Invoice {number}" in one["Subject"] and number in text.get_payload()
        assert f"Invoice {number}" in PdfReader(io.BytesIO(files[-1])).pages[0].extract_text()
    assert {sha256(one).hexdigest() for one in files} == hashes


def test_without_the_file(tmp_path: Path) -> None:
    home = flown(tmp_path / "home", "[settings.finance.delivery]\nattached = false\n")
    assert letters(home) and all(not one.is_multipart() for one in letters(home))


def test_asked_later_it_is_the_same(tmp_path: Path) -> None:
    """A call that was cut off has the hash of the file too."""
    home = flown(tmp_path / "home")
    with entered(home) as house:
        (outbox,) = house.crew(VirtualClock(house.now)).connectors().values()
        for reference in delivered(house):
            found = outbox.ask(reference.partition(".")[0])
            assert found is not None and found.reference == reference
