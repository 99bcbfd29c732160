"""The account: through which server mail goes, as whom, and the two secrets that it takes."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from psizero.connectors import secret
from psizero.core.chance import new_salt
from psizero.core.errors import Problem
from psizero.core.letter import ADDRESS

FILE, PASSWORD, PASSWORD_FILE = "mail.toml", "PSIZERO_MAIL_PASSWORD", "password"
LINKS = "links.key"


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mail.toml` in the connector's folder. Without a `user` nobody logs in.

    `bounces` is the mailbox to which what cannot be delivered comes back, the sender's own where
    it is not set; mail to `bounces+anything` has to reach it. `site` is where pages of links are
    served, `postal_address` stands at the foot of what is not owed: without both that is refused.
    """

    sender: str
    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    bounces: str = ""
    site: str = ""
    postal_address: str = ""
    timeout_seconds: float = 20.0
    retry_minutes: int = 15

    @property
    def domain(self) -> str:
        return self.sender.partition("@")[2]

    @property
    def mailbox(self) -> str:
        return self.bounces or self.sender


def account(folder: Path) -> Account:
    """The account of a home. Raises Problem where the file is missing or says what cannot be."""
    path = folder / FILE
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Account)
    except FileNotFoundError:
        raise Problem(
            f"{path} is missing: the connector `mail` does not know through whom to send",
            'sender = "billing@example.com", host = "smtp.example.com"',
        ) from None
    except (msgspec.ValidationError, msgspec.DecodeError, OSError) as error:
        raise Problem(f"{path}: {error}") from None
    for name in ("sender", "mailbox"):
        if not ADDRESS.fullmatch(getattr(found, name)):
            raise Problem(f"{path}: {name}: a mail address is needed, as billing@example.com")
    site = urlsplit(found.site)
    if found.site and (site.scheme != "https" or not site.netloc):
        raise Problem(f"{path}: site: an address that begins with https:// is needed")
    if found.security == "none" and found.user:
        raise Problem(f"{path}: a password is not sent in the clear: security = none, or user")
    return found


def password(folder: Path) -> str:
    """From the environment, or a file that nobody else may read; raises Problem without it."""
    return secret(folder, PASSWORD, PASSWORD_FILE, "password for mail")


def link_key(home: Path) -> bytes:
    """The key under which links of this home are signed; made when it is first asked for."""
    path = home / "keys" / LINKS
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f".{LINKS}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(new_salt() + new_salt())
        with suppress(FileExistsError):  # the first one stays, whoever else comes
            path.hardlink_to(fresh)
        fresh.unlink()
    _check_private(path)
    return sha256(path.read_bytes()).digest()


def _check_private(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise Problem(f"{path} can be read by others", f"chmod 600 {path}")
