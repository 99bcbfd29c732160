"""A house that moves between a file and PostgreSQL is the same house, or it does not move."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.house.home import opened
from tests.house.flights import bring, copied, fly, say
from tests.house.killing import STOPS, outputs
from tests.house.test_erase import shown
from tests.house.test_postgres_flights import unlike
from tests.store.postgres_server import COMPANY, database, settled


@pytest.fixture(scope="module")
def exported(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small company's log and its keys."""
    folder = tmp_path_factory.mktemp("export")
    say("export", folder / "log", "--home", small_home, "--keys", folder / "keys")
    return folder / "log", folder / "keys"


@pytest.fixture
def url() -> Iterator[str]:
    with database(blank=True) as found:
        yield found


def test_there_and_back(
    exported: tuple[Path, Path], small_home: Path, url: str, tmp_path: Path
) -> None:
    """File to PostgreSQL to file: every table, the chain, the names, the replay."""
    there, back = settled(tmp_path / "there", url), tmp_path / "back"
    say("load", exported[0], "--home", there, "--keys", exported[1])
    assert unlike(there, small_home) == []
    assert outputs(there) == outputs(small_home)
    say("export", tmp_path / "log", "--home", there, "--keys", tmp_path / "keys")
    say("load", tmp_path / "log", "--home", back, "--keys", tmp_path / "keys")
    assert unlike(back, small_home) == []
    assert outputs(back) == outputs(small_home)
    for home in (there, back):
        assert say("replay", "--home", home) == say("replay", "--home", small_home)
        assert say("verify", "--home", home, "--head", small_home / "ledger.head")
        with opened(home) as house, opened(small_home) as origin:
            assert shown(house) == shown(origin)
            assert "[erased]" not in str(shown(house))
    names, again = (
        [path.relative_to(log) for path in sorted(log.rglob("*"))]
        for log in (exported[0], tmp_path / "log")
    )
    assert names == again
    assert Path("kinds/usage.recorded/rows.parquet") in names


def test_what_waits_moves_too(small_files: Path, url: str, tmp_path: Path) -> None:
    """A flight is begun in a file and ended on PostgreSQL, a late file and all."""
    from_file, expected = tmp_path / "from", tmp_path / "expected"
    say("init", "--home", from_file, "--grant", "finance.invoicing=auto", "--salt", "one salt")
    say("prices", "apply", small_files / "prices.toml", "--home", from_file)
    bring(from_file, small_files / "subscriptions.ndjson", small_files / "subscriptions.toml")
    bring(from_file, small_files / "usage.parquet", small_files / "usage.toml")
    fly(from_file, STOPS[0])
    copied(from_file, expected)
    for home in (from_file, expected):
        bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml")
    say("export", tmp_path / "log", "--home", from_file, "--keys", tmp_path / "keys")
    home = settled(tmp_path / "there", url)
    say("load", tmp_path / "log", "--home", home, "--keys", tmp_path / "keys")
    again = bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml")
    assert again["taken"] == 0 and again["duplicates"] > 0
    for one in (home, expected):
        fly(one, STOPS[1])
    assert unlike(home, expected) == []


def test_without_its_keys_it_keeps_its_secrets(exported: tuple[Path, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = say("load", exported[0], "--home", home)
    assert "is ready, and verified" in said
    with opened(home) as house:
        assert set(shown(house).values()) == {("[erased]", "[erased]")}
        assert house.verify() == []
    assert not (exported[0] / "keys").exists()
    body = b"".join(path.read_bytes() for path in exported[0].rglob("*") if path.is_file())
    assert b"Quillfeather" not in body and b"plumage" not in body


def test_where_the_log_lay_is_not_told(small_home: Path, tmp_path: Path) -> None:
    home = copied(small_home, tmp_path / "home")
    text = (home / "house.toml").read_text()
    (home / "house.toml").write_text(f'[store]\nurl = "postgresql://a:b@c/d"\n\n{text}')
    say("export", tmp_path / "log", "--home", home)
    assert (tmp_path / "log" / "house.toml").read_text() == f"\n{text}"


def _rewrite(folder: Path) -> None:
    path = folder / "kinds" / "invoice.issued" / "rows.parquet"
    frame = pl.read_parquet(path)
    frame.with_columns(total_minor=pl.col("total_minor") + 1).write_parquet(path)


def _shorten(folder: Path) -> None:
    path = folder / "kinds" / "usage.recorded" / "rows.parquet"
    pl.read_parquet(path).head(-1).write_parquet(path)


def _cut(folder: Path) -> None:
    """The last batch, and the manifest with it."""
    ledger = pl.read_parquet(folder / "ledger.parquet")
    ledger.head(-1).write_parquet(folder / "ledger.parquet")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["position"] |= {"batches": ledger.height - 1, "chain": ledger["chain"][-2]}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("meddle", "said"),
    [
        (_rewrite, "invoice.issued at position .* content was changed"),
        (_shorten, "its manifest says"),
        (_cut, "its signed head is that of another log"),
        (lambda folder: (folder / "manifest.json").unlink(), "holds no exported log"),
        (lambda folder: (folder / "ledger.head").write_text("{}"), "no signed head"),
        (lambda folder: (folder / "house.pub").unlink(), "lacks"),
        (lambda folder: shutil.rmtree(folder / "kinds" / "run"), "cannot read"),
    ],
)
def test_what_was_changed_is_not_loaded(
    meddle: Callable[[Path], object], said: str, exported: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = copied(exported[0], tmp_path / "log")
    meddle(folder)
    home = tmp_path / "home"
    with pytest.raises(Problem, match=said):
        say("load", folder, "--home", home)
    assert not (home / "house.duckdb").exists() and not (home / "ledger.head").exists()
    say("load", exported[0], "--home", home)


def test_nothing_is_written_over(
    exported: tuple[Path, Path], small_home: Path, url: str, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="is there already"):
        say("export", exported[0], "--home", small_home)
    with pytest.raises(Problem, match="keys are never mixed"):
        say("export", tmp_path / "log", "--home", small_home, "--keys", exported[1])
    with pytest.raises(Problem, match="is a home already"):
        say("load", exported[0], "--home", small_home)
    say("load", exported[0], "--home", settled(tmp_path / "one", url, COMPANY))
    with pytest.raises(Problem, match="holds a house already"):
        say("load", exported[0], "--home", settled(tmp_path / "two", url, COMPANY))


def test_a_snapshot_is_no_export(exported: tuple[Path, Path], url: str, tmp_path: Path) -> None:
    home = settled(tmp_path / "one", url)
    say("load", exported[0], "--home", home)
    say("snapshot", "--home", home)
    say("snapshot", "--home", home)
    with pytest.raises(Problem, match="is a snapshot"):
        say("load", home / "snapshot", "--home", tmp_path / "two")
    with database() as other:
        strange = settled(tmp_path / "three", other)
        shutil.copytree(home / "snapshot", strange / "snapshot")
        with pytest.raises(Problem, match="snapshot of another log"):
            say("init", "--home", strange)
