"""The one stylesheet, under a name made of its content: it may be kept for ever."""

from litestar import Response, get

from psizero.api.access import Scope
from psizero.console.sheet import STYLE, STYLE_PATH

KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@get(STYLE_PATH, scope=Scope.OPEN, sync_to_thread=False, include_in_schema=False)
def stylesheet() -> Response[str]:
    """Another one has another name."""
    return Response(STYLE, media_type="text/css; charset=utf-8", headers=KEPT)


ROUTES = (stylesheet,)
