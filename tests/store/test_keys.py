"""The subjects' keys: what is written cannot be read without them, and erased stays erased."""

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.tables import Column, Kind, Personal, Type
from psizero.store.key_file import KEY_FILE_BYTES
from psizero.store.keys import (
    ERASED,
    SHOWN_ERASED,
    SHOWN_UNREADABLE,
    Keys,
    key_name,
)
from tests.store.customer_rows import NOW, files, frame, row, shown

TEN_YEARS_ON = datetime(2036, 3, 1, 12)
TEXTS = st.text(max_size=40)
NAMES = st.from_regex(r"[A-Z][a-z]{3,9} [A-Z][a-z]{3,9}", fullmatch=True)
TICKET = Kind(
    name="ticket.opened",
    subject="customer",
    doc="Personal columns of three terms.",
    columns={
        "body": Column(Type.TEXT, "text", personal=Personal("legal", 6)),
        "title": Column(Type.TEXT, "text", personal=Personal("legal", 8)),
        "reply": Column(Type.TEXT, "text", personal=Personal("legal", 7)),
    },
)


@given(st.lists(st.tuples(TEXTS, TEXTS | st.none(), TEXTS | st.none()), min_size=1, max_size=5))
def test_what_is_encrypted_comes_back(given: list[tuple[str, str | None, str | None]]) -> None:
    plain = frame(*(row(*one, row_id=str(n)) for n, one in enumerate(given)))
    with TemporaryDirectory() as home:
        kept = Keys(Path(home)).encrypt(CUSTOMER_CREATED, plain)
        again = Keys(Path(home))
        assert again.decrypt(CUSTOMER_CREATED, kept).equals(plain)
        assert again.encrypt(CUSTOMER_CREATED, plain).equals(kept)
    assert kept.drop("name", "email").equals(plain.drop("name", "email"))
    for column, purpose in (("name", "legal"), ("email", "service")):
        assert kept[column].is_null().equals(plain[column].is_null())
        assert kept[column].drop_nulls().str.starts_with(f"psi1:{purpose}:").all()


@given(TEXTS, st.sampled_from(["source", "id", "subject", "name"]))
def test_ciphertext_that_was_moved_is_unreadable(text: str, moved: str) -> None:
    rows = [row("a", text, text, "1"), row("b", "other", "other", "2")]
    with TemporaryDirectory() as home:
        keys = Keys(Path(home))
        kept = keys.encrypt(CUSTOMER_CREATED, frame(*rows))
        if moved == "name":
            there = kept.with_columns(name=pl.lit(kept["name"][0]), email=pl.lit(kept["email"][0]))
        else:
            there = kept.with_columns(pl.lit("b" if moved == "subject" else "2").alias(moved))
        at = 1 if moved == "name" else 0
        assert shown(keys, there)[at] == (SHOWN_UNREADABLE, SHOWN_UNREADABLE)


def test_ciphertext_of_one_column_or_kind_is_unreadable_in_another(tmp_path: Path) -> None:
    keys, plain = Keys(tmp_path), frame(row("a", "Ada Byron", None)).rename({"name": "body"})
    ticket = keys.encrypt(TICKET, plain)
    for kind, column in ((TICKET, "title"), (CUSTOMER_CREATED, "name")):
        moved = ticket.rename({"body": column})
        assert keys.decrypt(kind, moved)[column].to_list() == [SHOWN_UNREADABLE]


@given(NAMES, st.data())
def test_changing_any_character_makes_it_unreadable(name: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as home:
        keys = Keys(Path(home))
        kept = keys.encrypt(CUSTOMER_CREATED, frame(row("a", name, None)))
        text = str(kept["name"][0])
        at = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != text[at]))
        for forged in (text[:at] + other + text[at + 1 :], text[:at], text + other, name):
            there = kept.with_columns(name=pl.lit(forged))
            assert shown(keys, there) == [(SHOWN_UNREADABLE, None)]


@given(NAMES, NAMES)
def test_no_file_and_no_ciphertext_holds_a_plain_byte(name: str, subject: str) -> None:
    with TemporaryDirectory() as home:
        keys = Keys(Path(home))
        kept = keys.encrypt(CUSTOMER_CREATED, frame(row(subject, name, name)))
        keys.destroy(subject, NOW)
        for path in files(Path(home)):
            assert name.encode() not in path.read_bytes()
            assert subject.encode() not in path.read_bytes()
            assert subject not in str(path.relative_to(home))
        assert name not in kept["name"][0] + kept["email"][0]


@given(TEXTS, TEXTS)
def test_erased_stays_erased(text: str, later: str) -> None:
    with TemporaryDirectory() as home:
        keys = Keys(Path(home))
        kept = keys.encrypt(CUSTOMER_CREATED, frame(row("a", text, text), row("b", text, text)))
        before = files(Path(home) / "service")
        secret = {path: path.read_bytes() for path in before}
        assert keys.destroy("a", NOW)
        for one in (keys, Keys(Path(home))):
            assert not one.destroy("a", NOW)
            assert shown(one, kept) == [(text, SHOWN_ERASED), (text, text)]
            more = one.encrypt(CUSTOMER_CREATED, frame(row("a", later, later, "9")))
            assert more["email"].to_list() == [ERASED]
            assert shown(one, more) == [(later, SHOWN_ERASED)]
        left = b"".join(path.read_bytes() for path in files(Path(home)))
        assert [one[8:90] in left for one in secret.values()].count(True) == 1


