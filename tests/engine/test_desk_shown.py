"""Rule 13: the approver sees every parameter, the effect with its interval, and what else there is.

What is shown at the terminal is compared with what the house then does.
"""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from psizero.cli import authority
from psizero.cli import desk as screen
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.edit import edit
from psizero.house.home import House
from tests.engine.editing import HOUR, PEOPLE, WISHES, asking, waits, wanted
from tests.intelligence.test_sending import SEVEN
from tests.toy.installed import installed
from tests.toy.town import (
    BEGIN,
    BINDINGS,
    answering,
    entered,
    fly,
    founded,
    priced,
    subscribed,
    take,
    wished,
)

LONG = "We would like to thank you for " + "all that you did, " * 40 + "the end."
Capsys = pytest.CaptureFixture[str]


def lines(house: House, key: str, capsys: Capsys) -> dict[str, str]:
    """What the screen says of one decision, by the word at the beginning of the line."""
    capsys.readouterr()
    screen.pending(house, key, None, "text")
    found: dict[str, str] = {}
    head = ""
    for line in capsys.readouterr().out.splitlines()[1:]:
        head = line[2:11].strip() or head
        more = line[13:].strip()
        found[head] = f"{found[head]} {more}".strip() if head in found else more
    return found


def key_of(house: House, **place: str) -> str:
    """The decision that waits there."""
    (key,) = house.read("pending").filter(**place)["decision"]
    return str(key)


def test_nothing_of_it_is_cut(tmp_path: Path, capsys: Capsys) -> None:
    """Not of a text that is longer than the screen either."""
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + PEOPLE)
    with entered(home) as house:
        gift = wished("gift.send", "ada", BEGIN, "e", text=LONG, minor=5000, currency="EUR")
        take(house, "wish.made", [gift])
        fly(house, BEGIN + HOUR)
        said = lines(house, waits(house)[:8], capsys)
        assert said["with"] == f"text = {LONG} to = ada"
        assert said["expected"] == "50.00 EUR, at 80 % from 50.00 EUR to 50.00 EUR; confidence 1.0"
        assert said["undone by"] == "irreversible"
        assert said["by hand"] == "pack a parcel and bring it to the post (20 minutes)"
        assert said["otherwise"] == "would not be proposed for more money"


def test_the_effect_has_its_interval() -> None:
    row = {"currency": "EUR", "worth_minor": 120, "worth_low_minor": -50, "worth_high_minor": 990}
    assert screen._stake(row) == "1.20 EUR, at 80 % from -0.50 EUR to 9.90 EUR"
    assert screen._stake({**row, "worth_minor": None}) == "no money"


def test_what_else_is_about_the_same_subject(tmp_path: Path, capsys: Capsys) -> None:
    """What waits beside it, and what is being carried out."""
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + PEOPLE)
    with entered(answering(home, {"ada": "later"})) as house:
        about = [("gift.send", "ada"), ("account.close", "ada"), ("gift.send", "bob")]
        take(house, "wish.made", [wished(verb, name, BEGIN, "e") for verb, name in about])
        fly(house, BEGIN + HOUR)
        gift = key_of(house, subject="ada", verb="gift.send")
        close = key_of(house, subject="ada", verb="account.close")
        said = lines(house, close, capsys)
        assert said["beside"] == f"{gift[:12]} {WISHES}: gift.send, waits for an answer"
        assert said["reaches"] == (f"ada alone, on desk through recorded; 2 more of {WISHES} wait")
        assert "beside" not in lines(house, key_of(house, subject="bob"), capsys)
        desk.approve(house, [gift], "anna")
        fly(house, BEGIN + HOUR)
        said = lines(house, close, capsys)
        assert said["beside"] == f"{gift[:12]} {WISHES}: gift.send, waiting"


def test_what_a_no_comes_to(tmp_path: Path, capsys: Capsys) -> None:
    """And it does: of that occasion nothing is ever proposed again, of the next one it is."""
    with asking(tmp_path / "home") as house:
        key = waits(house)
        said = lines(house, key, capsys)
        assert said["if no"] == "nothing is done, and e is over; the next step comes with wish.made"
        desk.decline(house, key, "anna", "other", "")
        again = [wished("gift.send", "ada", BEGIN + HOUR, one, text="newer") for one in ("e", "f")]
        take(house, "wish.made", again)
        fly(house, BEGIN + 2 * HOUR)
        assert house.read("pending")["episode"].to_list() == ["f"]


