"""What people at a customer did beside calling the API."""

from decimal import Decimal

from psizero.core.tables import Column, Kind, RollUp, Type

METERED = RollUp(by=("activity", "prompted"), quantity="quantity", late_days_max=35)
ACTIVITY_RECORDED = Kind(
    name="activity.recorded",
    subject="customer",
    doc="Somebody at a customer logged in, looked, read, took part or gave feedback.",
    columns={
        "activity": Column(
            Type.TEXT,
            "what was done",
            choices=("login", "dashboard", "documentation", "community", "feedback"),
        ),
        # A roll-up knows no cause, and has to tell our own effect from the customer's wish. There
        # is no default: a source that knows of a cause and forgets this is not believed.
        "prompted": Column(
            Type.TEXT,
            "yes where it answers an action of ours (the row has a cause), else no",
            choices=("yes", "no"),
        ),
        "quantity": Column(Type.QUANTITY, "how often", unit="times", least=0),
    },
    defaults={"quantity": Decimal(1)},
    metered=METERED,
)
KINDS = (ACTIVITY_RECORDED,)
