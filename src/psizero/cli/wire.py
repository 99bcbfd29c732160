"""The wire to a running autopilot: its health, and commands for the one who owns the store.

Loopback only. `run.json` in the home names the port and the token; who can read it may command.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from hmac import compare_digest
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import msgspec

from psizero.cli.show import inert
from psizero.core.chance import new_salt
from psizero.core.errors import Problem
from psizero.house.live import Answer, Life, Pulse

RUN = "run.json"
LOOPBACK = "127.0.0.1"
ALONE = ("run", "serve", "work", "fly", "demo", "init", "load", "mcp", "stop", "alive")
"""Commands that are never handed on: they own the store, or do without it."""
PATIENCE_SECONDS = 600
_BODY_BYTES_MAX = 1 << 20
_JSON = "application/json"


class Line(msgspec.Struct, frozen=True):
    """Where a running autopilot can be spoken to."""

    pid: int
    port: int
    token: str


class Command(msgspec.Struct, frozen=True):
    """What somebody typed, and in which folder."""

    argv: list[str]
    cwd: str


Speak = Callable[[Command], Answer]
Reply = tuple[int, bytes]


@contextmanager
def listening(life: Life, home: Path, port: int, speak: Speak) -> Iterator[int]:
    """Answer on a loopback port while inside; gives the port. Raises Problem where it is taken."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        status, body = _answer(request, life, line, speak)
        request.send_response(status)
        request.send_header("Content-Type", _JSON)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    # The standard library asks for a class here; ours inherit from nothing, so it is put together.
    does: dict[str, object] = {"do_GET": answer, "do_POST": answer, "timeout": 10}
    talk = type("Talk", (BaseHTTPRequestHandler,), does | {"log_message": lambda *_: None})
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), talk)
    except (OSError, OverflowError) as error:
        raise Problem(f"--port {port}: {error}", "without --port a free one is taken") from None
    server.daemon_threads = True
    line = Line(os.getpid(), server.server_port, new_salt())
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        _write(home / RUN, msgspec.json.encode(line))
        yield line.port
    finally:
        (home / RUN).unlink(missing_ok=True)
        server.shutdown()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, life: Life, line: Line, speak: Speak) -> Reply:
    if request.headers["Host"] not in (f"{LOOPBACK}:{line.port}", f"localhost:{line.port}"):
        return _said(421, "this is another host")
    if (request.command, request.path) == ("GET", "/health"):
        pulse = life.pulse()
        return 200 if pulse.status == "ok" else 503, msgspec.json.encode(pulse)
    if (request.command, request.path) != ("POST", "/command"):
        return _said(404, "there are GET /health and POST /command")
    shown = (request.headers["Authorization"] or "").encode("latin-1", "replace")
    if not compare_digest(shown, f"Bearer {line.token}".encode()):
        return _said(403, "the token is another one")
    length = request.headers["Content-Length"] or ""
    if not length.isdecimal() or int(length) > _BODY_BYTES_MAX:
        return _said(413, "the body has a length of at most a mebibyte")
    try:
        command = msgspec.json.decode(request.rfile.read(int(length)), type=Command)
    except msgspec.DecodeError as error:
        return _said(400, str(error))
    if not command.argv or command.argv[0] in ALONE:
        return _said(400, f"not handed on: {', '.join(ALONE)}")
    return _done(life, command, speak)


def _done(life: Life, command: Command, speak: Speak) -> Reply:
    job = life.hand_in(lambda: speak(command))
    try:
        return 200, msgspec.json.encode(job.result(PATIENCE_SECONDS))
    except CancelledError:
        return _said(503, "the autopilot ends; the command was not begun")
    except TimeoutError:
        begun = not job.cancel()
        return _said(503, "the command is still at work" if begun else "it was not begun")


def _said(status: int, text: str) -> Reply:
    return status, msgspec.json.encode({"error": text})


def _write(path: Path, body: bytes) -> None:
    """Whole or not there, and readable for its owner alone."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
    partial.replace(path)


def line_of(home: Path) -> Line | None:
    """How to speak to the autopilot of a home; None where none runs, whatever a dead one left."""
    try:
        line = msgspec.json.decode((home / RUN).read_bytes(), type=Line)
        os.kill(line.pid, 0)
    except (OSError, msgspec.DecodeError, OverflowError):
        return None
    return line


def handed_on(argv: Sequence[str]) -> int | None:
    """The exit code of a command that a running autopilot did; None where it is ours to do."""
    home = _home_in(argv)
    line = line_of(home) if home is not None and argv[0] not in ALONE else None
    if line is None or line.pid == os.getpid():
        return None
    body = msgspec.json.encode(Command(list(argv), str(Path.cwd())))
    try:
        reply = _asked(line, "POST", "/command", body)
    except ConnectionRefusedError:
        return None
    except (OSError, HTTPException) as error:
        raise Problem(
            f"the autopilot (process {line.pid}) gave no answer: {type(error).__name__}",
            "whether the command was done is not known; look, or say it again",
        ) from None
    if reply[0] == 503:
        raise Problem(
            f"the autopilot (process {line.pid}) is busy, or ends",
            msgspec.json.decode(reply[1], type=dict[str, str])["error"],
        )
    if reply[0] != 200:
        return None
    answer = msgspec.json.decode(reply[1], type=Answer)
    _show(answer)
    return answer.code


def stands_still(home: Path, scope: str) -> bool:
    """Whether a running autopilot says that it obeys a stop. Never raises."""
    line = line_of(home)
    if line is None:
        return False
    try:
        _, body = _asked(line, "GET", "/health", b"")
        return scope in msgspec.json.decode(body, type=Pulse).stopped
    except (OSError, HTTPException, msgspec.DecodeError):
        return False


def _asked(line: Line, method: str, path: str, body: bytes) -> Reply:
    connection = HTTPConnection(LOOPBACK, line.port, timeout=PATIENCE_SECONDS + 10)
    try:
        said = {"Authorization": f"Bearer {line.token}", "Content-Type": _JSON}
        connection.request(method, path, body, said)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _show(answer: Answer) -> None:
    """As the command would have: what would act in a terminal stands as its escape."""
    for stream, text in ((sys.stdout, answer.out), (sys.stderr, answer.err)):
        shown = "\n".join(map(inert, text.split("\n"))) if stream.isatty() else text
        stream.write(shown)
        stream.flush()


def _home_in(argv: Sequence[str]) -> Path | None:
    """The folder after --home; None where help is asked for, or there is none."""
    if {"--help", "-h", "--version"}.intersection(argv):
        return None
    for word, following in pairwise([*argv, ""]):
        if word == "--home" and following:
            return Path(following)
        if word.startswith("--home="):
            return Path(word.removeprefix("--home="))
    return None
