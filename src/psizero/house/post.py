"""The post: mail of customers comes in at a port of this machine, and becomes tickets.

Accepted means durable: a message lies in the home before the door says yes. The house's own thread
reads it between two ticks, at once; what a house that died had not read, it reads when it starts.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import msgspec
import polars as pl

from psizero.connectors.mail.account import FILE, Account, account, link_key
from psizero.connectors.mail.listener import Spool, listening
from psizero.connectors.mail.returned import Ours
from psizero.connectors.mail.ticket import Known, received
from psizero.core.errors import Problem
from psizero.core.ports import Clock
from psizero.engine.think import FAULTS
from psizero.house.home import House
from psizero.house.live import Life, Log

PORT, ADDRESS = "support.smtp_port", "support.address"
SOURCE, HOST = "mail", "127.0.0.1"
_AGAIN_SECONDS = 5


class Postbox:
    """The mail of one house that runs; `take` is for its own thread."""

    def __init__(self, house: House, clock: Clock, log: Log) -> None:
        self._house, self._log = house, log
        self._known = _account(house)
        self._life: Life | None = None
        self.spool = Spool(house.home / "mail", clock, self._laid)

    def ours(self, address: str) -> bool:
        """Whether we take mail for an address: ours, or it with a tag."""
        local, _, domain = address.lower().rpartition("@")
        bare = f"{local.partition('+')[0]}@{domain}"
        return bare in {self._known.sender.lower(), self._known.mailbox.lower()}

    def attach(self, life: Life) -> None:
        """From now on each message is read as it comes; and what was left, at once."""
        self._life = life
        self._laid()

    def _laid(self) -> None:
        if self._life is not None:
            self._life.hand_in(self.take).add_done_callback(self._heard)

    def _heard(self, job: Future[int]) -> None:
        """What could not be kept lies there still, and is tried again."""
        if not job.cancelled() and (error := job.exception()) is not None:
            self._log("mail waits", because=str(error).split("\n")[0])
            again = threading.Timer(_AGAIN_SECONDS, self._laid)
            again.daemon = True
            again.start()

    def take(self) -> int:
        """Read what lies there into the log; a message goes when its rows are durable."""
        taken, kinds = 0, self._house.members.catalog.kinds
        for name in self.spool.names():
            try:
                rows = received(self.spool.message(name), self._ours(), self._facts())
            except (
                *FAULTS,
                msgspec.MsgspecError,
            ) as error:  # one that is broken in a new way does not stop the post
                self.spool.set_aside(name)
                self._log("mail set aside", message=name, because=type(error).__name__)
                continue
            with self._house.store.whole():
                for kind, some in rows.items():
                    self._house.append(kinds[kind], SOURCE, some)
            self.spool.done(name)
            taken += 1
            self._log("mail", message=name, kinds=sorted(rows))
        return taken

    def _ours(self) -> Ours:
        known = self._known
        key = link_key(self._house.home)
        return Ours(known.mailbox, known.domain, key, self._subject_of)

    def _subject_of(self, key: str) -> str | None:
        found = self._decision(key)
        return str(found["subject"][0]) if found.height else None

    def _decision(self, key: str) -> pl.DataFrame:
        wanted = pl.DataFrame({"id": [key.partition("-")[0]]})
        return self._house.store.read_of("decision", wanted, self._house.store.floor)

    def _facts(self) -> Known:
        def ticket_of(key: str) -> tuple[str, str] | None:
            found = self._decision(key)
            if found.is_empty() or found["verb"][0] != "ticket.reply":
                return None
            said = msgspec.json.decode(found["parameters"][0], type=dict[str, object])
            return str(said["ticket"]), str(found["subject"][0])

        def is_open(ticket: str) -> bool:
            mine = pl.DataFrame({"ticket": [ticket]})
            return self._house.store.read_of("tickets", mine, self._house.store.floor).height > 0

        return Known(self._house.addresses.owner, ticket_of, is_open)


def _account(house: House) -> Account:
    """Who we are by mail: as mail.toml has it, else the address of [support]."""
    folder = house.home / "mail"
    said = house.said.get(ADDRESS)
    if (folder / FILE).exists():
        known = account(folder)
        return msgspec.structs.replace(known, bounces=str(said)) if said else known
    if not said:
        raise Problem(
            "house.toml: [support] has a port, and nothing says for which address",
            'address = "support@example.com", or a mail/mail.toml',
        )
    return Account(sender=str(said), host="")


@contextmanager
def receiving(house: House, life: Life, clock: Clock, log: Log) -> Iterator[int | None]:
    """Listen at the port of [support], where there is one; gives the port."""
    port = house.said.get(PORT)
    if port is None:
        yield None
        return
    box = Postbox(house, clock, log)
    with _thread() as run:
        place = (HOST, int(str(port)))
        server = run(lambda: listening(box.spool, box.ours, place))
        box.attach(life)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            run(lambda: _closed(server))


Run = Callable[[Callable[[], Coroutine[None, None, asyncio.Server]]], asyncio.Server]


async def _closed(server: asyncio.Server) -> asyncio.Server:
    server.close()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return server


@contextmanager
def _thread() -> Iterator[Run]:
    """A loop of its own, so that no tick keeps a mail waiting."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="post", daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
