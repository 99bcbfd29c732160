"""The doors of a small town, open on a real socket, and people who come to them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import httpx
import msgspec
from argon2 import PasswordHasher

from psizero.api.access import GIVEN, Role
from psizero.api.app import BARE, Mounted, served
from psizero.api.doors import Doors
from psizero.api.frames import Rows
from psizero.api.opening import opening
from psizero.api.server import serving
from psizero.core.policy import Level
from psizero.house import live
from tests.toy.town import (
    BINDINGS,
    END,
    entered,
    fly,
    founded,
    introduced,
    settled,
    take,
    wished,
)

PEOPLE = {
    "olga": Role.OWNER,
    "fin": Role.FINANCE,
    "sue": Role.SUPPORT,
    "otto": Role.OPERATIONS,
    "grit": Role.GROWTH,
    "vic": Role.VIEWER,
}
PASSWORD = " ".join(["correct", "horse", "battery"])
TOML = (
    BINDINGS
    + "[people]\n"
    + "".join(f'{name} = "{role.value}"\n' for name, role in PEOPLE.items())
    + '[roles.finance]\ndomains = ["finance"]\n'
    + '[roles.growth]\ndomains = ["growth"]\nmoney_minor_max = 50\n'
)
WISHES = "growth.wishes"
LEVELS = {
    WISHES: Level.APPROVE,
    "customers.greeting": Level.APPROVE,
    "finance.invoicing": Level.AUTO,
}


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Where the doors are, what lies behind them, and what opens them by name."""

    url: str
    doors: Doors
    secrets: dict[str, str]
    line: httpx.Client

    def ask(self, who: str, method: str, path: str, **more: object) -> httpx.Response:
        """What a person gets by cookie, a `key SCOPE` as a bearer, and nobody as ''."""
        head: dict[str, str] = {}
        if who.startswith("key "):
            head["Authorization"] = f"Bearer {self.secrets[who]}"
        elif who:
            head |= {"Cookie": f"psizero_session={self.secrets[who]}", "Origin": self.url}
        body = msgspec.json.encode(more["json"]) if "json" in more else None
        head |= {"Content-Type": "application/json"} if body else {}
        head |= msgspec.convert(more.get("headers", {}), dict[str, str])
        return self.line.request(method, path, headers=head, content=body)

    def get(self, path: str, who: str = "olga") -> object:
        """The JSON of an answer that is a success."""
        found = self.ask(who, "GET", path)
        assert found.status_code == 200, found.text
        return found.json()

    def page(self, path: str, who: str = "olga") -> Rows:
        """A page of rows below /api/v1."""
        return msgspec.convert(self.get(f"/api/v1/{path}", who), Rows)

    def rows(self, path: str, who: str = "olga") -> list[dict[str, object]]:
        """Its rows."""
        return self.page(path, who).rows

    def listed(self, path: str, who: str = "olga") -> list[dict[str, object]]:
        """A list of objects below /api/v1."""
        return msgspec.convert(self.get(f"/api/v1/{path}", who), list[dict[str, object]])

    def post(self, path: str, body: object, who: str = "olga", **head: str) -> httpx.Response:
        """The answer to a write."""
        return self.ask(who, "POST", path, json=body, headers=head)


def made(home: Path) -> Path:
    """A town at approve, in which some wishes wait for a person."""
    founded(home, LEVELS, TOML)
    with entered(home) as house:
        introduced(house)
        settled(house)
        wishes = [
            wished("gift.send", name, END - timedelta(hours=hour), str(hour), minor=10 * hour)
            | {"currency": "EUR"}
            for hour in (1, 2, 8)
            for name in ("ada", "bob")
        ]
        take(house, "wish.made", wishes)
        house.take_charter()
        fly(house, END)
    return home


@contextmanager
def opened(home: Path, mounted: Mounted = BARE) -> Iterator[Town]:
    """The house lives in a thread of its own, from END on, and its doors are open."""
    began = time.monotonic()

    def now() -> datetime:
        return END + timedelta(seconds=time.monotonic() - began)

    with entered(home) as house, ExitStack() as stack:
        life, _ = live.awake(house, now, lambda *_, **__: None)
        doors = stack.enter_context(opening(house, life, now, lambda *_, **__: None))
        secrets = keyed(doors)
        thread = Thread(target=life.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(life.end)
        url = stack.enter_context(serving(served(doors, mounted), "127.0.0.1", 0))
        line = stack.enter_context(httpx.Client(base_url=url, timeout=30))
        yield Town(url=url, doors=doors, secrets=secrets, line=line)


def keyed(doors: Doors) -> dict[str, str]:
    """Sessions of all people, and a key of every scope: passwords are slow on purpose."""
    doors.users.hasher = PasswordHasher(time_cost=1, memory_cost=64)
    secrets = {name: _joined(doors, name, role) for name, role in PEOPLE.items()}
    for scope in GIVEN:
        secrets[f"key {scope}"] = doors.users.make_key(f"of {scope}", (scope,))
    return secrets


def _joined(doors: Doors, name: str, role: Role) -> str:
    return doors.users.join(doors.users.invite(name, role), PASSWORD)
