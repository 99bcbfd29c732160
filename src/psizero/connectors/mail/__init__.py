"""The connector `mail`: messages go out over SMTP, what comes back comes in over SMTP or LMTP.

A message has the key of its action as Message-ID and in the signed address to which it comes back,
so whatever is said of it later finds it. What the person is not owed (streams product and
marketing) carries one-click unsubscribing (RFC 8058) and, where its document does not show it, a
foot with the link and the company's postal address. Set up in `mail/mail.toml` in the home.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from html import escape as escaped
from pathlib import Path

import msgspec
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from psizero.connectors.mail.account import Account, account, link_key, password
from psizero.connectors.mail.returned import return_path, signed_name
from psizero.core.errors import Later, Refused, Unknown
from psizero.core.letter import Letter, letter, text_of, threaded
from psizero.core.link import LIFE, UNSUBSCRIBE, Link, linked, mark, token
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

OWED = ("service", "billing")


class Smtp:
    """Mail through one account. `resolve` gives the address for an id, or raises Refused."""

    name = "mail"
    verbs: tuple[str, ...] = ("message.send", "ticket.reply")
    settle = "person"

    def __init__(
        self, folder: Path, known: Account, resolve: Callable[[str], str], clock: Clock
    ) -> None:
        self._folder, self._account = folder, known
        self._resolve, self._clock = resolve, clock

    def perform(self, action: Action) -> Receipt:
        """Send the message; the receipt's reference is its Message-ID.

        Raises Refused where it is no message or the server will not have it, Later where the
        server is not there or busy, Unknown where the line went dead after the message was begun.
        No reason holds an address.
        """
        if action.verb not in self.verbs:
            raise Refused(f"mail does not know the verb {action.verb}", "verb")
        if action.parameters.get("channel", "mail") != "mail":
            raise Refused("this connector sends mail alone", "channel")
        made = self._letter(action)
        secret = link_key(self._folder.parent)
        back = return_path(self._account.mailbox, action.key, secret)
        asyncio.run(self._sent(made, back))
        return Receipt("done", made.message_id)

    def ask(self, key: str) -> Receipt | None:
        """SMTP keeps nothing that could be asked for."""
        return None

    def _letter(self, action: Action) -> Letter:
        address = self._resolve(text_of(action, "to"))
        made = letter(action, self._account.sender, address, self._clock.now())
        stream = action.parameters.get("stream") or "service"
        answers = action.verb == "ticket.reply"
        said = "auto-replied" if answers else "auto-generated"
        headers = {"Auto-Submitted": said, **threaded(action)}
        site, owed = self._account.site.rstrip("/"), stream in OWED
        if not owed and not (site and self._account.postal_address):
            raise Refused(
                "mail.toml names no site and postal address for what is not owed", "stream"
            )
        key, until = link_key(self._folder.parent), self._clock.now() + LIFE
        to = text_of(action, "to")

        def signed(page: str) -> str:
            if not site:
                raise Refused(f"mail.toml names no site for the link {page}", "text")
            said = Link(page, to, action.key, str(stream), until)
            return f"{site}/{page}/{token(said, key)}"

        if not owed:
            made = footed(made, self._account.postal_address)
            headers["List-Unsubscribe"] = f"<{signed(UNSUBSCRIBE)}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        html = None if made.html is None else linked(made.html, signed)
        text = linked(made.text, signed)
        name = signed_name(action.key, key) if answers else ""
        return msgspec.structs.replace(made, text=text, html=html, name=name, headers=headers)

    async def _sent(self, made: Letter, back: str) -> None:
        """One message over one connection."""
        known, retry = self._account, timedelta(minutes=self._account.retry_minutes)
        client = SMTP(
            hostname=known.host,
            port=known.port,
            use_tls=known.security == "tls",
            start_tls=known.security == "starttls",
            timeout=known.timeout_seconds,
        )
        begun = accepted = False
        try:
            async with client:
                if known.user:
                    await client.login(known.user, password(self._folder))
                await client.mail(back)
                await client.rcpt(made.to)
                begun = True
                await client.data(made.written())
                accepted = True
        except SMTPResponseException as error:
            said = f"the server said {error.code}{_status(error.message)}"
            ours = begun or isinstance(error, SMTPSenderRefused | SMTPRecipientRefused)
            if not ours or error.code < 500:  # a greeting or a login is no word on the message
                raise Later(self._clock.now() + retry, said) from None
            raise Refused(said, "to") from None
        except (SMTPException, OSError) as error:
            if accepted:
                return
            what = type(error).__name__
            if begun:
                raise Unknown(f"the line went dead in the midst of the message: {what}") from None
            raise Later(self._clock.now() + retry, f"no connection: {what}") from None


def footed(made: Letter, postal_address: str) -> Letter:
    """With the way out and the company's address at its foot, in whichever part lacks them."""
    way = mark(UNSUBSCRIBE)
    text, html = made.text, made.html
    if way not in text or postal_address not in text:
        text = f"{text.rstrip()}\n\n-- \nNo more of these: {way}\n{postal_address}\n"
    if html is not None and (way not in html or postal_address not in html):
        foot = f'<p><a href="{way}">No more of these</a><br>{escaped(postal_address)}</p>'
        html = html.replace("</body>", f"{foot}</body>", 1) if "</body>" in html else html + foot
    return msgspec.structs.replace(made, text=text, html=html)


def _status(message: str) -> str:
    """The enhanced status code with which a reply begins; the rest may hold an address."""
    word = message.split(" ", 1)[0]
    return f" {word}" if word.replace(".", "").isdigit() and word.count(".") == 2 else ""


def connect(folder: Path, clock: Clock, resolve: Callable[[str], str]) -> Smtp:
    """The account of a home. Raises Problem where it is not set up."""
    return Smtp(folder, account(folder), resolve, clock)
