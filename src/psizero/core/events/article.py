"""What the knowledge base says, and which questions it has answered."""

from psizero.core.tables import Column, Kind, Personal, Type

ARTICLE_SET = Kind(
    name="article.set",
    subject="passage",
    doc="A passage of the knowledge base as it reads from now on; the last one holds.",
    columns={
        "title": Column(Type.TEXT, "its headings, from the widest on"),
        "text": Column(Type.TEXT, "what it says, as Markdown"),
        "live": Column(Type.BOOLEAN, "false: it is withdrawn, and quoted no more"),
    },
)
QUESTION_SOLVED = Kind(
    name="question.solved",
    subject="customer",
    doc="A question of old, and what answered it: the threshold of answers is set by these.",
    columns={
        "text": Column(Type.TEXT, "the question as it was put", personal=Personal("service")),
        "passage": Column(Type.TEXT, "what answered it; none: nothing there did", required=False),
    },
)
KINDS = (ARTICLE_SET, QUESTION_SOLVED)
