"""A newcomer's first mistakes: a clear line each, and nothing written."""

from pathlib import Path

import pytest

from tests.cli.attempts import (
    HEADER,
    ROW,
    START,
    USE,
    attempt,
    done,
    founded,
    holds,
    mapped,
    refused,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One call of September, imported and not lived through yet."""
    made = founded(tmp_path / "home")
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{ROW}\n")
    rows = mapped(tmp_path / "m.toml", ("usage.recorded", USE), ("subscription.started", START))
    done("import", tmp_path / "a.csv", "--map", rows, "--home", made)
    return made


def test_a_briefing_before_anything_happened(home: Path) -> None:
    said = refused("briefing", "--home", home)
    assert "nothing has happened in this house yet" in said and "psizero fly --until" in said


def test_a_flight_that_ends_before_the_history_begins(home: Path) -> None:
    before = holds(home)
    said = refused("fly", "--until", "2025-09-20T00:00:00Z", "--home", home)
    assert "nothing has happened by 2025-09-20T00:00:00Z" in said
    assert "the history begins at 2026-09-02T10:00:00Z" in said
    assert holds(home) == before


def test_what_has_no_effect_is_said(tmp_path: Path) -> None:
    made, until = tmp_path / "home", "2026-09-20T00:00:00Z"
    done("init", "--home", made, "--grant", "intelligence.morning_briefing=auto")
    unheard = "message.send is bound to no connector: what intelligence.morning_briefing decides"
    assert unheard in attempt("fly", "--until", until, "--home", made).err
    toml = made / "house.toml"
    toml.write_text(toml.read_text().replace("# message.send =", '"message.send" ='))
    done("apply", "--home", made)
    assert unheard not in attempt("fly", "--until", "2026-09-21T00:00:00Z", "--home", made).err
