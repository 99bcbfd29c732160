"""What customers used."""

from psizero.core.tables import Column, Kind, RollUp, Type

METERED = RollUp(by=("meter", "properties"), quantity="quantity", late_days_max=35)
USAGE_RECORDED = Kind(
    name="usage.recorded",
    subject="customer",
    doc="A customer used some quantity of a meter at an instant.",
    columns={
        "meter": Column(Type.TEXT, "what was used, e.g. calls"),
        "quantity": Column(Type.QUANTITY, "how much", unit="of the meter", least=0),
        "properties": Column(Type.JSON, "the property group: a flat JSON object, {} when none"),
    },
    defaults={"properties": "{}"},
    metered=METERED,
)
KINDS = (USAGE_RECORDED,)
