"""An action that names a document: the connector is given what it says, as it was decided."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Refused
from psizero.core.records import Action, Receipt
from psizero.engine.hands import Reading
from psizero.intelligence.automations.morning_briefing import AUTOMATION
from tests.intelligence.test_sending import OUTBOX, home_of
from tests.toy.town import entered

DOCUMENT = '{"html":"<p>5</p>","text":"five","topic":"news"}'
DIGEST = f"sha256:{sha256(DOCUMENT.encode()).hexdigest()}"


class Told:
    """A connector that remembers what it was given."""

    name, settle = "told", "ask"
    verbs: tuple[str, ...] = ("message.send",)

    def __init__(self) -> None:
        self.given: list[Action] = []

    def perform(self, action: Action) -> Receipt:
        self.given.append(action)
        return Receipt("done", "ref")

    def ask(self, key: str) -> Receipt | None:
        return Receipt("done", "ref") if key != "strange" else None


def named(**key: str) -> dict[str, object]:
    """Parameters that name a document."""
    return {"to": "anna", "topic": "", "text": {"document": {"table": "t", "key": key}}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home_of(tmp_path_factory.mktemp("document"), OUTBOX)


def test_documents_are_read_as_decided(home: Path) -> None:
    asked: list[tuple[str, datetime, int]] = []

    def read(table: str, at: datetime, through: int) -> pl.DataFrame:
        asked.append((table, at, through))
        return pl.DataFrame({"role": ["ceo", "cs"], "document": [DOCUMENT, "{}"]})

    with entered(home) as house:
        said = house.read("decision").filter(pl.col("automation") == AUTOMATION.name)
        key, plain = str(said["id"][0]), Told()
        reading = Reading(plain, house.store, read)
        receipt = reading.perform(
            Action(key=key, verb="message.send", subject="ceo", parameters=named(role="ceo"))
        )
        assert receipt == Receipt("done", f"ref {DIGEST}")
        (given,) = plain.given
        assert given.parameters == {
            "to": "anna",
            "topic": "news",
            "text": "five",
            "html": "<p>5</p>",
        }
        run = house.read("run").filter(pl.col("id") == said["run"][0])
        assert asked == [("t", datetime(2026, 10, 1, 7), run["through"][0])]
        for wrong in ({"role": "nobody"}, {}):
            with pytest.raises(Refused, match="no such document in t"):
                reading.perform(Action(key=key, verb="v", subject="ceo", parameters=named(**wrong)))
        with pytest.raises(Refused, match="nobody knows when"):
            reading.perform(
                Action(key="strange", verb="v", subject="s", parameters=named(role="ceo"))
            )
        assert len(plain.given) == 1


def test_what_names_no_document_passes_as_it_is(home: Path) -> None:
    with entered(home) as house:
        plain = Told()
        reading = Reading(plain, house.store, house.seen)
        parameters = {"to": "ada", "topic": "t", "text": "x", "more": {"document": 1, "key": 2}}
        action = Action(key="k", verb="message.send", subject="ada", parameters=parameters)
        assert reading.perform(action) == Receipt("done", "ref")
        assert plain.given == [action]
        assert (reading.name, reading.verbs, reading.settle) == (
            plain.name,
            plain.verbs,
            plain.settle,
        )


def test_a_call_that_was_cut_off_has_its_hash_too(home: Path) -> None:
    """Settled by asking: the receipt says the same as if nobody had died."""
    with entered(home) as house:
        done = house.read("receipt").filter(pl.col("state") == "done")
        row = done.filter(pl.col("automation") == AUTOMATION.name).row(0, named=True)
        told = Reading(Told(), house.store, house.seen)
        found = told.ask(str(row["decision"]))
        assert found is not None
        assert found.reference.split()[1:] == str(row["reference"]).split()[1:]
        assert told.ask("strange") is None
