"""The commands of the doors: `serve`, `key`, `user`."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import App, Parameter

from psizero.api.access import GIVEN, Role
from psizero.api.app import Mounted, served
from psizero.api.doors import Doors
from psizero.api.opening import opening
from psizero.api.server import loopback, serving
from psizero.api.users import INVITATION, Users
from psizero.cli.app import Home
from psizero.cli.live import lived, logged
from psizero.cli.show import hint, say, text
from psizero.core.clock import WallClock, iso
from psizero.core.errors import Problem
from psizero.core.policy import OWNER
from psizero.house.home import House, opened
from psizero.house.live import Life
from psizero.house.storage import is_home

PORT = 8765
key = App(name="key", help="Keys by which programs come in.")
user = App(name="user", help="People who log in.")
Name = Annotated[str, Parameter(help="As in house.toml [people].")]


def serve(
    *,
    home: Home,
    host: Annotated[str, Parameter(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="0 takes any.")] = PORT,
    public: Annotated[str, Parameter(help="The host's name behind a proxy, without port.")] = "",
    still: Annotated[
        bool, Parameter(help="Only look: time stands still, nothing is thought.", negative="")
    ] = False,
) -> None:
    """Run the house as `run` does, and open its doors: pages, the API, and all that is pushed in.

    Beyond this machine it listens only once somebody has a password or a key.
    """
    home, log = home.resolve(), logged()
    users = Users(home, WallClock().now)
    with opened(home) as house:
        if not loopback(host) and not (users.book().users or users.book().keys):
            raise Problem(
                f"--host {host} is beyond this machine, and anybody could come in first",
                "log in once on this machine, or: psizero key create --scope read --name NAME",
            )

        @contextmanager
        def door(life: Life) -> Iterator[str]:
            with (
                opening(house, life, WallClock().now, log, public) as doors,
                serving(served(doors, mounted(doors, still)), host, port) as url,
            ):
                _welcome(house, users, url)
                yield url

        lived(house, 0, log, door, still)


def mounted(doors: Doors, still: bool = False) -> Mounted:
    """The pages and the ingest that this installation has; who stands still takes nothing in."""
    pages = importlib.import_module("psizero.console").routes if _has("psizero.console") else None
    ingest = importlib.import_module("psizero.api.ingest") if _has("psizero.api.ingest") else None
    return Mounted(
        pages=pages(doors) if pages else (),
        ingest=ingest.ingest(doors) if ingest and not still else None,
    )


def _has(module: str) -> bool:
    return find_spec(module) is not None


def _welcome(house: House, users: Users, url: str) -> None:
    """The link by which the first one names a password."""
    if not users.book().users:
        people = house.said_policy().known_people()
        owners = [name for name, role in people.items() if role == OWNER]
        name = next(iter([*owners, *people]))
        secret = users.invite(name, Role.OWNER)
        hint(f"first, name a password for {name}: {url}/join?secret={secret}")


@key.command
def create(
    *,
    home: Home,
    name: Annotated[str, Parameter(help="What it is for.")],
    scope: Annotated[tuple[str, ...], Parameter(help=f"Of {', '.join(GIVEN)}.", negative="")],
) -> None:
    """Make a key and show it, this once; it is kept as a hash alone."""
    say(_users(home).make_key(name, scope))
    hint(f"{name} may: {', '.join(scope)}. It is shown only now")


@key.command(name="list")
def keys(*, home: Home) -> None:
    """Every key with what it may do."""
    rows = [
        {"name": name, "scopes": ", ".join(one.scopes), "made_at": iso(one.made_at)}
        for name, one in sorted(_users(home).book().keys.items())
    ]
    text(pl.DataFrame(rows))


@key.command
def revoke(name: str, /, *, home: Home) -> None:
    """The key opens nothing any more, at once."""
    _users(home).revoke(name)
    say(f"{name} is revoked")


@user.command
def add(name: Name, role: Role, /, *, home: Home) -> None:
    """Invite a person: prints a secret, by which a password is named once, at the page /join."""
    with opened(home) as house:
        if name not in house.said_policy().known_people():
            raise Problem(f"{name!r} is none of [people]", "house.toml, then psizero apply")
    if role is Role.MACHINE:
        raise Problem("a machine has a key: psizero key create")
    say(f"/join?secret={_users(home).invite(name, role)}")
    hint(f"within {INVITATION.total_seconds() / 3600:g} hours")


@user.command(name="list")
def users(*, home: Home) -> None:
    """Everybody who has a password."""
    book = _users(home).book()
    rows = [{"name": n, "role": one.role.value} for n, one in sorted(book.users.items())]
    text(pl.DataFrame(rows))


@user.command
def remove(name: str, /, *, home: Home) -> None:
    """Nobody of this name comes in any more, at once."""
    _users(home).remove(name)
    say(f"{name} is out")


def _users(home: Path) -> Users:
    """Raises Problem where there is no home."""
    if not is_home(home):
        raise Problem(f"{home} is no home", f"make one: psizero init --home {home}")
    return Users(home, WallClock().now)
