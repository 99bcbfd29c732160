"""Which version of a service went out, and what came of it. A roll-back is a deploy, too."""

from psizero.core.tables import Column, Kind, Type

DEPLOY_STARTED = Kind(
    name="deploy.started",
    subject="service",
    doc="A version begins to go out.",
    columns={
        "deploy": Column(Type.TEXT, "the deploy's own id"),
        "version": Column(Type.TEXT, "what goes out"),
        "previous": Column(Type.TEXT, "what ran before", required=False),
    },
)
DEPLOY_FINISHED = Kind(
    name="deploy.finished",
    subject="service",
    doc="A deploy is over.",
    columns={
        "deploy": Column(Type.TEXT, "the deploy's own id"),
        "version": Column(Type.TEXT, "what went out"),
        "status": Column(
            Type.TEXT,
            "as GitHub says it; after a failure or an error the previous version runs on",
            choices=("success", "failure", "error"),
        ),
    },
)
KINDS = (DEPLOY_STARTED, DEPLOY_FINISHED)
