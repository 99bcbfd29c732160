"""The public sets as tables: text and label, or questions and passages. Read, never copied."""

import os
from pathlib import Path

import polars as pl

DATA = Path(os.environ.get("PSIZERO_DATA", "../shared/data"))


def _read(path: str) -> pl.DataFrame:
    return pl.read_parquet(DATA / path)


def banking77() -> pl.DataFrame:
    """Questions to a bank: text, label (77)."""
    return _read("tickets_banking77/tickets_banking77.parquet").select("text", label="category")


def clinc150() -> pl.DataFrame:
    """Requests to an assistant: text, label (150, empty: none of them), part (official)."""
    frame = _read("tickets_clinc150/tickets_clinc150.parquet")
    label = pl.when(pl.col("intent") == "oos").then(pl.lit("")).otherwise("intent")
    return frame.select("text", "part", label=label)


def nlbse24() -> pl.DataFrame:
    """Issues of five repositories: text, label (bug, feature, question)."""
    text = pl.col("title").fill_null("") + "\n" + pl.col("body").fill_null("")
    frame = _read("tickets_github_nlbse24/tickets_github_nlbse24.parquet")
    return frame.select("label", text=text)


def senti4sd() -> pl.DataFrame:
    """Posts of developers: text, label (positive, neutral, negative)."""
    return _read("sentiment_senti4sd/sentiment_senti4sd.parquet").select("text", label="polarity")


def passages(name: str) -> pl.DataFrame:
    """A knowledge base: passage, title, text, removed (kept back, so that questions have none)."""
    frame = _read(f"kb_{name}/kb.parquet")
    if "removed_in_escalation_task" not in frame.columns:
        frame = frame.with_columns(removed_in_escalation_task=pl.lit(""))
    return frame.select(
        passage=pl.col("faq_id").cast(pl.String),
        title="question",
        text="answer",
        removed=pl.col("removed_in_escalation_task").fill_null("") != "",
    )


def questions(name: str) -> pl.DataFrame:
    """What was asked: passage (the right one), text."""
    frame = _read(f"kb_{name}/kb_{name}.parquet")
    return frame.select(passage=pl.col("faq_id").cast(pl.String), text="query")


def texts(name: str) -> pl.Series:
    """All texts that a split is made of."""
    whole = {"banking77": banking77, "nlbse24": nlbse24, "senti4sd": senti4sd}
    return whole[name]()["text"] if name in whole else questions(name)["text"]
