"""The morning briefing, refused by the first connector: the same document through the second."""

from email import message_from_bytes, policy
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.intelligence.automations.morning_briefing import AUTOMATION
from tests.intelligence.test_sending import PEOPLE, SEVEN
from tests.toy.town import answering, entered, fly, founded, priced

TWO = '[bindings]\nmessage.send = ["recorded", "outbox"]\n'


def test_a_refused_briefing_is_read_all_the_same(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {AUTOMATION.name: Level.AUTO}, TWO + PEOPLE)
    with entered(answering(home, {"ceo": "refused"})) as house:
        priced(house)
        fly(house, SEVEN)
        receipts = house.read("receipt").filter(pl.col("source") == AUTOMATION.name)
        decided = house.read("decision").filter(pl.col("automation") == AUTOMATION.name)
        topic = str(house.read("briefing", SEVEN).filter(pl.col("role") == "ceo")["topic"][0])
        sent = house.read("briefings_sent")
    last = decided["id"].to_list()[-1]
    rows = receipts.filter(pl.col("decision") == last).select("state", "connector", "reference")
    (_, refused, _, done) = rows.rows()
    assert refused == ("refused", "recorded", f"{last}-outbox")
    assert done[2].startswith(f"{last}-outbox.eml sha256:")
    assert sorted(path.stem for path in (home / "outbox").glob("*.eml")) == sorted(
        f"{key}-outbox" for key in decided["id"]
    )
    content = (home / "outbox" / f"{last}-outbox.eml").read_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("anna@localhost", topic)
    assert sent["delay_minutes"].to_list() == [0] * sent.height, "it counts as sent, in time"
