"""Key files on the disk: private, whole or refused, and not lost by a crash at any call."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from psizero.core.errors import Problem
from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.store.key_file import KEY_FILE_BYTES
from psizero.store.keys import SHOWN_ERASED, Keys, key_name
from tests.store.customer_rows import NOW, files, frame, row, shown


def test_the_key_is_overwritten_where_it_lies_on_the_disk(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.encrypt(CUSTOMER_CREATED, frame(row("a", None, "a@example.org")))
    (path,) = files(tmp_path)
    with path.open("rb") as same_place:
        before = same_place.read()
        assert keys.destroy("a", NOW)
        same_place.seek(0)
        after = same_place.read()
    assert len(before) == len(after) == KEY_FILE_BYTES
    assert before[8:90] not in after
    assert [one.name for one in files(tmp_path)] == [f"{key_name('a')}.key.erased"]
    assert b"2026-10-08T06:00:00Z" in after


def test_a_key_that_a_backup_brings_back_stays_erased(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    kept = keys.encrypt(CUSTOMER_CREATED, frame(row("a", None, "a@example.org")))
    (path,) = files(tmp_path)
    backup = path.read_bytes()
    keys.destroy("a", NOW)
    path.write_bytes(backup)
    assert shown(Keys(tmp_path), kept) == [(None, SHOWN_ERASED)]
    assert Keys(tmp_path).destroy("a", NOW)
    assert not path.exists()


@pytest.mark.parametrize("works", [("encrypt", "destroy"), ("encrypt",), ("destroy",)])
def test_only_the_owner_may_read(tmp_path: Path, works: tuple[str, ...]) -> None:
    folder = tmp_path / "keys"
    (folder / "service").mkdir(parents=True)
    keys = Keys(folder)
    if "encrypt" in works:
        keys.encrypt(CUSTOMER_CREATED, frame(row("a", "Ada", "a@example.org")))
    if "destroy" in works:
        keys.destroy("a", NOW)
    assert files(folder)
    for path in (folder, *folder.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@pytest.mark.parametrize("content", [b"", b"{}", b'{"key":"AAAA"}', b"\xff" * 300, b"[1]"])
def test_a_damaged_key_file_is_named_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    plain = frame(row("a", None, "a@example.org"))
    kept = Keys(tmp_path).encrypt(CUSTOMER_CREATED, plain)
    (path,) = files(tmp_path)
    path.write_bytes(content)
    for work in (Keys(tmp_path).encrypt, Keys(tmp_path).decrypt):
        with pytest.raises(Problem, match=str(path)):
            work(CUSTOMER_CREATED, kept)
    assert path.read_bytes() == content
    assert Keys(tmp_path).destroy("a", NOW)
    assert shown(Keys(tmp_path), kept) == [(None, SHOWN_ERASED)]


def _at_most(calls: int, work: Callable[..., object]) -> Callable[..., object]:
    """The work, cut off by a crash after so many calls."""
    left = iter(range(calls))

    def cut(*given: object) -> object:
        if next(left, None) is None:
            raise OSError("crash")
        return work(*given)

    return cut


@pytest.mark.parametrize("name", ["pwrite", "write", "fsync", "open", "replace"])
@pytest.mark.parametrize("calls", range(7))
def test_a_crash_at_any_call_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, calls: int
) -> None:
    folder, plain = tmp_path / "keys", frame(row("a", "Ada", "a@example.org"), row("b", "Bo", "b"))
    keys = Keys(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, name, _at_most(calls, getattr(os, name)))
        kept = plain.clear()
        with suppress(OSError):
            kept = keys.encrypt(CUSTOMER_CREATED, plain)
            keys.destroy("a", NOW)
    if not kept.is_empty():
        assert shown(Keys(folder), kept)[1] == ("Bo", "b")
    else:
        for again in (keys, Keys(folder)):
            kept = again.encrypt(CUSTOMER_CREATED, plain)
        assert (
            shown(keys, kept)
            == shown(Keys(folder), kept)
            == [("Ada", "a@example.org"), ("Bo", "b")]
        )
    keys.destroy("a", NOW)
    assert not Keys(folder).destroy("a", NOW)
    assert shown(Keys(folder), kept) == [("Ada", SHOWN_ERASED), ("Bo", "b")]
    assert not list((folder / "service").glob(f"{key_name('a')}.key"))


def test_keys_are_synced_before_their_names_and_the_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, done = Keys(tmp_path), list[str]()
    keys.encrypt(CUSTOMER_CREATED, frame(row("first", None, "x")))
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        done.append(Path(f"/proc/self/fd/{file}").readlink().name)
        sync(file)

    def replaced(path: Path, target: Path) -> Path:
        done.append(f"rename {path.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    keys.encrypt(CUSTOMER_CREATED, frame(*(row(one, None, "x") for one in "abc")))
    fresh = {f"{key_name(one)}.key.new" for one in "abc"}
    assert set(done[:3]) == fresh
    assert set(done[3:6]) == {f"rename {one}" for one in fresh}
    assert done[6:] == ["service"]


def test_names_that_an_earlier_process_left_are_synced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, done = frame(row("a", None, "x")), list[int]()
    Keys(tmp_path).encrypt(CUSTOMER_CREATED, plain)
    keys = Keys(tmp_path)
    monkeypatch.setattr(os, "fsync", done.append)
    keys.encrypt(CUSTOMER_CREATED, plain)
    assert len(done) == 1
    keys.encrypt(CUSTOMER_CREATED, plain)
    assert len(done) == 1
