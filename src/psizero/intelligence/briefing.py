"""The morning briefing of every role: the table `briefing`, a document that an action names.

The nine parts of the daily briefing, each number a cell of a table; where nothing is notable,
three lines. `document` is what is sent: canonical JSON of topic, text and html.
"""

import textwrap
from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.content import canonical
from psizero.core.tables import Facts
from psizero.intelligence.claims import Claim, claims, reasons
from psizero.intelligence.gaps import gaps
from psizero.intelligence.morning import Morning, morning
from psizero.intelligence.page import html
from psizero.intelligence.parts import PARTS, REASONS_MAX
from psizero.intelligence.prose import Cell, Line, Part, Piece, spoken
from psizero.intelligence.roles import ROLES

WIDTH = 78
THREE = 3
WORDS_MIN, WORDS_MAX = 250, 400
LENGTHS = ((2, 3), (1, 3), (1, 2), (1, 1), (1, 0))
"""How many customers are named of a kind, and claims told: the first that fits."""
FULLER = (4, 3)
"""The same where little is known; what is missing is told then too."""
OF_LENGTH = ("decide", "customers", "changed")
"""The parts that name some of many."""
_FILL = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
_SCHEMA = {
    "role": pl.String(),
    "day": pl.Datetime("us"),
    "topic": pl.String(),
    "text": pl.String(),
    "html": pl.String(),
    "document": pl.String(),
    "parts": pl.String(),
    "notable": pl.Boolean(),
    "complete": pl.Boolean(),
    "words": pl.Int64(),
}


def briefing(facts: Facts, now: datetime) -> pl.DataFrame:
    """One row a role. `parts` is JSON: every line with its numbers, and where each stands."""
    rows = [_row(morning(name, role, facts, now)) for name, role in ROLES.items()]
    return pl.DataFrame(rows, schema=_SCHEMA).sort("role")


def _row(seen: Morning) -> dict[str, object]:
    changed = claims(seen)
    why = reasons(seen, changed)
    parts = _fitting(seen, changed, why) if why else _three(_made(seen, changed, why))
    topic, text = _topic(why, parts[0]), _text(parts)
    page = html(topic, parts)
    states = seen.facts["sources"]["state"]
    return {
        "role": seen.name,
        "day": seen.now.replace(hour=0, minute=0, second=0, microsecond=0),
        "topic": topic,
        "text": text,
        "html": page,
        "document": canonical({"topic": topic, "text": text, "html": page}),
        "parts": canonical([_told(one) for one in parts]),
        "notable": bool(why),
        "complete": not states.is_in(["late", "incomplete", "silent"]).any(),
        "words": len(text.split()),
    }


def _made(
    seen: Morning, changed: list[Claim], why: list[Claim], known: Mapping[str, Part] | None = None
) -> dict[str, Part]:
    """Every part by name; of another length only those that name more or fewer."""
    return {
        name: known[name]
        if known and name not in OF_LENGTH
        else make(seen, changed if name == "changed" else why)
        for name, make in PARTS.items()
    }


def _fitting(seen: Morning, changed: list[Claim], why: list[Claim]) -> tuple[Part, ...]:
    """The role's parts within the bounds of length; where little is known, what is missing too."""

    known = _made(seen, changed, why)

    def made(length: tuple[int, int]) -> tuple[Part, ...]:
        named, told = length
        short = msgspec.structs.replace(seen, named_max=named)
        found = _made(short, changed[:told], why, known)
        return tuple(found[name] for name in seen.role.parts if found[name].lines)

    lengths = (made(one) for one in LENGTHS)
    parts = next((one for one in lengths if _words(one) <= WORDS_MAX), made(LENGTHS[-1]))
    if _words(parts) >= WORDS_MIN:
        return parts
    fuller = made(FULLER)
    return _with_gaps(seen, fuller if _words(fuller) <= WORDS_MAX else parts)


def _with_gaps(seen: Morning, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Before the foot, as much of what is missing as a full briefing has room for."""
    words, lines = _words(parts), list[Line]()
    for one in gaps(seen):
        if words < WORDS_MIN:
            lines.append(one)
            words += len(spoken(one.said).split())
    missing = (Part("gaps", "At work, and what is missing", tuple(lines)),) if lines else ()
    return (*parts[:-1], *missing, parts[-1])


def _words(parts: tuple[Part, ...]) -> int:
    return len(_text(parts).split())


def _topic(why: list[Claim], verdict: Part) -> str:
    """The news in one line, without anybody's name."""
    if not why:
        return spoken(verdict.lines[0].said).partition(": ")[2].rstrip(".").capitalize()
    return spoken([piece for one in why[:REASONS_MAX] for piece in ("; ", *one.short)][1:])


def _three(made: dict[str, Part]) -> tuple[Part, ...]:
    """Nothing is notable: the verdict, the numbers in one line, and as of when."""
    known = [one for one in made["tiles"].lines if one.lead]
    leads = [
        ("; " if n else "", *(_inside(one.label) if n else one.label), ": ", *one.lead)
        for n, one in enumerate(known[:THREE])
    ]
    numbers = (Line(pieces=(*[piece for one in leads for piece in one], ".")),) if leads else ()
    return (
        made["verdict"],
        Part("tiles", "", numbers),
        Part("foot", "", made["foot"].lines[:1]),
    )


def _inside(label: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A label within a sentence."""
    first = label[0]
    return (first[:1].lower() + first[1:], *label[1:]) if isinstance(first, str) else label


def _text(parts: tuple[Part, ...]) -> str:
    """Plain text without marks: it reads the same aloud."""
    said: list[str] = []
    for part in parts:
        if not part.lines:
            continue
        lines = [_FILL.fill(spoken(one.said)) for one in part.lines]
        head = [part.title, ""] if part.title else []
        said.append("\n".join([*head, *lines]))
    return "\n\n".join(said) + "\n"


def _told(part: Part) -> dict[str, object]:
    lines = [
        {**_evident(one.said), **({"bars": _evident(one.spark.label)} if one.spark else {})}
        for one in part.lines
    ]
    return {"name": part.name, "title": part.title, "lines": lines}


def _evident(pieces: tuple[Piece, ...]) -> dict[str, object]:
    """A text with every number in it."""
    cells = [msgspec.structs.asdict(one) for one in pieces if isinstance(one, Cell)]
    return {"text": spoken(pieces), "numbers": cells}
