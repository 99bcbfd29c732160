"""Mail servers on loopback: our own listener, and one that says what a script tells it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from psizero.connectors.mail import Smtp, connect
from psizero.connectors.mail.listener import Spool, listening
from psizero.core.clock import VirtualClock
from psizero.core.errors import Refused

NOW = datetime(2026, 10, 8, 6)
CLOCK = VirtualClock(NOW)
PEOPLE = {"ann": "ann@town.example", "bob": "bob@town.example"}
Open = Callable[[], Coroutine[None, None, asyncio.Server]]


@contextmanager
def serving(open_server: Open) -> Iterator[int]:
    """A server in a thread of its own, as a program of its own would be; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(open_server(), loop).result(60)
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)
    finally:
        asyncio.run_coroutine_threadsafe(_ended(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _ended() -> None:
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def sink(folder: Path, lmtp: bool = False) -> Open:
    """Our own listener; it takes mail for town.example and acme.example."""
    spool = Spool(folder, CLOCK)

    def ours(address: str) -> bool:
        return address.rpartition("@")[2] in ("town.example", "acme.example")

    return lambda: listening(spool, ours, ("127.0.0.1", 0), lmtp)


def scripted(replies: dict[str, str], seen: list[str]) -> Open:
    """A server that answers each command as told, 250 by default; `hang up` ends the line."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(word: str, otherwise: str) -> bool:
            said = replies.get(word, otherwise)
            if said == "hang up":
                writer.close()
                return False
            writer.write(f"{said}\r\n".encode())
            await writer.drain()
            return True

        going = await say("greeting", "220 here")
        while going and (line := await reader.readline()):
            word = line.decode().split(" ")[0].split(":")[0].strip().upper()
            seen.append(line.decode().strip())
            going = await say(word, "354 go on" if word == "DATA" else "250 2.0.0 fine")
            if going and word == "DATA" and replies.get("DATA", "354").startswith("354"):
                while (await reader.readline()).rstrip() not in (b".", b""):
                    pass
                going = await say("message", "250 2.0.0 taken")
            going = going and word != "QUIT"
        writer.close()

    return lambda: asyncio.start_server(talk, "127.0.0.1", 0)


SETUP = """sender = "billing@acme.example"
bounces = "bounces@acme.example"
host = "127.0.0.1"
security = "none"
site = "https://acme.example/in"
postal_address = "Acme, 1 High Street & Co, London"
timeout_seconds = 3
"""


def sending(home: Path, port: int, more: str = "") -> Smtp:
    """The connector of a home, set up to send to a port."""
    folder = home / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mail.toml").write_text(f"{SETUP}port = {port}\n{more}")

    def resolve(to: str) -> str:
        if to not in PEOPLE:
            raise Refused("no address is known", "to")
        return PEOPLE[to]

    return connect(folder, CLOCK, resolve)
