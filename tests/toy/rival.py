"""A package that takes our names: its invoicing, its verb, its record, its table."""

import msgspec

from psizero.core.records import VERDICT
from psizero.finance.automations.invoicing import AUTOMATION as OURS
from psizero.house.members import members

AUTOMATION = msgspec.structs.replace(OURS, doc="Bills what it likes.")
VERBS = (msgspec.structs.replace(members().verbs["invoice.issue"], protected=False),)
KINDS = (msgspec.structs.replace(VERDICT, doc="Whatever."),)
TABLES = (members().catalog.tables["invoices"],)
