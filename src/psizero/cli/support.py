"""The commands `support`: triage and answers tried on one's own inbox, and what a home learns."""

from pathlib import Path
from time import perf_counter
from typing import Annotated, TypeVar

import msgspec
import polars as pl
from cyclopts import App, Parameter

from psizero.cli.app import Home
from psizero.cli.show import give, hint, say
from psizero.core.errors import Problem
from psizero.customers.triage import PRIORITIES, ROUTES, TICKETS
from psizero.house.home import opened

support = App(name="support", help="Triage and answers for what customers write.")
TICKETS_FILE, SOLVED_FILE, CORRECTIONS_FILE = "tickets.jsonl", "solved.jsonl", "corrections.jsonl"
Line = TypeVar("Line", bound=msgspec.Struct)


class Ticket(msgspec.Struct, frozen=True):
    """One line of tickets.jsonl; only the id is needed."""

    id: str | int
    subject: str | None = None
    body: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    headers: dict[str, str | int | float | bool | None] | None = None
    plan: str | None = None
    mrr: float | None = None


class Solved(msgspec.Struct, frozen=True):
    """One line of solved.jsonl; `passage` is empty where nothing in the knowledge base helped."""

    subject: str = ""
    body: str = ""
    passage: str = ""


class Correction(msgspec.Struct, frozen=True):
    """One line of corrections.jsonl; an empty category is nothing for support."""

    category: str
    priority: str = ""
    subject: str = ""
    body: str = ""


@support.command
def check(
    folder: Path,
    /,
    *,
    knowledge: Annotated[
        Path | None, Parameter(help="The folder of Markdown; default: kb in the folder.")
    ] = None,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="A file; default: stdout.")
    ] = None,
) -> None:
    """What would be done with the tickets of a folder; nothing is sent, no home is needed.

    Reads FOLDER/tickets.jsonl and, where they are there, FOLDER/kb/**/*.md, solved.jsonl and
    corrections.jsonl; gives one JSON object a line, in the order of the tickets.
    """
    if not folder.is_dir():
        raise Problem(f"{folder} is no folder")
    tickets = _tickets(folder / TICKETS_FILE)
    pages = _pages(knowledge or folder / "kb", asked=knowledge is not None)
    corrections = _checked(_lines(folder / CORRECTIONS_FILE, Correction))
    solved = _lines(folder / SOLVED_FILE, Solved)
    begin = perf_counter()
    found = _predicted(tickets, pages, solved, corrections)
    taken = perf_counter() - begin
    lines = (msgspec.json.encode(row).decode() for row in found.iter_rows(named=True))
    if output is None:
        for line in lines:
            give(line)
    else:
        try:
            output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as error:
            raise Problem(f"cannot write {output}: {error.strerror or error}") from None
    acts = found["action"].value_counts().sort("action").rows()
    told = ", ".join(f"{many} {action}" for action, many in acts)
    hint(f"{found.height:,} tickets in {taken:.1f} s, learning included: {told}")


@support.command
def learn(
    folder: Path,
    /,
    *,
    home: Home,
    knowledge: Annotated[
        Path | None, Parameter(help="The folder of Markdown; default: kb in the folder.")
    ] = None,
) -> None:
    """Bring a knowledge base into a home, as it stands: what is gone from it is withdrawn.

    Reads FOLDER/kb/**/*.md and, where it is there, FOLDER/solved.jsonl. Known at the next tick.
    """
    from psizero.customers import articles
    from psizero.house import knowledge as lessons

    if not folder.is_dir():
        raise Problem(f"{folder} is no folder")
    place = knowledge or folder / "kb"
    books = articles.passages(_pages(place, asked=True))
    if books.is_empty():
        raise Problem(f"there is no Markdown below {place}", "nothing was learned or withdrawn")
    solved = [(_whole(one), one.passage) for one in _lines(folder / SOLVED_FILE, Solved)]
    with opened(home) as house:
        new, gone, asked = lessons.learn(house, books, solved)
    say(f"{new:,} passages new or changed, {gone:,} withdrawn, {asked:,} questions new")


