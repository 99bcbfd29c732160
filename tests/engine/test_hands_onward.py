"""Rule 47: a notice that the first connector refuses goes out once more, through the second one."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.policy import Level
from psizero.core.records import Action, Receipt
from psizero.engine import hands
from psizero.engine.hands import perform
from psizero.house import desk
from psizero.house.home import House
from psizero.house.replay import Trial, replay
from tests.engine.intents import AUTO, LATER, Gone, flown, intended, wishing
from tests.toy.town import BEGIN, answering, entered, fly, founded, said, take, wished

HOUR = timedelta(hours=1)
TWO = '[bindings]\nmessage.send = ["recorded", "outbox"]\n'
PEOPLE = '[people]\nanna = "owner"\nben = "owner"\n'
Row = tuple[str, str, str]


class Answering(msgspec.Struct):
    """A connector that answers call by call, and what it was called with."""

    name: str
    answers: list[Callable[[], Receipt]]
    settle: str = "ask"
    keys: list[str] = []
    verbs: tuple[str, ...] = ("message.send",)
    known: dict[str, Receipt] = {}

    def perform(self, action: Action) -> Receipt:
        """The next answer; the last one again and again."""
        self.keys.append(action.key)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer()

    def ask(self, key: str) -> Receipt | None:
        """What it knows of a call."""
        return self.known.get(key)


def done() -> Receipt:
    return Receipt("done", "ref")


def refused() -> Receipt:
    raise Refused("the mailbox is full")


def unknown() -> Receipt:
    raise Unknown("the line went dead")


def gone() -> Receipt:
    raise Gone


def later(hours: int = 1) -> Receipt:
    raise Later(LATER + hours * HOUR, "busy")


def told(home: Path, subject: str = "anna") -> list[Row]:
    """State, connector and reference of every receipt; the decision's id stands as D."""
    with entered(home) as house:
        rows = house.store.everything("receipt").filter(pl.col("subject") == subject)
        assert house.verify() == []
        return [
            (state, connector, reference.replace(decision, "D"))
            for state, connector, reference, decision in rows.select(
                "state", "connector", "reference", "decision"
            ).iter_rows()
        ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two who are ours; messages have two connectors."""
    return founded(tmp_path / "home", AUTO, TWO + PEOPLE)


@pytest.fixture
def wanting(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A message to anna is decided, and nobody has carried it out."""
    wishing(home, "anna", verb="message.send", expires_at=LATER + 9 * HOUR)
    intended(home, monkeypatch)
    with entered(home) as house:
        yield house


def carried(house: House, first: Answering, second: Answering, now: datetime = LATER) -> list[Row]:
    """The hands come once; all that they wrote so far."""
    perform(house.store, house.policy(), {"recorded": first, "outbox": second}, now)
    rows = house.store.everything("receipt").select("state", "connector", "reference").rows()
    return [(state, connector, reference[32:]) for state, connector, reference in rows]


def mails(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "outbox").glob("*"))


def test_a_refused_notice_goes_out_once_more(home: Path) -> None:
    """A key of its own, receipts of its own, linked; and never again."""
    wishing(answering(home, {"anna": "refused"}), "anna", "ben", verb="message.send")
    flown(home)
    flown(home, LATER + timedelta(days=1))
    assert told(home) == [
        ("sent", "recorded", ""),
        ("refused", "recorded", "D-outbox"),
        ("sent", "outbox", ""),
        ("done", "outbox", "D-outbox.eml"),
    ]
    assert [state for state, _, _ in told(home, "ben")] == ["sent", "done"]
    with entered(home) as house:
        (key,) = house.read("decision").filter(pl.col("subject") == "anna")["id"]
        assert house.read("intents").is_empty()
        assert house.read("fates").filter(pl.col("decision") == key)["state"].to_list() == ["done"]
        assert replay(house, Trial(), lambda _: None).identical
    assert mails(home) == [f"{key}-outbox.eml"]
    assert len(said(home)) == 2


