"""The house.toml of a new home: everything that can be set, commented out at its default."""

from collections.abc import Mapping

import msgspec

from psizero.core.automation import Automation
from psizero.core.content import canonical
from psizero.house.charter import CAPS


def draft(company: str, automations: Mapping[str, Automation]) -> str:
    """The text of the file."""
    parts = [_HEAD.format(company=canonical(company))]
    for name, automation in automations.items():
        values = msgspec.to_builtins(automation.settings)
        parts.append(f"[settings.{name}]  # {automation.target}")
        parts += [f"# {key} = {_toml(value)}" for key, value in values.items()]
        parts += [f"[caps.{name}]", *(f"# {cap} = {_CAPS.get(cap, 1000)}" for cap in CAPS), ""]
    return "\n".join(parts)


_CAPS = {
    "customers_share_per_day_max": "0.05  # of all customers; what is over waits for a person",
    "approvals_min": "2  # how many people have to agree where it asks",
}


def _toml(value: object) -> str:
    return canonical(value) if isinstance(value, str | bool | list | tuple) else str(value)


_HEAD = """\
# What the owner decides. The difference to what the log holds enters it at the next start;
# how far an automation may go stands in the log alone (psizero init --grant).

[company]
name = {company}
# zone = "UTC"            # the company's time zone, an IANA name
# address = "1 Example Street\\n12345 Town"  # on invoices, as the next three
# country = "DE"          # ISO 3166 alpha-2 code
# tax_id = "DE123456789"  # VAT identification number
# bank = "IBAN DE00 0000 0000 0000 0000 00"

[people]                  # who decides, and in which role; alone you are "owner"
# anna = "owner"
# ben = "accountant"

[roles.accountant]        # what a role may approve; owners may approve everything
# domains = ["finance"]
# money_minor_max = 500000

[targets]                 # figures that reports are held against, for example
# mrr_growth_share = 0.05

[gate]
# confidence_min = 0.5    # a decision less sure than this asks a person
# cool_down_hours = 24    # nobody is reached twice on one channel within this
# approval_hours = 72     # silence of people for so long is no
# review_share = 0.03     # of what is done without a person, looked at by one afterwards

[promotion]               # on record before an automation rises to approve, or to auto
# decisions_min = 20
# days_min = 7
# share_min = 0.8         # lower bound of good outcomes in shadow, of approvals at approve

[guardrail]               # when an automation loses the level auto by itself
# bad_share_max = 0.2
# outcomes_min = 10

[contact]                 # of people outside, with what they are not owed
# quiet_from_hour = 21    # of the person's own day; nothing is sent from this hour
# quiet_until_hour = 8    # up to this one: it waits
# messages_per_day_max = 1  # to one person, over everything; service and billing are not counted
# messages_per_week_max = 3
# holdout_share = 0.05    # of subjects never contacted, so that lift can be measured

[bindings]                # which connector carries out a verb that reaches outside
# message.send = "outbox" # written as mail files into the home; nobody gets them
# sms.send = "sms_voice"  # files too, until sms_voice/sms_voice.toml in the home says otherwise
# call.place = "sms_voice"
# Of two, as ["mail", "outbox"], the second gets what the first refused for our own people.
"""
