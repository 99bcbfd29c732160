"""The connector `stripe`: charges what is owed, by PaymentIntents confirmed off-session.

Set up in `stripe/stripe.toml` in the home, with the key in the environment or a file of its own.
A charge carries the key of its action twice: as idempotency key, so that asking again charges only
once, and in the metadata, so that it can be found. Whether money came is said by the webhook alone
(`returned`): a decline is an attempt that was made, and its receipt is done.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from psizero.connectors import secret
from psizero.core.arrival import Receiver, Terms
from psizero.core.errors import Later, Problem, Refused, Unknown
from psizero.core.letter import KEY, text_of
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

if TYPE_CHECKING:
    import stripe

Found = TypeVar("Found")
FILE, SECRET, SECRET_FILE = "stripe.toml", "PSIZERO_STRIPE_KEY", "key"
WEBHOOK, WEBHOOK_FILE = "PSIZERO_STRIPE_WEBHOOK", "webhook"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
SIGNED = True
HUNDREDFOLD = ("ISK", "UGX")
"""Without digits by ISO 4217, with two at Stripe."""
TENS = ("BHD", "JOD", "KWD", "OMR", "TND")
"""With three digits, of which Stripe takes two."""


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stripe.toml`: where the API is, how long an answer is waited for, when to try again."""

    base: str = "https://api.stripe.com"
    timeout_seconds: float = 30.0
    retry_minutes: int = 15


def minor_units(amount_minor: int, currency: str) -> int:
    """An amount as Stripe counts it. Raises Refused where it cannot be charged."""
    if currency in TENS and amount_minor % 10:
        raise Refused(
            f"Stripe charges {currency} only in tens of the smallest unit", "amount_minor"
        )
    return amount_minor * 100 if currency in HUNDREDFOLD else amount_minor


def from_stripe(amount: int, currency: str) -> int:
    """An amount that Stripe names, in the minor units of ISO 4217."""
    return amount // 100 if currency in HUNDREDFOLD else amount


class Charges:
    """The API. `resolve(id, "stripe")` gives a customer's id there, or raises Refused."""

    name = "stripe"
    verbs = ("payment.charge",)
    settle = "ask"

    def __init__(
        self, known: Account, secret: str, resolve: Callable[..., str], clock: Clock
    ) -> None:
        import stripe  # a fifth of a second that only those pay who charge

        self._resolve, self._clock, self._known, self._stripe = resolve, clock, known, stripe
        self._client = stripe.StripeClient(
            secret,
            base_addresses={"api": known.base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=known.timeout_seconds),
        )

    def perform(self, action: Action) -> Receipt:
        """Charge the customer's default means of payment once.

        Raises Refused where nothing can be charged, Later where nothing was done yet, Unknown
        where nobody can say.
        """
        amount = action.parameters.get("amount_minor")
        currency, invoice = text_of(action, "currency"), text_of(action, "invoice")
        if action.verb not in self.verbs:
            raise Refused(f"stripe does not know the verb {action.verb}", "verb")
        if not KEY.fullmatch(action.key):
            raise Refused("the key has to be letters, digits, `_`, `.` and `-`", "key")
        if not isinstance(amount, int) or amount <= 0:
            raise Refused("an amount above zero is needed", "amount_minor")
        payer = self._resolve(action.subject, "stripe")
        made = self._asked(lambda: self._charged(action, payer, minor_units(amount, currency)))
        return Receipt("done", made[0], f"{invoice}: {made[1]}" if made[1] else "")

    def ask(self, key: str) -> Receipt | None:
        """The charge of an action, where one was begun; found a minute after it was."""
        if not KEY.fullmatch(key):
            return None
        query = f'metadata["psizero_action"]:"{key}"'
        found = self._asked(
            lambda: self._client.v1.payment_intents.search({"query": query, "limit": 1}).data
        )
        return Receipt("done", found[0].id) if found else None

    def _charged(self, action: Action, payer: str, amount: int) -> tuple[str, str]:
        """The id of the attempt, and why it was declined, if it was."""
        invoice = text_of(action, "invoice")
        said: stripe.params.PaymentIntentCreateParams = {
            "amount": amount,
            "currency": text_of(action, "currency").lower(),
            "customer": payer,
            "payment_method": self._method(payer),
            "off_session": True,
            "confirm": True,
            "description": f"Invoice {invoice}",
            "metadata": {
                "psizero_action": action.key,
                "invoice": invoice,
                "customer": action.subject,
            },
        }
        try:
            made = self._client.v1.payment_intents.create(said, {"idempotency_key": action.key})
        except self._stripe.CardError as error:
            intent = error.error.payment_intent if error.error else None
            why = (error.error.decline_code if error.error else None) or error.code or "declined"
            return (intent.id if intent else ""), why
        return made.id, "" if made.status == "succeeded" else made.status

    def _method(self, payer: str) -> str:
        """The default means of payment, else the newest card. Raises Refused: there is none."""
        settings = self._client.v1.customers.retrieve(payer).invoice_settings
        default = settings.default_payment_method if settings else None
        if default:
            return default if isinstance(default, str) else default.id
        listed = self._client.v1.customers.payment_methods.list(payer, {"limit": 1}).data
        if not listed:
            raise Refused("Stripe has no means of payment for this customer", "subject")
        return listed[0].id

    def _asked(self, call: Callable[[], Found]) -> Found:
        """What a call gives; what went wrong in the words of the hands."""
        errors = self._stripe
        try:
            return call()
        except errors.RateLimitError as error:
            raise self._later("too many requests", error.headers) from None
        except (errors.AuthenticationError, errors.PermissionError):
            raise self._later("Stripe refuses the key: is it right?") from None
        except errors.IdempotencyError:
            raise Refused("another charge was made under this key", "key") from None
        except errors.InvalidRequestError as error:
            raise Refused(f"Stripe said {error.http_status} {error.code or ''}".rstrip()) from None
        except errors.StripeError as error:
            if error.http_status == 409:
                raise self._later("Stripe is still at the same charge") from None
            raise Unknown(f"no answer: {type(error).__name__}") from None

    def _later(self, said: str, headers: Mapping[str, str] | None = None) -> Later:
        after = (headers or {}).get("Retry-After", "")
        wait = timedelta(minutes=self._known.retry_minutes)
        if after.isdigit():
            wait = timedelta(seconds=min(int(after), 86_400))
        return Later(self._clock.now() + wait, said)


def connect(folder: Path, clock: Clock, resolve: Callable[..., str]) -> Charges:
    """The account of a home. Raises Problem where it is none, or half one."""
    path = folder / FILE
    if not path.exists():
        raise Problem(f"stripe is bound and not set up: write {path} (it may be empty)")
    try:
        known = msgspec.toml.decode(path.read_bytes(), type=Account)
    except (msgspec.ValidationError, msgspec.DecodeError, OSError) as error:
        raise Problem(f"{path}: {error}") from None
    at = urlsplit(known.base)
    if at.scheme != "https" and at.hostname not in _LOOPBACK:
        raise Problem(f"{path}: base: an address that begins with https:// is needed")
    return Charges(known, secret(folder, SECRET, SECRET_FILE, "key for Stripe"), resolve, clock)


def receiver(folder: Path, terms: Terms) -> Receiver:
    """The webhooks of a home. Raises Problem where no secret for their signatures is there."""
    from psizero.connectors.stripe.returned import receive

    signing = secret(folder, WEBHOOK, WEBHOOK_FILE, "signing secret of Stripe's webhook")
    return lambda delivery: receive(delivery, signing, terms)
