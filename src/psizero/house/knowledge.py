"""What the house learns from people for its support: articles, solved questions, corrections."""

from collections.abc import Sequence

import polars as pl

from psizero.core.content import content_id
from psizero.core.errors import Problem
from psizero.customers.triage import ROUTES
from psizero.house import desk
from psizero.house.home import House

ARTICLE, QUESTION, CORRECTED = "article.set", "question.solved", "ticket.corrected"
SOURCE = "knowledge"


def learn(
    house: House, passages: pl.DataFrame, solved: Sequence[tuple[str, str]]
) -> tuple[int, int, int]:
    """Take a knowledge base in as it stands; how many passages are new or changed, withdrawn, and
    how many questions are new. `solved`: text, and the passage that answered it (empty: none did).

    Raises Problem where a question names a passage that is not there.
    """
    unknown = {one for _, one in solved} - {"", *passages["passage"]}
    if unknown:
        raise Problem(
            f"no passage {min(unknown)!r} in the knowledge base",
            "a passage is named FILE.md#HEADING",
        )
    known = (
        house.store.everything(ARTICLE)
        .unique("subject", keep="last", maintain_order=True)
        .filter("live")
        .select("title", "text", passage="subject")
    )
    same = ["passage", "title", "text"]
    fresh = passages.join(known, on=same, how="anti", maintain_order="left")
    gone = known.join(passages, on="passage", how="anti", maintain_order="left")
    rows: list[dict[str, object]] = [
        {"subject": passage, "title": title, "text": text, "live": live}
        for frame, live in ((fresh, True), (gone, False))
        for passage, title, text in frame.select(same).iter_rows()
    ]
    kinds = house.members.catalog.kinds
    with house.store.whole():
        house.append_counted(kinds[ARTICLE], SOURCE, rows)
        asked = house.append(kinds[QUESTION], SOURCE, [_question(*one) for one in solved])
    return fresh.height, gone.height, asked


def _question(text: str, passage: str) -> dict[str, object]:
    """The same question with the same answer is one row."""
    name = content_id(text, passage)
    return {"id": name, "subject": f"question-{name}", "text": text, "passage": passage}


def correct(house: House, ticket: str, said: tuple[str, str], by: str, because: str) -> str:
    """A person says what a ticket is about (category, priority); its team follows from that.

    Raises Problem where there is no such ticket, or nobody of that name.
    """
    who = desk.person(house.said_policy(), by)
    opened = house.store.everything("ticket.opened").filter(pl.col("ticket") == ticket)
    if opened.is_empty():
        raise Problem(f"there is no ticket {ticket!r}")
    category, priority = said
    row: dict[str, object] = {
        "subject": opened["subject"][0],
        "ticket": ticket,
        "category": category,
        "priority": priority,
        "team": ROUTES[category],
        "by": who,
        "because": because,
    }
    house.append_counted(house.members.catalog.kinds[CORRECTED], "desk", [row])
    return f"ticket {ticket} is {priority} {category}, for {ROUTES[category]}: said by {who}"
