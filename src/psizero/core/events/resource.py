"""What services use of their machines."""

from psizero.core.tables import Column, Kind, RollUp, Type

RESOURCE_SAMPLED = Kind(
    name="resource.sampled",
    subject="service",
    doc="A sample of what a service uses; the mean of a while is the sum by the number of rows.",
    columns={
        "resource": Column(
            Type.TEXT, "what was sampled", choices=("cpu", "memory", "disk", "replicas")
        ),
        "quantity": Column(
            Type.QUANTITY,
            "how much of it was in use",
            unit="share of what there is; replicas as a count",
            least=0,
        ),
    },
    metered=RollUp(by=("resource",), quantity="quantity", late_days_max=35),
)
KINDS = (RESOURCE_SAMPLED,)
