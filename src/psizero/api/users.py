"""Users, their sessions, keys of programs: the file `users.json` in the home, 0600.

Passwords lie there as argon2id, everything else that opens a door as SHA-256 of 128 random bits:
who reads the file cannot get in. It is no part of the ledger: nobody's password is history.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore, Lock

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from psizero.api.access import GIVEN, Person, Role, Scope, rights
from psizero.core.chance import new_salt
from psizero.core.errors import Problem, Refused

FILE, KEY_PREFIX = "users.json", "psz_"
PASSWORD_LETTERS_MIN, PASSWORD_LETTERS_MAX = 12, 1024
SESSION = timedelta(hours=12)
INVITATION = timedelta(hours=24)
FAILURES_MAX, FAILURE_PAUSE = 5, timedelta(minutes=1)
NAMES_MAX = 10_000
"""Of so many names at most it is known how often their password was wrong."""
_HASHING = BoundedSemaphore(2)  # 64 MiB each


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a password."""

    role: Role
    password: str


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a program: its hash, and what it may do."""

    secret: str
    scopes: tuple[str, ...]
    made_at: datetime


class Session(msgspec.Struct, frozen=True):
    """Somebody who has logged in."""

    name: str
    until: datetime


class Invitation(msgspec.Struct, frozen=True):
    """A link that was given to somebody, who names a password by it, once."""

    name: str
    role: Role
    until: datetime


class Book(msgspec.Struct, kw_only=True):
    """All of it; sessions and invitations by the hash of what opens them."""

    users: dict[str, User] = {}
    keys: dict[str, Key] = {}
    sessions: dict[str, Session] = {}
    invitations: dict[str, Invitation] = {}


class Users:
    """Who may come in. Any thread may ask; another process may change the file meanwhile."""

    def __init__(self, home: Path, now: Callable[[], datetime]) -> None:
        self._path, self._now, self._lock = home / FILE, now, Lock()
        self._book, self._read_at = Book(), (0, 0, 0)
        self._failures: dict[str, tuple[int, datetime]] = {}
        self.hasher = PasswordHasher()

    def book(self) -> Book:
        """As the file says it now. Raises Problem where it is broken: then nobody comes in."""
        with self._lock:
            try:
                found = self._path.stat()
            except FileNotFoundError:
                return Book()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._read_at:
                try:
                    self._book = msgspec.json.decode(self._path.read_bytes(), type=Book)
                except msgspec.DecodeError as error:
                    raise Problem(f"{FILE} cannot be read: {error}") from None
                self._read_at = stamp
            return self._book

    def invite(self, name: str, role: Role) -> str:
        """The secret of a link by which somebody names a password; an earlier one is void."""
        secret = new_salt()
        with self._changed() as book:
            kept = {h: one for h, one in book.invitations.items() if one.name != name}
            book.invitations = kept
            book.invitations[_hash(secret)] = Invitation(name, role, self._now() + INVITATION)
        return secret

    def join(self, secret: str, password: str) -> str:
        """Name a password by a link; who then is in. Raises Refused where it is void."""
        if not PASSWORD_LETTERS_MIN <= len(password) <= PASSWORD_LETTERS_MAX:
            raise Refused(f"a password has at least {PASSWORD_LETTERS_MIN} letters", "password")
        with _HASHING:
            hashed = self.hasher.hash(password)
        with self._changed() as book:
            said = book.invitations.pop(_hash(secret), None)
            if said is None or said.until < self._now():
                raise Refused("this link is used up, or too old; ask for another one", "secret")
            book.users[said.name] = User(role=said.role, password=hashed)
            book.sessions = {h: s for h, s in book.sessions.items() if s.name != said.name}
        return self._session(said.name)

    def log_in(self, name: str, password: str) -> str:
        """The secret of a new session. Raises Refused, whichever of the two is wrong."""
        self._check_patience(name)
        user = self.book().users.get(name)
        if len(password) <= PASSWORD_LETTERS_MAX and self._fits(user, password):
            self._failures.pop(name, None)
            return self._session(name)
        count = self._failures.get(name, (0, self._now()))[0] + 1
        while len(self._failures) >= NAMES_MAX:
            del self._failures[next(iter(self._failures))]
        self._failures[name] = (count, self._now())
        raise Refused("name or password is wrong")

    def _check_patience(self, name: str) -> None:
        count, at = self._failures.get(name, (0, self._now()))
        if count >= FAILURES_MAX and self._now() < at + FAILURE_PAUSE:
            raise Refused("wrong too often; wait a minute", "retry")

    def _fits(self, user: User | None, password: str) -> bool:
        """In the same time whether or not there is somebody of this name."""
        with _HASHING:
            try:
                return self.hasher.verify(user.password if user else _nobody(), password)
            except (VerificationError, InvalidHashError):
                return False

    def _session(self, name: str) -> str:
        secret, now = new_salt(), self._now()
        with self._changed() as book:
            book.sessions = {h: one for h, one in book.sessions.items() if one.until > now}
            book.sessions[_hash(secret)] = Session(name, now + SESSION)
        return secret

    def log_out(self, secret: str) -> None:
        """The session is over, wherever its cookie is kept."""
        with self._changed() as book:
            book.sessions.pop(_hash(secret), None)

    def remove(self, name: str) -> None:
        """A user is none any more, at once. Raises Problem where there is none."""
        with self._changed() as book:
            if book.users.pop(name, None) is None:
                raise Problem(f"there is no user {name!r}")
            book.sessions = {h: s for h, s in book.sessions.items() if s.name != name}

    def make_key(self, name: str, scopes: tuple[str, ...]) -> str:
        """A key, shown this once. Raises Problem at a name that is taken or an unknown scope."""
        strange = sorted(set(scopes) - set(GIVEN))
        if strange or not scopes:
            raise Problem(f"--scope {strange[0] if strange else ''!r} is none", ", ".join(GIVEN))
        secret = new_salt()
        with self._changed() as book:
            if name in book.keys or not name:
                raise Problem(f"there is a key {name!r} already", "psizero key revoke")
            book.keys[name] = Key(secret=_hash(secret), scopes=scopes, made_at=self._now())
        return f"{KEY_PREFIX}{secret}"

    def revoke(self, name: str) -> None:
        """The key opens nothing any more. Raises Problem where there is none."""
        with self._changed() as book:
            if book.keys.pop(name, None) is None:
                raise Problem(f"there is no key {name!r}", f"keys: {', '.join(book.keys)}")

    def of_key(self, text: str) -> Person | None:
        """Whose key it is; None where it is nobody's."""
        shown = _hash(text.removeprefix(KEY_PREFIX))
        for name, key in self.book().keys.items():
            if key.secret == shown:  # both are hashes: how long it takes says nothing
                scopes = frozenset({Scope.SELF, *map(Scope, key.scopes)})
                return Person(name=name, role=Role.MACHINE, scopes=scopes, key=name)
        return None

    def of_session(self, secret: str) -> Person | None:
        """Who has logged in with it; None where it is over."""
        book = self.book()
        session = book.sessions.get(_hash(secret))
        user = book.users.get(session.name) if session else None
        if session is None or user is None or session.until < self._now():
            return None
        csrf = _hash(f"csrf {secret}")
        return Person(name=session.name, role=user.role, scopes=rights(user.role), csrf=csrf)

    @contextmanager
    def _changed(self) -> Iterator[Book]:
        """The file anew: whole or as it was, one writer at a time."""
        lock = os.open(self._path.with_name(f".{FILE}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            book = msgspec.json.decode(msgspec.json.encode(self.book()), type=Book)
            yield book
            partial = self._path.with_name(f".{FILE}.partial")
            partial.unlink(missing_ok=True)
            file = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(msgspec.json.encode(book))
                out.flush()
                os.fsync(file)
            partial.replace(self._path)
        finally:
            os.close(lock)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _nobody() -> str:
    """A hash like those of passwords, of which nobody knows the password."""
    return "$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "A" * 43