def test_a_subject_without_keys_is_erased_all_the_same(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "home" / "keys")
    assert not keys.destroy("a", NOW)
    kept = keys.encrypt(CUSTOMER_CREATED, frame(row("a", "Ada", "a@example.org")))
    assert kept.select("name", "email").rows() == [(ERASED, ERASED)]
    assert [one.name for one in files(tmp_path)] == [f"{key_name('a')}.key.erased"]


def test_no_kind_without_personal_columns_costs_anything(tmp_path: Path) -> None:
    keys, plain = Keys(tmp_path / "keys"), frame(row("a", "Ada", "a@example.org"))
    assert keys.encrypt(USAGE_RECORDED, plain) is plain
    assert keys.decrypt(USAGE_RECORDED, plain) is plain
    assert keys.encrypt(CUSTOMER_CREATED, plain.clear()).is_empty()
    keys.encrypt(CUSTOMER_CREATED, frame(row("a", None, None)))
    assert files(tmp_path) == []


def test_the_legal_key_stays_for_its_term_and_then_goes(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    kept = keys.encrypt(CUSTOMER_CREATED, frame(row("a", "Ada", "a@x"), row("b", "Bo", "b@x")))
    assert keys.legal_due("a", NOW) == TEN_YEARS_ON
    assert keys.expire(TEN_YEARS_ON) == []
    keys.destroy("a", NOW)
    last_day = TEN_YEARS_ON.replace(hour=11)
    assert Keys(tmp_path).expire(last_day) == []
    assert Keys(tmp_path).legal_due("a", last_day) == TEN_YEARS_ON
    assert shown(keys, kept) == [("Ada", SHOWN_ERASED), ("Bo", "b@x")]
    assert keys.legal_due("a", TEN_YEARS_ON) is None
    assert keys.expire(TEN_YEARS_ON) == [key_name("a")]
    assert keys.expire(TEN_YEARS_ON) == []
    assert shown(Keys(tmp_path), kept) == [(SHOWN_ERASED, SHOWN_ERASED), ("Bo", "b@x")]
    assert keys.legal_due("nobody", NOW) is None


def test_a_later_row_advances_the_term_once_and_an_earlier_one_never_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, pwrite = list[int](), os.pwrite

    def counted(file: int, data: bytes, at: int) -> int:
        writes.append(file)
        return pwrite(file, data, at)

    monkeypatch.setattr(os, "pwrite", counted)
    for born, until in ((2020, 2028), (2019, 2028), (2024, 2032), (2024, 2032)):
        born_at = datetime(born, 2, 29 if born % 4 == 0 else 28)
        texts = {"title": "title", "reply": "reply", "occurred_at": born_at}
        given = [row("a", "body", None, str(day)) | texts for day in range(9)]
        Keys(tmp_path).encrypt(TICKET, frame(*given).rename({"name": "body"}))
        assert Keys(tmp_path).legal_due("a", NOW) == datetime(until, 2, 29)
    assert len(writes) == 1
    assert [path.stat().st_size for path in files(tmp_path)] == [KEY_FILE_BYTES]


@given(st.datetimes())
@example(datetime(2024, 2, 29, 12))
@example(datetime(9990, 1, 1))
def test_a_term_is_whole_years_and_never_short(born: datetime) -> None:
    with TemporaryDirectory() as home:
        keys = Keys(Path(home))
        keys.encrypt(CUSTOMER_CREATED, frame(row("a", "Ada", None) | {"occurred_at": born}))
        until = Keys(Path(home)).legal_due("a", datetime.min)
    assert until == datetime.max if born.year > 9989 else until is not None
    if until and until != datetime.max:
        assert until.time() == born.time()
        assert until.year == born.year + 10
        same_day = (until.month, until.day) == (born.month, born.day)
        assert same_day or (born.month, born.day, until.month, until.day) == (2, 29, 3, 1)


def test_threads_that_meet_a_new_subject_get_one_key(tmp_path: Path) -> None:
    keys, plain = Keys(tmp_path), frame(*(row(f"c{n}", "Ada", "a@x", str(n)) for n in range(50)))
    kept: list[pl.DataFrame] = []
    threads = [
        Thread(target=lambda: kept.append(keys.encrypt(CUSTOMER_CREATED, plain))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.equals(kept[0]) for one in kept] == [True] * 4
    assert Keys(tmp_path).decrypt(CUSTOMER_CREATED, kept[0]).equals(plain)


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psizero.store.keys.KEYS_CACHED_MAX", 3)
    keys, plain = Keys(tmp_path), frame(*(row(f"c{n}", "Ada", "a@x", str(n)) for n in range(9)))
    kept = keys.encrypt(CUSTOMER_CREATED, plain)
    assert keys.decrypt(CUSTOMER_CREATED, kept).equals(plain)
    assert keys.encrypt(CUSTOMER_CREATED, plain).equals(kept)


def test_there_are_two_purposes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not one of service, legal"):
        Keys(tmp_path).destroy("a", NOW, "../other")