@support.command
def correct(
    ticket: str,
    about: Annotated[str, Parameter(help="CATEGORY.PRIORITY, such as billing.high.")],
    /,
    *,
    home: Home,
    by: Annotated[str, Parameter(help="Who says so.")] = "",
    because: Annotated[str, Parameter(help="Why.")] = "",
) -> None:
    """Say what a ticket is really about; it goes to the team of that, and stays as said."""
    from psizero.house import knowledge as lessons

    category, _, priority = about.partition(".")
    for said, known in ((category, tuple(ROUTES)), (priority, PRIORITIES)):
        if said not in known:
            raise Problem(f"{said!r} is none of {', '.join(known)}")
    with opened(home) as house:
        say(lessons.correct(house, ticket, (category, priority), by, because))


def _predicted(
    tickets: pl.DataFrame,
    pages: dict[str, str],
    solved: list[Solved],
    corrections: list[Correction],
) -> pl.DataFrame:
    """Triage and answer of each ticket, side by side."""
    from psizero.customers import answers, articles, triage
    from psizero.models import retrieve

    known = triage.examples()
    if corrections:
        rows = [(_whole(one), one.category, one.priority) for one in corrections]
        known = pl.concat([known, pl.DataFrame(rows, schema=known.schema, orient="row")])
    judged = triage.triaged(triage.learn(known), tickets, triage.Settings())
    books = articles.passages(pages)
    if books.height < 2:
        return judged.hstack(answers.unanswered(judged).drop("id"))
    asked = pl.DataFrame(
        [(_whole(one), one.passage) for one in solved],
        schema={"text": pl.String(), "passage": pl.String()},
        orient="row",
    )
    unknown = set(asked["passage"]) - {"", *books["passage"]}
    if unknown:
        raise Problem(
            f"{SOLVED_FILE}: no passage {min(unknown)!r} in the knowledge base",
            f"a passage is named FILE.md#HEADING, such as {books['passage'][0]}",
        )
    fitted = retrieve.fit(books, asked)
    return judged.hstack(answers.answered(fitted, books, tickets, judged).drop("id"))


def _whole(one: Solved | Correction) -> str:
    from psizero.customers.mail import fresh

    return f"{one.subject}\n{fresh(one.body)}".strip()


def _tickets(file: Path) -> pl.DataFrame:
    """Raises Problem where there are none, or two have one id."""
    if not file.is_file():
        raise Problem(f"no {file}", "it holds one JSON object a line: id, subject, body, from, ...")
    rows = [
        (
            str(one.id),
            one.subject or "",
            one.body or "",
            one.sender or "",
            msgspec.json.encode(one.headers or {}).decode(),
            one.plan or "",
            one.mrr or 0.0,
        )
        for one in _lines(file, Ticket)
    ]
    found = pl.DataFrame(rows, schema=TICKETS, orient="row")
    if not rows:
        raise Problem(f"{file} holds no ticket")
    twice = found.filter(pl.col("id").is_duplicated())
    if twice.height:
        raise Problem(f"{file.name}: two tickets have the id {twice['id'][0]!r}")
    return found


def _lines(file: Path, kind: type[Line]) -> list[Line]:
    """Every line that is not empty; a file that is not there has none.

    Raises Problem naming the line that is wrong.
    """
    if not file.is_file():
        return []
    found = list[Line]()
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=kind))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise Problem(f"{file.name} line {number}: {error}") from None
    return found


def _checked(corrections: list[Correction]) -> list[Correction]:
    """Raises Problem where a category or priority is none that triage knows."""
    for number, one in enumerate(corrections, start=1):
        if one.category not in ("", *ROUTES):
            raise Problem(
                f"{CORRECTIONS_FILE}: correction {number} has the category {one.category!r}",
                f"it is one of {', '.join(ROUTES)}, or empty",
            )
        if one.category and one.priority not in PRIORITIES:
            raise Problem(
                f"{CORRECTIONS_FILE}: correction {number} has the priority {one.priority!r}",
                f"it is one of {', '.join(PRIORITIES)}",
            )
    return corrections


def _pages(folder: Path, asked: bool) -> dict[str, str]:
    """The Markdown below a folder, by its path there. Raises Problem where it was asked for."""
    if not folder.is_dir():
        if asked:
            raise Problem(f"--knowledge {folder} is no folder")
        return {}
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.md"))
        }
    except UnicodeDecodeError:
        raise Problem(f"a page below {folder} is no UTF-8 text") from None
