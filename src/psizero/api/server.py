"""The server of the doors: uvicorn in a thread of the process that runs the house."""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread

import uvicorn
from litestar.types import ASGIApp

from psizero.core.errors import Problem

SWITCH_SECONDS = 0.0002
"""How long a thread that thinks in Python keeps the interpreter from a door that has an answer."""
END_SECONDS = 3
CONNECTIONS_MAX = 2_000
_WAITING = 512


def loopback(host: str) -> bool:
    """Whether only this machine reaches it. Raises Problem at what is no address."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Problem(f"--host {host!r} is no address of this machine") from None
    return all(ipaddress.ip_address(str(one[4][0])).is_loopback for one in found)


@contextmanager
def serving(app: ASGIApp, host: str, port: int) -> Iterator[str]:
    """Answer at an address while inside; gives it as a URL. Raises Problem where it is taken."""
    with ExitStack() as stack:
        listening = stack.enter_context(_bound(host, port))
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_SECONDS)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=END_SECONDS,
                limit_concurrency=CONNECTIONS_MAX,
                h11_max_incomplete_event_size=32 << 10,
            )
        )
        thread = Thread(target=server.run, args=([listening],), daemon=True, name="doors")
        thread.start()
        try:
            name = f"[{host}]" if ":" in host else host
            yield f"http://{name}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(END_SECONDS + 1)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.create_server((host, port), family=family, backlog=_WAITING)
    except (OSError, OverflowError, UnicodeError) as error:
        raise Problem(f"--host {host} --port {port}: {error}", "is another one there?") from None
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or an answer waits 40 ms
    return made
