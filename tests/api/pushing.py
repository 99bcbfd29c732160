"""A house that lives with its doors open, and programs that push into it over real sockets."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import polars as pl

from psizero.api.app import Mounted, served
from psizero.api.ingest import ingest
from psizero.api.opening import opening
from psizero.api.server import serving
from psizero.core.clock import WallClock
from psizero.house import live
from psizero.house.home import House, create, opened
from psizero.house.letterbox import FOLDER

PATIENCE_SECONDS = 30
JSON = {"Content-Type": "application/json"}


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is pushed to, by which key, and the house behind."""

    url: str
    key: str
    reading: str
    home: Path
    life: live.Life
    house: House
    line: httpx.Client

    def post(self, path: str, body: object, **head: str) -> httpx.Response:
        """The answer to a body, as bytes or as JSON, with the key as a bearer."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Authorization": f"Bearer {self.key}", **JSON}
        headers |= {name.replace("_", "-"): value for name, value in head.items()}
        return self.line.post(path, content=content, headers=headers)

    def rows(self, kind: str, count: int | None = None) -> pl.DataFrame:
        """Every row of a kind once the letterbox is empty, and there are so many."""
        before = time.monotonic()
        while True:
            found = self.life.hand_in(lambda: self.house.store.everything(kind)).result()
            if not letters(self.home) and (count is None or found.height >= count):
                assert count is None or found.height == count, found
                return found
            assert time.monotonic() - before < PATIENCE_SECONDS, f"{found.height} of {count}"
            time.sleep(0.02)

    def row(self, kind: str) -> Mapping[str, object]:
        """The one row of a kind, personal columns as they were said."""
        found = self.rows(kind, 1)
        return self.house.keys.decrypt(self.house.members.catalog.kinds[kind], found).row(
            0, named=True
        )


def letters(home: Path) -> list[Path]:
    """What lies in the letterbox."""
    return sorted((home / FOLDER).glob("*.letter"))


def present() -> datetime:
    """Now, whole microseconds."""
    return WallClock().now()


def founded(home: Path, files: Mapping[str, str]) -> Path:
    """A home with some files of connectors in it."""
    create(home, "Pushed", "salt", {})
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    return home


@contextmanager
def pushing(home: Path) -> Iterator[Push]:
    """The house lives in a thread of its own on the wall's clock, its doors are open."""
    with opened(home) as house, ExitStack() as stack:
        life, _ = live.awake(house, WallClock().now, lambda *_, **__: None)
        doors = stack.enter_context(opening(house, life, WallClock().now, lambda *_, **__: None))
        key = doors.users.make_key("pusher", ("ingest",))
        reading = doors.users.make_key("reader", ("read",))
        app = served(doors, Mounted(ingest=ingest(doors)))
        thread = Thread(target=life.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(life.end)
        url = stack.enter_context(serving(app, "127.0.0.1", 0))
        line = stack.enter_context(httpx.Client(base_url=url, timeout=30))
        yield Push(url=url, key=key, reading=reading, home=home, life=life, house=house, line=line)
