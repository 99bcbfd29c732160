"""Dunning: what a decline means, and what is done on which day after the first failure.

Days are offsets from the first failure, no gaps between tries. Decline codes are those of card
networks as gateways name them (Stripe's list of 2026); what is none of them is unknown.
"""

from datetime import datetime, timedelta
from enum import Enum

import msgspec

DAY = timedelta(days=1)


class Cause(Enum):
    """What a decline asks for: time, another means of payment, the customer's own confirmation."""

    SOFT = "soft"
    HARD = "hard"
    CONFIRM = "authentication required"
    UNKNOWN = "unknown"


_HARD = """expired_card lost_card stolen_card pickup_card restricted_card card_not_supported
currency_not_supported incorrect_number invalid_number invalid_account invalid_expiry_month
invalid_expiry_year incorrect_cvc invalid_cvc fraudulent merchant_blacklist not_permitted
new_account_information_available revocation_of_authorization revocation_of_all_authorizations
security_violation stop_payment_order transaction_not_allowed do_not_try_again
no_such_account account_closed debit_not_authorized""".split()
_SOFT = """insufficient_funds do_not_honor processing_error generic_decline try_again_later
issuer_not_available reenter_transaction card_velocity_exceeded withdrawal_count_limit_exceeded
approve_with_id call_issuer no_action_taken service_not_allowed duplicate_transaction""".split()
_CONFIRM = ("authentication_required", "authentication_not_handled", "offline_pin_required")
CAUSES = {
    **dict.fromkeys(_HARD, Cause.HARD),
    **dict.fromkeys(_SOFT, Cause.SOFT),
    **dict.fromkeys(_CONFIRM, Cause.CONFIRM),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The mission's schedule. `limit_percents`: of the rate limit, from each step day on.

    The last of the step days is the one on which the account becomes read-only. Balances under
    `owed_minor_min` are not dunned, nor is who stands in `excluded`.
    """

    step_days: tuple[int, ...] = (1, 3, 7, 14, 21)
    limit_percents: tuple[int, ...] = (100, 50, 20, 5, 5)
    grace_days: int = 7
    step_hours: int = 24
    owed_minor_min: int = 500
    excluded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError on a schedule that no run could keep."""
        if len(self.step_days) != 5 or len(self.limit_percents) != 5:
            raise ValueError("step_days and limit_percents have five entries each")
        if list(self.step_days) != sorted({*self.step_days}) or self.step_days[0] < 1:
            raise ValueError("step_days have to rise from 1 or more")
        if not all(0 <= one <= 100 for one in self.limit_percents):
            raise ValueError("limit_percents are 0 to 100")


class Step(msgspec.Struct, frozen=True):
    """What is done `days` after the first failure: a try, a message, a task for a role.

    `short`: it goes out as a text message too.
    """

    days: int
    retry: bool = False
    message: str = ""
    role: str = ""
    task: str = ""
    short: bool = False


def cause(decline_code: str) -> Cause:
    """What a decline code asks for."""
    return CAUSES.get(decline_code, Cause.UNKNOWN)


def steps(why: Cause, settings: Settings) -> tuple[Step, ...]:
    """The steps of a run in their order; a soft decline has tries, a hard one none.

    An unknown code is soft with one try less.
    """
    first, second, third, fourth, last = settings.step_days
    ask = {Cause.HARD: "method", Cause.CONFIRM: "confirm"}.get(why)
    if ask is not None:
        outreach = ("customer success", "ask personally for a new means of payment")
        personal = outreach if why is Cause.HARD else ("", "")
        return (
            Step(0, False, ask, *personal),
            Step(second, message=ask, short=True),
            Step(third, False, ask, "support", "call the customer about the payment"),
            Step(fourth, False, "warning", "customer success", "speak to the account's owner"),
            Step(last, message="suspended"),
        )
    return (
        Step(first, True, "retry"),
        Step(second, True, "retry", short=True),
        Step(third, True, "retry", "support", "call the customer about the payment"),
        Step(
            fourth,
            why is Cause.SOFT,
            "warning",
            "customer success",
            "speak to the account's owner",
        ),
        Step(last, message="suspended"),
    )


def at_hand(why: Cause, first_failed_at: datetime, settings: Settings, now: datetime) -> list[Step]:
    """The steps whose day has come and is not over; an older one counts as skipped."""
    open_for = timedelta(hours=settings.step_hours)
    found = steps(why, settings)
    return [
        one for one in found if timedelta() <= now - first_failed_at - one.days * DAY < open_for
    ]


def limit(
    why: Cause, first_failed_at: datetime, settings: Settings, now: datetime
) -> tuple[int, bool]:
    """How much of its rate limit a customer may use, in percent, and whether it may only read.

    After a hard decline, or where the customer has to confirm, nothing is limited within the grace.
    """
    days = (now - first_failed_at) // DAY
    if why in (Cause.HARD, Cause.CONFIRM) and days < settings.grace_days:
        return 100, False
    reached = [
        percent
        for day, percent in zip(settings.step_days, settings.limit_percents, strict=True)
        if day <= days
    ]
    return min(reached, default=100), days >= settings.step_days[-1]


WORDS = {
    "retry": (
        "Your payment of {owed} did not go through",
        "We could not collect {owed} for invoice {invoice}. You need not do anything: we try "
        "again by ourselves.\n\nIf you would rather use another card, you can change it in your "
        "account under Billing.",
    ),
    "method": (
        "Please give us a new means of payment",
        "The card for invoice {invoice} ({owed}) can no longer be charged. Please add another one "
        "in your account under Billing. Your service goes on for {grace_days} days.",
    ),
    "confirm": (
        "Your bank asks you to confirm a payment",
        "Your bank wants you to confirm the payment of {owed} for invoice {invoice}. Please open "
        "Billing in your account and confirm it; nothing else is needed.",
    ),
    "warning": (
        "Your account will become read-only in {days_left} days",
        "Invoice {invoice} ({owed}) is still unpaid. In {days_left} days your account becomes "
        "read-only. Billing and the export of your data stay open all the time. If something is "
        "wrong with the invoice, just answer this mail: a person reads it.",
    ),
    "suspended": (
        "Your account is read-only until invoice {invoice} is paid",
        "Invoice {invoice} ({owed}) is unpaid. Your account is read-only from today. That "
        "ends within seconds once the payment has arrived. Billing and export stay open.",
    ),
}
"""Topic and text of each message; mail programs show them as they stand."""
