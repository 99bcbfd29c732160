"""The pages that a program writes: `python -m psizero.cli.docs` in the folder of the source.

docs/commands.md is what `psizero --help` says; docs/reference has a page for each member. Between
marks stand the demo's screens in README.md, the kinds in docs/import-maps.md and the parameters of
the twin in docs/twin.md. Tests compare all with what stands there.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import polars as pl
from cyclopts import App
from rich.console import Console

from psizero.api.app import document
from psizero.cli import bill
from psizero.cli.briefing import briefing
from psizero.cli.commands import app
from psizero.cli.demo import MORNING, demo
from psizero.cli.reference import importable, pages, parameters
from psizero.cli.show import out
from psizero.core.errors import Problem
from psizero.house.home import opened
from psizero.house.members import members

WIDTH = 80
SCREENS = ("invoice", "briefing")
"""What the README shows as printed, between its marks."""
HEAD = """\
# Commands

What `psizero --help` and the help of each command say. `python -m psizero.cli.docs` writes this
page; a test fails when it is stale. What the commands give to programs: [outputs.md](outputs.md).
"""


def commands() -> str:
    """docs/commands.md."""
    parts = [HEAD, f"## psizero\n\n```text\n{told()}\n```\n"]
    for name in names():
        parts.append(f"## psizero {name}\n\n```text\n{told(name)}\n```\n")
    return "\n".join(parts)


def names(above: App = app, before: str = "") -> Iterator[str]:
    """Every command as it is typed, e.g. `prices apply`, in the order of the alphabet."""
    for name in sorted(name for name in above if not name.startswith("-")):
        inner = list(names(above[name], f"{before}{name} "))
        yield from inner or [before + name]


def told(name: str = "") -> str:
    """The help of a command, or of all of them."""
    text = io.StringIO()
    app.help_print(name.split(), console=Console(file=text, width=WIDTH, color_system=None))
    return "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())


def invoice(home: Path) -> str:
    """The last invoice with late usage, as `psizero invoices` prints it."""
    with opened(home) as house, out.capture() as captured:
        late = pl.col("lines").str.contains('"kind":"late_usage"', literal=True)
        bill.invoice(house.read("invoices").filter(late).row(-1, named=True))
    return captured.get()


def morning(home: Path) -> str:
    """The morning briefing with which the demo ends."""
    with out.capture() as captured:
        briefing(home=home, at=MORNING)
    return captured.get()


def screens(page: str, home: Path) -> str:
    """A page with the screens of a demo's home between its marks."""
    for name, text in zip(SCREENS, (invoice(home), morning(home)), strict=True):
        lines = (line.rstrip() for line in text.strip().splitlines())
        page = placed(page, name, "\n".join(["```text", *lines, "```"]))
    return page


def placed(page: str, name: str, text: str) -> str:
    """A page with what stands between two marks replaced. Raises Problem without the marks."""
    begin, end = f"<!-- {name}: made by psizero.cli.docs -->", f"<!-- {name}: end -->"
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise Problem(f"there is no place for the {name}: {begin} ... {end}")
    return f"{before}{begin}\n{text.strip()}\n{end}{after}"


def partly(root: Path) -> dict[Path, str]:
    """Pages of which a part is made, as they have to be."""
    maps, twin = root / "docs" / "import-maps.md", root / "docs" / "twin.md"
    return {
        maps: placed(maps.read_text(), "kinds", importable(members().catalog)),
        twin: placed(twin.read_text(), "parameters", parameters()),
    }


def main(root: Path) -> None:
    """Write all that is made in README.md and docs anew."""
    readme = root / "README.md"
    with TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        with out.capture():
            demo(home=home, files=True)
        readme.write_text(screens(readme.read_text(), home))
    for page, text in partly(root).items():
        page.write_text(text)
    (root / "docs" / "commands.md").write_text(commands())
    (root / "docs" / "openapi.json").write_text(document())
    made_pages = pages(members())
    reference = root / "docs" / "reference"
    rmtree(reference, ignore_errors=True)
    for path, text in made_pages.items():
        place = reference / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    out.print(f"written: docs/commands.md, {len(made_pages)} pages, and the parts between marks")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]))
