"""`make screenshots`: the console's pages on a twin's home, wide and on a phone, light and dark.

python -m tests.console.pictures HOME FOLDER
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Literal

from psizero.api.app import Mounted, served
from psizero.api.opening import opening
from psizero.api.server import serving
from psizero.console import routes
from psizero.core.clock import WallClock
from psizero.house import live
from psizero.house.home import opened
from tests.api.doors import keyed
from tests.console.browsing import browsing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Scheme = Literal["light", "dark"]
PAGES = {
    "today": "/",
    "decide": "/decide",
    "money": "/money",
    "support": "/support",
    "audit": "/audit",
}
"""Each by the name of its picture."""
FIRST = "today"
"""It is shown in every width and scheme, the others once wide and once on a phone."""
LOOKS: tuple[tuple[int, Scheme, bool], ...] = (
    (1280, "light", True),
    (1280, "dark", False),
    (390, "light", False),
    (390, "dark", True),
)
"""Width in pixels, scheme, and whether it is that of every page."""
HEIGHTS = {1280: 900, 390: 844}


@contextmanager
def standing(home: Path) -> Iterator[tuple[str, str]]:
    """The doors of a home on which time stands still: where they are, and an owner's session."""
    wall = WallClock().now
    with opened(home) as house, ExitStack() as stack:
        life = live.asleep(house, lambda *_, **__: None)
        doors = stack.enter_context(opening(house, life, wall, lambda *_, **__: None))
        secret = keyed(doors)["olga"]
        thread = Thread(target=life.rest)
        thread.start()
        stack.callback(thread.join)
        stack.callback(life.end)
        url = stack.enter_context(serving(served(doors, Mounted(pages=routes())), "127.0.0.1", 0))
        yield url, secret


def pictured(machine: "Browser", at: tuple[str, str], folder: Path) -> None:
    """A picture of each page in its looks."""
    url, secret = at
    for width, scheme, every in LOOKS:
        context = machine.new_context(
            viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme
        )
        context.add_cookies([{"name": "psizero_session", "value": secret, "url": url}])
        page = context.new_page()
        for name in PAGES if every else (FIRST,):
            page.goto(url + PAGES[name])
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
        context.close()


def main() -> None:
    """Look at a copy of the home: a session is made in it."""
    home, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as aside:
        copytree(home, Path(aside) / "home")
        with standing(Path(aside) / "home") as at, browsing() as machine:
            pictured(machine, at, folder)


if __name__ == "__main__":
    main()
