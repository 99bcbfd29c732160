"""The grammar of a letter: a label and luck in, a subject and a text out.

The label comes first and the text is made from it. Letters are written one by one: one customer
in fifty writes on a day, and text is no column arithmetic.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import cycle
from typing import TypeVar

import msgspec

from psizero.twin.wordings.phrases import Pool, Words, headers, intents, values, words

NOISE = ("spam", "out_of_office", "automatic", "bounce", "list", "empty")
"""Shapes that ask nothing."""
ENGLISH_ONLY = ("automatic", "bounce", "list")
FURIOUS, ANGRY, POLITE = -0.75, -0.4, 0.3
"""Sentiments (-1 to 1) below or above which the tone changes."""
_GAP = re.compile(r"\{([a-z]+)\}|[#~]")
_LETTER = re.compile(r"[^\W\d_]{4,}")

Luck = Iterator[float]
One = TypeVar("One")


class Label(msgspec.Struct, frozen=True):
    """What a letter is, before there is a word of it. `asks`: intents, the weightiest first."""

    language: str
    shape: str
    sentiment: float = 0.0
    asks: tuple[str, ...] = ()


class Letter(msgspec.Struct, frozen=True):
    """What arrives: the subject, the text, and headers as canonical JSON."""

    subject: str
    text: str
    headers: str


def letter(label: Label, luck: Sequence[float]) -> Letter:
    """The mail of a label. The same luck gives the same letter."""
    lots = cycle(luck)
    said = words(label.language)
    if label.shape in NOISE:
        subject, text = _noise(label, said, lots)
    else:
        subject, text = _SHAPES.get(label.shape, _plain)(label, said, lots)
    subject, text = _filled((subject, text), said, lots)
    if label.shape == "typos":
        text = _mistyped(text, lots)
    return Letter(subject, text.strip("\n"), _pick(headers(label.shape), lots))


def reaction(language: str, what: str, luck: Sequence[float]) -> str:
    """What a customer writes back: one of the reactions of a language, signed."""
    lots = cycle(luck)
    said = words(language)
    text = "\n\n".join((_pick(said.reactions[what], lots), "{name}"))
    return _filled((text,), said, lots)[0]


def _pick(pool: Sequence[One], lots: Luck) -> One:
    return pool[int(next(lots) * len(pool))]


def _tone(sentiment: float) -> str:
    if sentiment < ANGRY:
        return "angry"
    return "polite" if sentiment > POLITE else "neutral"


def _asked(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    question = said.intents[label.asks[0]]
    return _pick(question.subjects, lots), _pick(question.texts, lots)


def _framed(label: Label, said: Words, lots: Luck, middle: Sequence[str]) -> str:
    """Greeting, paragraphs, feeling and close, in the tone of the sentiment."""
    tone = _tone(label.sentiment)
    feeling = "furious" if label.sentiment < FURIOUS else tone
    ends = _pick(said.closings[tone], lots), _pick(said.parts["signatures"], lots)
    blocks = (
        _pick(said.greetings[tone], lots),
        *middle,
        _pick(said.feelings[feeling], lots),
        "\n".join(one for one in ends if one),
    )
    return "\n\n".join(one for one in blocks if one)


def _plain(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    opening = _pick(said.parts["openings"], lots)
    return subject, _framed(label, said, lots, (opening, text))


def _one_liner(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    if label.sentiment < FURIOUS:
        return "", text.upper() if "{" not in text else f"{text} !!!"
    return ("", text) if next(lots) < 0.5 else (subject, text.rstrip(".").lower())


def _rambling(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    pool = said.parts["rambles"]
    first = int(next(lots) * len(pool))
    tales = [pool[(first + step) % len(pool)] for step in range(3 + int(next(lots) * 3))]
    before, after = tales[:2], tales[2:]
    return subject, _framed(label, said, lots, (" ".join(before), text, " ".join(after)))


def _pasted(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    kind = intents().intents[label.asks[0]].paste or "log"
    paste = _pick(values().pastes[kind], lots).strip("\n")
    lead = _pick(said.parts["leads"], lots)
    return subject, _framed(label, said, lots, (f"{text} {lead}", paste))


def _several(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    more = [
        f"{_pick(said.parts['joins'], lots)} {_pick(said.intents[name].texts, lots)}"
        for name in label.asks[1:]
    ]
    between = " " if next(lots) < 0.4 else "\n\n"
    return subject, _framed(label, said, lots, (between.join((text, *more)),))


def _quoted(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _plain(label, said, lots)
    return f"Re: {subject}", f"{text}\n\n{_pick(said.parts['quotes'], lots)}"


def _injected(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _asked(label, said, lots)
    order = _pick(said.parts["injections"], lots)
    place = next(lots)
    if place < 0.3:
        return subject, f"{_framed(label, said, lots, (text,))}\n\n\n{order}"
    return subject, _framed(label, said, lots, (order, text) if place < 0.6 else (text, order))


def _markup(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    subject, text = _plain(label, said, lots)
    blocks = escape(text, quote=False).replace("\n\n", "</p><p>").replace("\n", "<br>\n")
    return subject, f"<p>{blocks}</p>"


_SHAPES: dict[str, Callable[[Label, Words, Luck], tuple[str, str]]] = {
    "plain": _plain,
    "one_liner": _one_liner,
    "rambling": _rambling,
    "pasted": _pasted,
    "several": _several,
    "quoted": _quoted,
    "typos": _plain,
    "injected": _injected,
    "markup": _markup,
}
SHAPES = tuple(_SHAPES)
"""Shapes of mail that asks something."""


def _noise(label: Label, said: Words, lots: Luck) -> tuple[str, str]:
    if label.shape == "empty":
        subjects = [one for question in said.intents.values() for one in question.subjects]
        return ("", "") if next(lots) < 0.5 else (_pick(subjects, lots), "")
    mail = _pick(said.noise[label.shape], lots)
    return mail.subject, mail.text


def _filled(texts: Sequence[str], said: Words, lots: Luck) -> list[str]:
    """Every gap filled: the same name means the same thing throughout one letter."""
    pools: dict[str, Pool] = {**values().values, **said.values}
    known: dict[str, str] = {}

    def fill(gap: re.Match[str]) -> str:
        name = gap.group(1)
        if name is None:
            return f"{int(next(lots) * 16):x}" if gap.group() == "~" else str(int(next(lots) * 10))
        if name not in known:
            known[name] = _GAP.sub(fill, _pick(pools[name], lots))
        return known[name]

    return [_GAP.sub(fill, text) for text in texts]


def _mistyped(text: str, lots: Luck) -> str:
    """Three to six words with letters swapped, lost or doubled; short words stay."""
    for _ in range(3 + int(next(lots) * 4)):
        found = list(_LETTER.finditer(text))
        if not found:
            return text
        start, end = _pick(found, lots).span()
        at = start + int(next(lots) * (end - start - 1))
        pair = text[at : at + 2]
        how = (pair[::-1], pair[1], pair[0] + pair)
        text = text[:at] + _pick(how, lots) + text[at + 2 :]
    return text
