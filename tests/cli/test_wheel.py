"""The wheel alone is the product: SQL, templates and examples travel with it."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from psizero.cli.commands import app
from tests.cli.conftest import commands

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
QUIET = ["--no-deps", "--no-index", "--no-build-isolation"]


run = partial(subprocess.run, check=True, capture_output=True, text=True)


def test_the_wheel_runs_the_demo(tmp_path: Path) -> None:
    """Installed apart from the checkout, which is then out of reach."""
    wheels, site = tmp_path / "wheels", tmp_path / "site"
    run([*PIP, "wheel", *QUIET, "--wheel-dir", str(wheels), str(ROOT)], cwd=tmp_path)
    (wheel,) = wheels.glob("psizero*.whl")
    placed = [*PIP, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    run(placed, cwd=tmp_path)
    apart = partial(run, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)})
    found = apart([sys.executable, "-c", "import psizero; print(psizero.__path__[0])"])
    assert Path(found.stdout.strip()).is_relative_to(site)
    home = tmp_path / "home"
    shown = apart([sys.executable, "-m", "psizero", "demo", "--days", "20", "--home", str(home)])
    ran, farewell, tries = shown.stdout.partition("\nWhere everything is\n")
    names = [tokens[0] for tokens in commands(ran)]
    assert names == ["twin", "automations", "verify", "table", "scorecard", "briefing"]
    card, _, briefing = ran.partition("$ psizero scorecard")[2].partition("$ psizero briefing")
    assert "CUSTOMER LIFECYCLE MANAGEMENT" in card and "not measured yet" in card
    assert "\nThe numbers\n" in briefing and "\nAbout this briefing\n" in briefing
    assert farewell and (home / "truth" / "customers.parquet").exists()
    named = re.findall(rf"^  ({re.escape(str(home))}\S*) ", tries, re.M)
    assert named and [path for path in named if not Path(path).exists()] == []
    for tokens in commands(shown.stdout):
        app.parse_args(tokens, exit_on_error=False, print_error=False)
