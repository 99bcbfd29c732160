"""The listener: takes mail in over SMTP or LMTP, and lays each message down before it says so.

Accepted means durable: what was said yes to lies in the folder `in`, whole, whatever dies next.
It is read later (`taken`), so that no broken message can stop the door.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from psizero.connectors.mail.returned import Mail
from psizero.core.ports import Clock

MESSAGE_BYTES_MAX = 25_000_000
_ADDRESSES_MAX = 100


class Spool:
    """The folder of messages taken in and not yet read: one file each, envelope and bytes."""

    def __init__(
        self, folder: Path, clock: Clock, laid: Callable[[], object] = lambda: None
    ) -> None:
        """`laid` is told of every message that lies there durably."""
        self._folder, self._clock, self._laid = folder / "in", clock, laid

    def lay(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> str:
        """Durable when it returns; the same message to the same people twice is one file."""
        mail = Mail(sender, recipients, self._clock.now(), raw)
        name = sha256(msgspec.json.encode([sender, recipients]) + raw).hexdigest()[:32]
        target = self._folder / f"{name}.mail"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not target.exists():
            partial_ = self._folder / f".{name}.partial"
            partial_.touch(mode=0o600)
            with partial_.open("wb") as file:
                file.write(msgspec.msgpack.encode(mail))
                file.flush()
                os.fsync(file.fileno())
            partial_.replace(target)
            _sync(self._folder)
        self._laid()
        return name

    def names(self) -> list[str]:
        """What lies there; `done` takes one away when its rows are durable elsewhere."""
        return sorted(path.stem for path in self._folder.glob("*.mail"))

    def message(self, name: str) -> Mail:
        """Raises ValueError where it is none, as after a disk's error."""
        return msgspec.msgpack.decode((self._folder / f"{name}.mail").read_bytes(), type=Mail)

    def taken(self) -> Iterator[tuple[str, Mail]]:
        """Every message that lies there, by name."""
        for name in self.names():
            yield name, self.message(name)

    def done(self, name: str) -> None:
        (self._folder / f"{name}.mail").unlink(missing_ok=True)
        _sync(self._folder)

    def set_aside(self, name: str) -> None:
        """Keep one that nobody can read, for a person to see, out of the way of the others."""
        path = self._folder / f"{name}.mail"
        path.replace(path.with_suffix(".damaged"))
        _sync(self._folder)


class Inlet:
    """What the protocol asks of us; `ours` says whether we take mail for an address."""

    def __init__(self, spool: Spool, ours: Callable[[str], bool], lmtp: bool) -> None:
        self._spool, self._ours, self._lmtp = spool, ours, lmtp

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._ours(address):
            return "550 5.7.1 no such mailbox here"
        if len(envelope.rcpt_tos) >= _ADDRESSES_MAX:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One reply for SMTP, one for each recipient for LMTP (RFC 2033, 4.2)."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        try:
            sender = (envelope.mail_from or "").strip("<>")  # a bounce has none: `<>`
            name = self._spool.lay(sender, tuple(envelope.rcpt_tos), raw)
            said = f"250 2.0.0 taken as {name}"
        except OSError:
            said = "451 4.3.0 cannot keep it now"
        return "\r\n".join([said] * (len(envelope.rcpt_tos) if self._lmtp else 1))


async def listening(
    spool: Spool, ours: Callable[[str], bool], place: tuple[str, int], lmtp: bool = False
) -> asyncio.Server:
    """Listen at a host and port until the server is closed; port 0 takes any that is free."""
    form = LMTP if lmtp else SMTP
    make = partial(
        form,
        Inlet(spool, ours, lmtp),
        data_size_limit=MESSAGE_BYTES_MAX,
        hostname="localhost",
        ident="mail",
        enable_SMTPUTF8=True,
        loop=asyncio.get_running_loop(),
    )
    return await asyncio.get_running_loop().create_server(make, *place)


def _sync(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
