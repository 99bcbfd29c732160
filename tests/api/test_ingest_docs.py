"""The page on what is pushed in: each of its examples is run, against a house set up as it says."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from psizero.house.members import members
from tests.api.pushing import Push, founded, pushing

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ingest.md").read_text()
FILES = dict(re.findall(r"```toml\n# (\S+)\n(.*?)```", PAGE, re.S))
EXAMPLES = dict(re.findall(r"\n## (\w+)\n(?:(?!\n## ).)*?```sh\n(.*?)```", PAGE, re.S))
DOORS = [name for name, one in members().connectors.items() if hasattr(one, "receiver")]


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    files = FILES | {"stripe/webhook": "whsec_page"}
    with pushing(founded(tmp_path_factory.mktemp("push") / "home", files)) as found:
        yield found


async def _run(script: str, push: Push) -> tuple[int | None, str]:
    known = {"URL": push.url, "KEY": push.key, "H": str(push.home), "PATH": os.environ["PATH"]}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", script, env=known, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


def test_every_door_has_its_example() -> None:
    said = set(re.findall(r"/in/(\w+)", PAGE))
    assert set(DOORS) <= said
    assert len(EXAMPLES) >= 7 and len(FILES) >= 6


def test_examples(push: Push) -> None:
    for name, script in EXAMPLES.items():
        code, out = asyncio.run(_run(script, push))
        assert code == 0, (name, out)
    rows = push.rows("usage.recorded", 5)
    assert sorted(rows["source"]) == ["/gateway", "/gateway", "posthog", "segment", "tokens.used"]
    assert sorted(float(one) for one in rows["quantity"]) == [3, 4, 5, 12.5, 120]
    assert push.row("alert.notified")["name"] == "SlowAnswers"
    assert push.row("payer.linked")["account"] == "cus_1"
    assert push.rows("row.rejected").is_empty()
