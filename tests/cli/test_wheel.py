"""The wheel alone is the product: SQL, templates and examples travel with it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
QUIET = ["--no-deps", "--no-index", "--no-build-isolation"]


def test_the_wheel_runs_the_demo(tmp_path: Path) -> None:
    """Installed apart from the checkout, which is then out of reach."""
    wheels, site = tmp_path / "wheels", tmp_path / "site"
    made = [*PIP, "wheel", *QUIET, "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(made, check=True, cwd=tmp_path, capture_output=True)
    (wheel,) = wheels.glob("psizero*.whl")
    placed = [*PIP, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(placed, check=True, cwd=tmp_path, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    where = "import psizero; print(psizero.__path__[0])"
    found = subprocess.run(
        [sys.executable, "-c", where],
        check=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(site)
    shown = subprocess.run(
        [sys.executable, "-m", "psizero", "demo", "--home", str(tmp_path / "home")],
        check=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "Invoice" in shown.stdout and (tmp_path / "home" / "house.duckdb").exists()
