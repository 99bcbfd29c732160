"""The connector `sms_voice`: short messages and calls through Twilio's REST API.

Set up in `sms_voice/sms_voice.toml` in the home, with the token in the environment or a file of
its own. Where nothing is set up it writes what it would have sent into its folder, one file for
each action, and reaches nobody.
"""

import os
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from html import escape
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec

from psizero.connectors import secret
from psizero.core.clock import iso
from psizero.core.content import canonical
from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.letter import KEY, text_of
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

FILE, TOKEN, TOKEN_FILE = "sms_voice.toml", "PSIZERO_TWILIO_TOKEN", "token"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
VERBS = ("sms.send", "call.place")
_CHARACTERS_MAX = {"sms.send": 480, "call.place": 1_000}
_PLACE = {"sms.send": "Messages", "call.place": "Calls"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BUSY = (429, 503)


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sms_voice.toml`: the account, the number that calls, and where Twilio tells what came of
    it (an https address below which the key of the action stands; empty: it tells nobody)."""

    account_sid: str
    number: str
    base: str = "https://api.twilio.com"
    told_at: str = ""
    timeout_seconds: float = 20.0
    retry_minutes: int = 15


class Written:
    """What would have been sent, as files; nobody is reached."""

    name = "sms_voice"
    verbs = VERBS
    settle = "ask"

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    def perform(self, action: Action) -> Receipt:
        """One file under the action's key; a key that is there stays as it is."""
        text = _words(action)
        done = self.ask(action.key)
        if done is not None:
            return done
        row = {"verb": action.verb, "to": text_of(action, "to"), "text": text}
        body = canonical(row | {"at": iso(self._clock.now())})
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f".{action.key}.partial"
        try:
            partial.touch(mode=0o600)
            with partial.open("w") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / f"{action.key}.json")
        except OSError as error:
            raise Unknown(f"writing {action.key}.json failed: {error.strerror}") from None
        return Receipt("done", f"{action.key}.json")

    def ask(self, key: str) -> Receipt | None:
        there = KEY.fullmatch(key) and (self._folder / f"{key}.json").is_file()
        return Receipt("done", f"{key}.json") if there else None


class Twilio:
    """The API. `resolve(id, "phone")` gives a number as E.164, or raises Refused."""

    name = "sms_voice"
    verbs = VERBS
    settle = "person"

    def __init__(
        self, known: Account, secret: str, resolve: Callable[..., str], clock: Clock
    ) -> None:
        self._account, self._resolve, self._clock = known, resolve, clock
        login = b64encode(f"{known.account_sid}:{secret}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {login}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    def perform(self, action: Action) -> Receipt:
        """Ask for the message or call; the receipt's reference is Twilio's own id of it.

        Raises Refused where it will not have it, Later where nothing was done yet, Unknown where
        nobody can say. No reason holds a number.
        """
        text, known = _words(action), self._account
        number = self._resolve(text_of(action, "to"), "phone")
        if not NUMBER.fullmatch(number):
            raise Refused(f"what is known for {text_of(action, 'to')} is no number", "to")
        fields = {"To": number, "From": known.number}
        if action.verb == "sms.send":
            fields["Body"] = text
        else:
            fields["Twiml"] = f"<Response><Say>{escape(text)}</Say></Response>"
        if known.told_at:
            fields["StatusCallback"] = f"{known.told_at.rstrip('/')}/{action.key}"
        place = f"/2010-04-01/Accounts/{known.account_sid}/{_PLACE[action.verb]}.json"
        return self._answered(*self._posted(place, urlencode(fields)))

    def ask(self, key: str) -> Receipt | None:
        """The API keeps no key of ours."""
        return None

    def _posted(self, place: str, body: str) -> tuple[HTTPResponse, bytes]:
        """The reply and its body; a request that was not begun is Later, else it is Unknown."""
        line = self._line()
        try:
            line.connect()
        except OSError as error:
            raise self._later(f"no connection: {type(error).__name__}") from None
        try:
            line.request("POST", place, body, self._headers)
            reply = line.getresponse()
            return reply, reply.read()
        except (OSError, HTTPException) as error:
            raise Unknown(f"no answer: {type(error).__name__}") from None
        finally:
            line.close()

    def _line(self) -> HTTPConnection:
        at = urlsplit(self._account.base)
        form = HTTPSConnection if at.scheme == "https" else HTTPConnection
        return form(at.hostname or "", at.port, timeout=self._account.timeout_seconds)

    def _answered(self, reply: HTTPResponse, body: bytes) -> Receipt:
        said = _object(body)
        if reply.status in (200, 201) and said.get("sid"):
            return Receipt("done", str(said["sid"]))
        told = f"Twilio said {reply.status} {said.get('code', '')}".rstrip()
        if reply.status in _BUSY:
            raise self._later(told, reply.headers.get("Retry-After", ""))
        if reply.status in (401, 403):
            raise self._later(f"{told}: is the token right?")
        if 400 <= reply.status < 500:
            raise Refused(told, "to")
        raise Unknown(told)

    def _later(self, said: str, after_seconds: str = "") -> Later:
        wait = timedelta(minutes=self._account.retry_minutes)
        if after_seconds.isdigit():
            wait = timedelta(seconds=min(int(after_seconds), 86_400))
        return Later(self._clock.now() + wait, said)


def _words(action: Action) -> str:
    """What is said. Raises Refused naming what is wrong with the action."""
    if action.verb not in VERBS:
        raise Refused(f"sms_voice does not know the verb {action.verb}", "verb")
    if not KEY.fullmatch(action.key):
        raise Refused("the key has to be letters, digits, `_`, `.` and `-`", "key")
    text, most = text_of(action, "text").strip(), _CHARACTERS_MAX[action.verb]
    if not 0 < len(text) <= most:
        raise Refused(f"the text has to have 1 to {most:,} characters", "text")
    return text


def _object(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}


def connect(folder: Path, clock: Clock, resolve: Callable[..., str]) -> Written | Twilio:
    """The account of a home, or files where there is none. Raises Problem where it is half one."""
    path = folder / FILE
    if not path.exists():
        return Written(folder, clock)
    try:
        known = msgspec.toml.decode(path.read_bytes(), type=Account)
    except (msgspec.ValidationError, msgspec.DecodeError, OSError) as error:
        raise Problem(f"{path}: {error}") from None
    at = urlsplit(known.base)
    if at.scheme != "https" and at.hostname not in _LOOPBACK:
        raise Problem(f"{path}: base: an address that begins with https:// is needed")
    if not NUMBER.fullmatch(known.number):
        raise Problem(f"{path}: number: a number as +491701234567 is needed")
    return Twilio(known, secret(folder, TOKEN, TOKEN_FILE, "token for Twilio"), resolve, clock)