def test_when_it_goes_on(tmp_path: Path, capsys: Capsys) -> None:
    """By a cadence at an instant, by a due row when it falls due; rows instead of a call."""
    rounds, invoicing = "operations.rounds", "finance.invoicing"
    home = founded(tmp_path / "home", {rounds: Level.APPROVE, invoicing: Level.APPROVE})
    with entered(home) as house:
        priced(house)
        take(house, "subscription.started", [subscribed("ada", "daily")])
        fly(house, BEGIN + 32 * HOUR)
        said = lines(house, key_of(house, automation=rounds, episode="2026-10-02"), capsys)
        assert said["if no"].endswith("; what is due then comes at 2026-10-03T05:00:00Z")
        assert said["reaches"].startswith("house alone; adds note.written, nothing outside; 1 more")
        assert said["undone by"] == "reversible, by note.write"
        assert "or else" not in said, "rows are not edited"
        said = lines(house, key_of(house, automation=invoicing), capsys)
        assert said["if no"].endswith("comes when a row of billing_calendar falls due")
        fly(house, BEGIN + 53 * HOUR)
        assert "2026-10-03" in house.read("pending")["episode"].to_list()


def test_what_the_deciding_clause_would_have_let_pass(tmp_path: Path, capsys: Capsys) -> None:
    """Rule 60, before the answer and not only afterwards; of an edit, who made it."""
    with asking(tmp_path / "home") as house:
        old = waits(house)
        flip = "were policy_level auto, not approve, it would pass this clause"
        assert lines(house, old, capsys)["flips"] == flip
        edit(house, old, wanted())
        fly(house, BEGIN + 2 * HOUR)
        said = lines(house, waits(house), capsys)
        assert said["flips"] == "were edited_by nothing, not anna, it would pass this clause"
        assert said["because"].endswith("; anna edited text")


def test_what_a_document_says(tmp_path: Path, capsys: Capsys) -> None:
    """The words that would be sent, and not only where they stand."""
    name = "intelligence.morning_briefing"
    home = founded(
        tmp_path / "home", {name: Level.APPROVE}, '[bindings]\nmessage.send = "outbox"\n'
    )
    with entered(home) as house:
        priced(house)
        fly(house, SEVEN)
        key = key_of(house, episode="ceo 2026-10-04")
        said = lines(house, key, capsys)["with"]
        desk.approve(house, [key], "owner")
        fly(house, SEVEN + HOUR)
    content = (home / "outbox" / f"{key}.eml").read_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    text = mail.get_body(("plain",))
    assert text is not None and " ".join(text.get_content().split()) in said
    assert f"topic = {mail['Subject']}" in said and "<p" not in said


def test_one_of_them(tmp_path: Path, capsys: Capsys) -> None:
    with asking(tmp_path / "home") as house:
        key = waits(house)
        take(house, "wish.made", [wished("gift.send", "bob", BEGIN + HOUR, "e")])
        fly(house, BEGIN + 2 * HOUR)
        with pytest.raises(Problem, match="no decision with an id"):
            screen.pending(house, "zz", None, "text")
        capsys.readouterr()
        screen.pending(house, key, None, "json")
        (row,) = json.loads(capsys.readouterr().out)["pending"]
        assert row["id"] == key and row["others"] == [] and row["beside"] == 1
        assert row["counterfactual"]["input"] == "policy_level"
        desk.decline(house, key, "anna", "other", "")
        fly(house, BEGIN + 3 * HOUR)
        with pytest.raises(Problem, match="does not wait any more: declined"):
            screen.pending(house, key, None, "text")


def test_a_yes_is_to_what_is_shown(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`approve` itself shows it, whoever names it how."""
    with asking(tmp_path / "home") as house:
        key = waits(house)
    monkeypatch.setattr("psizero.house.home.members", installed)
    for ids, by, all_of in (((key,), "ben", ""), ((), "anna", WISHES)):
        capsys.readouterr()
        authority.approve(*ids, home=tmp_path / "home", by=by, all_of=all_of)
        out = capsys.readouterr().out
        assert "text = as you wish" in out and "flips" in out
        assert out.index("if no") < out.index("taken at the next tick")