def test_a_customer_is_not_chased(home: Path) -> None:
    wishing(answering(home, {"ada": "refused"}), "ada", verb="message.send")
    flown(home)
    assert [state for state, _, _ in told(home, "ada")] == ["sent", "refused"]
    assert mails(home) == []


@pytest.mark.parametrize(("answer", "state"), [(unknown, "unknown"), (done, "done")])
def test_never_both(wanting: House, answer: Callable[[], Receipt], state: str) -> None:
    """After `unknown` it may have arrived; a later tick does not think better of it."""
    first, second = Answering("recorded", [answer]), Answering("outbox", [done])
    carried(wanting, first, second)
    states = [row[0] for row in carried(wanting, first, second, LATER + HOUR)]
    assert states == ["sent", state] and second.keys == []
    assert wanting.read("intents").is_empty()


def test_patience_has_an_end(wanting: House) -> None:
    """Asked to wait for the third time, it goes on, at that very instant."""
    first, second = Answering("recorded", [later]), Answering("outbox", [done])
    for hours in (0, 1):
        rows = carried(wanting, first, second, LATER + hours * HOUR)
        assert rows[-1][:2] == ("waiting", "recorded") and second.keys == []
    rows = carried(wanting, first, second, LATER + 2 * HOUR)
    assert [row[:2] for row in rows[-4:]] == [
        ("sent", "recorded"),
        ("refused", "recorded"),
        ("sent", "outbox"),
        ("done", "outbox"),
    ]
    (key,) = set(first.keys)
    assert len(first.keys) == 3 and second.keys == [f"{key}-outbox"]


def test_what_would_come_too_late_goes_on_at_once(wanting: House) -> None:
    first = Answering("recorded", [lambda: later(9)])
    rows = carried(wanting, first, Answering("outbox", [done]))
    assert [row[:2] for row in rows[1:]] == [
        ("refused", "recorded"),
        ("sent", "outbox"),
        ("done", "outbox"),
    ]


@pytest.mark.parametrize(("answer", "state"), [(refused, "refused"), (unknown, "unknown")])
def test_what_the_second_says_is_final(
    wanting: House, answer: Callable[[], Receipt], state: str
) -> None:
    first, second = Answering("recorded", [refused]), Answering("outbox", [answer])
    rows = carried(wanting, first, second)
    assert rows[-1] == (state, "outbox", "") and len(rows) == 4
    assert carried(wanting, first, second, LATER + HOUR) == rows
    assert (len(first.keys), len(second.keys)) == (1, 1)


def test_the_second_may_ask_to_wait(wanting: House) -> None:
    """It is called again under its own key, as often as it likes; the first one is not."""
    first = Answering("recorded", [refused])
    second = Answering("outbox", [later, later, later, done])
    for hours in range(5):
        rows = carried(wanting, first, second, LATER + hours * HOUR)
    assert rows[-1][:2] == ("done", "outbox")
    assert len(first.keys) == 1 and set(second.keys) == {f"{first.keys[0]}-outbox"}
    assert len(second.keys) == 4


@pytest.mark.parametrize("known", [None, Receipt("done", "ref")])
def test_a_death_in_the_second_call_is_settled_there(wanting: House, known: Receipt | None) -> None:
    """As the second connector says, under its key; the first is not called again."""
    first, second = Answering("recorded", [refused]), Answering("outbox", [gone, done])
    with pytest.raises(Gone):
        carried(wanting, first, second)
    second.known = {second.keys[0]: known} if known else {}
    rows = carried(wanting, first, second)
    assert rows[-1][:2] == ("done", "outbox")
    assert (len(first.keys), len(second.keys)) == (1, 1 if known else 2)


