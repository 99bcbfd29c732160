"""What a plan costs, by version."""

from psizero.core.tables import Column, Kind, Type

PRICE_SET = Kind(
    name="price.set",
    subject="plan",
    ours=True,
    doc="A version of a plan's price, in force for periods that start at or after valid_from.",
    columns={
        "version": Column(Type.INTEGER, "counts up within the plan", least=1),
        "valid_from": Column(Type.INSTANT, "first period start that it applies to"),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "interval": Column(
            Type.TEXT, "length of a period", choices=("day", "week", "month", "year")
        ),
        "interval_count": Column(Type.INTEGER, "how many intervals make a period", least=1),
        "terms": Column(Type.JSON, "base, minimum, tax share, tiers per meter; {} is unpriced"),
    },
)
KINDS = (PRICE_SET,)
