"""The wheel alone is the product: SQL, templates and examples travel with it."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

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
    shown = apart([sys.executable, "-m", "psizero", "demo", "--home", str(home)])
    assert "Invoice" in shown.stdout and (home / "house.duckdb").exists()
