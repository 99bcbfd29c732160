"""Answers: quoted passages with their links, or a draft, or a person; never a sentence made up.

A passage is quoted without a person only from the probability on that the conformal threshold of
models.retrieve says, and only where triage sees no reason for one. Text in a ticket is looked up
and nothing else: no word in it can choose the action, the passage's text or the receiver.
"""

from collections.abc import Mapping

import msgspec
import polars as pl

from psizero.customers.triage import said
from psizero.models import retrieve

ANSWERED = {
    "id": pl.String(),
    "action": pl.String(),
    "passage": pl.String(),
    "probability": pl.Float64(),
    "answer": pl.String(),
    "why": pl.String(),
}
"""`action`: answer, draft (a person sends it), handoff (nothing found), none (a machine wrote)."""
QUOTE_CHARACTERS_MOST = 1200
ADDRESSED = {
    "en": ("This is what our documentation says:", "Read on: {link}"),
    "de": ("Dazu sagt unsere Dokumentation:", "Weiterlesen: {link}"),
    "fr": ("Voici ce qu'en dit notre documentation :", "Lire la suite : {link}"),
    "es": ("Esto es lo que dice nuestra documentación:", "Seguir leyendo: {link}"),
    "ja": ("ドキュメントの該当箇所です。", "続きを読む: {link}"),
}
RECEIVED = {
    "en": "We have received your message. A person of our team ({route}) will answer it.",
    "de": "Ihre Nachricht ist angekommen. Jemand aus unserem Team ({route}) antwortet Ihnen.",
    "fr": "Nous avons reçu votre message. Une personne de notre équipe ({route}) vous répondra.",
    "es": "Hemos recibido su mensaje. Una persona de nuestro equipo ({route}) le responderá.",
    "ja": "お問い合わせを受け付けました。担当者 ({route}) よりご連絡いたします。",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`draft_min_share`: from which probability on a passage is worth a person's look.

    `questions_max`: more question marks than that are too much for one quotation; `furious_at`:
    from this mood (-1 to 1) down a person answers.
    """

    draft_min_share: float = 0.35
    questions_max: int = 2
    furious_at: float = -0.6


def answered(
    fitted: bytes, books: pl.DataFrame, tickets: pl.DataFrame, triaged: pl.DataFrame
) -> pl.DataFrame:
    """ANSWERED for each ticket, in its order, under the usual Settings; `books` are the passages
    that were fitted, `triaged` is what triage says of the same tickets.
    """
    new = said(tickets)
    found = retrieve.predict(fitted, new)
    answer_from = retrieve.reader(fitted).fitted.answer_from
    columns = (books[one] for one in ("passage", "title", "text"))
    texts = {row[0]: row for row in zip(*columns, strict=True)}
    rows = list[tuple[object, ...]]()
    for text, near, ticket in zip(
        new["text"], found.iter_rows(named=True), triaged.iter_rows(named=True), strict=True
    ):
        chance = near["probability"]
        action, why = _action(text, chance, answer_from, ticket)
        tongue = ticket["language"]
        quoted = _quoted(texts[near["passage"]], tongue)
        answer = {"none": "", "handoff": _received(ticket)}.get(action, quoted)
        link = near["passage"] if action in ("answer", "draft") else None
        rows.append((ticket["id"], action, link, chance, answer, why))
    return pl.DataFrame(rows, schema=ANSWERED, orient="row")


def unanswered(triaged: pl.DataFrame) -> pl.DataFrame:
    """ANSWERED where there is no knowledge base: a person, or nobody for what a machine wrote."""
    rows = [
        (one["id"], "none", None, 0.0, "", one["silent"])
        if one["silent"]
        else (one["id"], "handoff", None, 0.0, _received(one), "no knowledge base")
        for one in triaged.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=ANSWERED, orient="row")


def _received(ticket: Mapping[str, object]) -> str:
    """What tells the customer that a person has it."""
    told = RECEIVED.get(str(ticket["language"]), RECEIVED["en"])
    return told.format(route=ticket["route"])


def _action(
    text: str, chance: float, answer_from: float, ticket: Mapping[str, object]
) -> tuple[str, str]:
    """What is done, and why no more than that."""
    usual = Settings()
    if ticket["silent"]:
        return "none", str(ticket["silent"])
    if chance < usual.draft_min_share:
        return "handoff", f"no passage is near enough ({chance:.2f})"
    if ticket["person"]:
        return "draft", "triage asks for a person"
    if float(str(ticket["sentiment"])) <= usual.furious_at:
        return "draft", "a furious customer"
    if text.count("?") > usual.questions_max:
        return "draft", "several questions at once"
    if answer_from >= retrieve.NEVER:
        return "draft", f"fewer than {retrieve.QUESTIONS_MIN} solved questions: no threshold yet"
    if chance < answer_from:
        return "draft", f"{chance:.2f} is below the threshold {answer_from:.2f}"
    return "answer", f"{chance:.2f} reaches the threshold {answer_from:.2f}"


def _quoted(passage: tuple[str, str, str], tongue: str) -> str:
    """The passage as a quotation, whole paragraphs as far as they fit, and where it stands."""
    link, title, text = passage
    opening, closing = ADDRESSED.get(tongue, ADDRESSED["en"])
    kept = list[str]()
    for paragraph in text.split("\n\n"):
        if kept and sum(map(len, kept)) + len(paragraph) > QUOTE_CHARACTERS_MOST:
            break
        kept.append(paragraph)
    body = "\n".join(f"> {line}".rstrip() for line in "\n\n".join(kept).splitlines())
    return f"{opening}\n\n> **{title}**\n>\n{body}\n\n{closing.format(link=link)}\n"
