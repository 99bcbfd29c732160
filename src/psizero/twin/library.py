"""The library of the twin's company: an article for each question that one can answer.

An article is made of one way in which the question is put, so it shares words with what customers
write, as good documentation does; whoever reads a figure of answers from it has to know that.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from psizero.core.events.article import ARTICLE_SET, QUESTION_SOLVED
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, Row, rows_of
from psizero.twin.wordings.letters import Label, letter
from psizero.twin.wordings.phrases import LANGUAGES, intents, words

SOLVED_EACH, FOREIGN_EACH = 4, 1
"""Questions of old by intent, in English and in each other language."""
_GAP = re.compile(r"\s*\{[a-z]+\}|[#~]")
_LOTS = 96


def link(intent: str, language: str) -> str:
    """Where the article on an intent stands."""
    return f"{language}/{intent}.md"


def intent_of(passage: str) -> str:
    """What an article is about."""
    return passage.rpartition("/")[2].removesuffix(".md")


def library(dice: Dice, day: datetime) -> Emission:
    """All of it, on the first day."""
    articles, solved = list(_articles(day)), list(_solved(dice, day))
    return Emission(
        {
            ARTICLE_SET.name: rows_of(ARTICLE_SET, articles),
            QUESTION_SOLVED.name: rows_of(QUESTION_SOLVED, solved),
        }
    )


def _articles(day: datetime) -> Iterator[Row]:
    for language in LANGUAGES:
        said = words(language).intents
        for name, intent in intents().intents.items():
            if intent.answerable and name in said:
                title, text = said[name].subjects[0], said[name].texts[0]
                yield {
                    "id": link(name, language),
                    "subject": link(name, language),
                    "occurred_at": day,
                    "title": _GAP.sub("", title),
                    "text": _GAP.sub("", text),
                    "live": True,
                }


def _solved(dice: Dice, day: datetime) -> Iterator[Row]:
    for language in LANGUAGES:
        for name in words(language).intents:
            for n in range(SOLVED_EACH if language == "en" else FOREIGN_EACH):
                key = f"{language}-{name}-{n}"
                lots = dice.of("solved", key).random(_LOTS).tolist()
                mail = letter(Label(language, "plain", 0.4 - lots[0], (name,)), lots[1:])
                known = intents().intents[name].answerable
                yield {
                    "id": key,
                    "subject": f"question-{key}",
                    "occurred_at": day,
                    "text": f"{mail.subject}\n{mail.text}".strip(),
                    "passage": link(name, language) if known else None,
                }