def test_a_death_between_the_two_goes_on_with_the_second(
    wanting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Answering("recorded", [refused]), Answering("outbox", [done])
    written = hands._write

    def dying(store: object, grip: hands.Grip, results: hands.Results) -> None:
        if any(one.onward for one, _ in results):
            raise Gone
        written(wanting.store, grip, results)

    with monkeypatch.context() as patched, pytest.raises(Gone):
        patched.setattr(hands, "_write", dying)
        carried(wanting, first, second)
    assert wanting.read("intents")["state"].to_list() == ["refused"]
    assert [row[:2] for row in carried(wanting, first, second)] == [
        ("sent", "recorded"),
        ("refused", "recorded"),
        ("sent", "outbox"),
        ("done", "outbox"),
    ]
    assert (len(first.keys), len(second.keys)) == (1, 1)


@pytest.mark.parametrize(
    ("settle", "known", "states"),
    [
        ("ask", Receipt("refused", reason="no such box"), ["sent", "refused", "sent", "done"]),
        ("ask", Receipt("done", "ref"), ["sent", "done"]),
        ("person", None, ["sent", "unknown"]),
    ],
)
def test_a_death_in_the_first_call_is_settled_first(
    wanting: House, settle: str, known: Receipt | None, states: list[str]
) -> None:
    """Only a no that comes of the settling goes on."""
    first = Answering("recorded", [gone], settle)
    second = Answering("outbox", [done])
    with pytest.raises(Gone):
        carried(wanting, first, second)
    first.known = {first.keys[0]: known} if known else {}
    assert [row[0] for row in carried(wanting, first, second)] == states
    assert len(second.keys) == (len(states) == 4)


def test_what_we_refuse_ourselves_goes_nowhere(wanting: House) -> None:
    first, second = Answering("recorded", [done]), Answering("outbox", [done])
    rows = carried(wanting, first, second, LATER + 10 * HOUR)
    assert rows == [("refused", "recorded", "")]
    assert first.keys == second.keys == [] and wanting.read("intents").is_empty()


def test_every_check_is_made_again_before_the_second_call(
    wanting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 30: a level lowered in between; a second connector that is bound no more."""
    first, second = Answering("recorded", [refused]), Answering("outbox", [done])
    objections = iter(["", "level lowered between decision and call"])
    with monkeypatch.context() as patched:
        patched.setattr(hands, "objected", lambda *_: next(objections))
        rows = carried(wanting, first, second)
    assert rows[-1] == ("refused", "outbox", "") and second.keys == []
    assert wanting.read("intents").is_empty()


def test_an_approved_notice_goes_on_too(tmp_path: Path) -> None:
    """The yes holds for both attempts: it is one message."""
    home = founded(tmp_path / "home", {"growth.wishes": Level.APPROVE}, TWO + PEOPLE)
    with entered(answering(home, {"anna": "refused"})) as house:
        take(house, "wish.made", [wished("message.send", "anna")])
        fly(house, BEGIN + HOUR)
        desk.approve(house, [house.read("pending")["decision"][0]], "ben")
        fly(house, BEGIN + 2 * HOUR)
    assert [row[:2] for row in told(home)][-1] == ("done", "outbox") and len(mails(home)) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('message.send = ["outbox", "outbox"]', "the second connector is another one"),
        ('message.send = ["a", "b", "c"]', "or two in their order"),
        ("message.send = []", "or two in their order"),
        ('message.send = ["outbox", 3]', "or two in their order"),
        ('message.send = ["outbox", "smtp"]', "'smtp', which a flight cannot use"),
        ('account.close = ["recorded", "outbox"]', "only what has a recipient"),
    ],
)
def test_what_a_binding_cannot_say(tmp_path: Path, said: str, why: str) -> None:
    home = founded(tmp_path / "home", AUTO, "")
    (home / "house.toml").write_text(f'[company]\nname = "Town"\n[bindings]\n{said}\n')
    with pytest.raises(Problem, match=why), entered(home) as house:
        fly(house, BEGIN)
