"""How requests were answered: counted by each service, by each customer, and how long it took."""

from psizero.core.tables import Column, Kind, RollUp, Type

STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
LE_MS = "5 10 25 50 100 250 500 1000 2500 5000 10000 +Inf".split()

REQUEST_COUNTED = Kind(
    name="request.counted",
    subject="service",
    doc="A service answered requests, its own of them: a call passes several services.",
    columns={
        "endpoint": Column(Type.TEXT, "which door of the service, as its metrics name it"),
        "status_class": Column(Type.TEXT, "class of the HTTP status", choices=STATUS_CLASSES),
        "quantity": Column(Type.QUANTITY, "how many", unit="requests", least=0),
    },
    metered=RollUp(by=("endpoint", "status_class"), quantity="quantity", late_days_max=35),
)
# Metrics hold no customers (too many series), the log of the outermost door does: a kind of its
# own, or every request would be summed twice.
REQUEST_ANSWERED = Kind(
    name="request.answered",
    subject="customer",
    doc="The outermost door answered requests of a customer, whoever failed behind it.",
    columns={
        "endpoint": Column(Type.TEXT, "which door was called"),
        "status_class": Column(Type.TEXT, "class of the HTTP status", choices=STATUS_CLASSES),
        "quantity": Column(Type.QUANTITY, "how many", unit="requests", least=0),
    },
    metered=RollUp(by=("endpoint", "status_class"), quantity="quantity", late_days_max=35),
)
REQUEST_TIMED = Kind(
    name="request.timed",
    subject="service",
    doc="Requests by how long they took: each in the first bucket that holds it, never summed up.",
    columns={
        "le_ms": Column(
            Type.TEXT, "upper bound of the bucket, inclusive", "milliseconds", choices=tuple(LE_MS)
        ),
        "quantity": Column(Type.QUANTITY, "how many in this bucket", unit="requests", least=0),
    },
    metered=RollUp(by=("le_ms",), quantity="quantity", late_days_max=35),
)
KINDS = (REQUEST_COUNTED, REQUEST_ANSWERED, REQUEST_TIMED)
