"""Wordings: each language can say what any label asks for, and nothing else than it."""

import json
import re

import pytest

from psizero.twin.scenario import load
from psizero.twin.wordings.letters import ENGLISH_ONLY, NOISE, SHAPES, Label, letter
from psizero.twin.wordings.phrases import LANGUAGES, headers, intents, priority, values, words
from psizero.twin.wordings.reactions import FEELS

MISSION = {
    "critical": {"service_down", "security_breach", "data_loss"},
    "high": {"functionality_broken", "billing_dispute"},
    "medium": {"feature_question", "minor_bug"},
    "low": {"general_inquiry", "enhancement_request"},
}
OWN_LETTERS = {
    "de": "[äöüßÄÖÜ]",
    "fr": "[éèêàçùôîâÉÀ]",
    "es": "[ñáéíóú¿¡]",
    "ja": "[ぁ-んァ-ン]",
}
MACHINE_HEADERS = {"Precedence", "List-Id", "X-Auto-Response-Suppress"}
CALM = load("calm")
EACH = pytest.mark.parametrize("language", LANGUAGES)


def test_intents_are_of_the_mission() -> None:
    known = intents()
    assert known.priorities == {word: level for level, all_ in MISSION.items() for word in all_}
    categories = {one.category for one in known.intents.values()}
    assert categories == {"technical", "billing", "feature", "general"}
    assert {one.paste for one in known.intents.values()} <= {"", *values().pastes}


@EACH
def test_every_label_finds_its_words(language: str) -> None:
    known, has = intents().intents, words(language).intents
    assert set(has) <= set(known)
    assert len(has) >= (40 if language == "en" else 12)
    for mix in ("mix", "mix_failing", "mix_owing", "mix_starting"):
        occasion = mix.removeprefix("mix").strip("_")
        for cell in CALM.shares(f"tickets.{mix}"):
            fitting = [n for n in has if f"{known[n].category}.{priority(n)}" == cell]
            assert [n for n in fitting if not occasion or occasion in known[n].occasions], cell
    assert {*FEELS, "reopened", "chasing"} <= set(words(language).reactions)


@EACH
def test_every_letter_is_written_out(language: str) -> None:
    for name in words(language).intents:
        for shape in SHAPES:
            for sentiment in (-0.9, -0.5, 0.0, 0.5):
                asks = (name, *list(words(language).intents)[:2])
                luck = [(0.37 * k + 0.11 * len(name) + sentiment) % 1 for k in range(1, 98)]
                mail = letter(Label(language, shape, sentiment, asks), luck)
                assert mail.text.strip()
                assert not re.search(r"\{[a-z]+\}|~~|##", mail.subject + mail.text)
    for shape in set(NOISE) - {"empty"} - (set(ENGLISH_ONLY) if language != "en" else set()):
        assert letter(Label(language, shape), [0.1, 0.6, 0.9]).text.strip()
    assert letter(Label(language, "empty"), [0.9, 0.2, 0.3]).text == ""


@EACH
def test_every_language_has_letters_of_its_own(language: str) -> None:
    luck = [[(0.37 * k + 0.19 * n) % 1 for k in range(1, 98)] for n in range(10)]
    texts = [
        letter(Label(language, shape, 0.0, (name,)), lots).text
        for name in words(language).intents
        for shape in SHAPES
        for lots in luck
    ]
    for other, letters in OWN_LETTERS.items():
        share = sum(bool(re.search(letters, text)) for text in texts) / len(texts)
        assert share > 0.9 if other == language else language != "en" or share == 0, other


@pytest.mark.parametrize("shape", [*SHAPES, *NOISE])
def test_machines_say_that_they_are(shape: str) -> None:
    for text in headers(shape):
        said = json.loads(text)
        tells = said.get("Auto-Submitted", "no") != "no" or MACHINE_HEADERS & set(said)
        assert bool(tells) == (shape in ("out_of_office", "automatic", "bounce", "list"))
