"""A form that was sent: from one of our own pages, by the one to whom it was shown."""

from hmac import compare_digest

from litestar.datastructures import FormMultiDict
from litestar.exceptions import PermissionDeniedException

from psizero.api.doors import person_of
from psizero.api.problem import Asked
from psizero.core.errors import Refused

TEXT_LETTERS_MAX = 2_000


class Form:
    """Its fields as text."""

    def __init__(self, fields: FormMultiDict) -> None:
        self._fields = fields

    def word(self, name: str) -> str:
        """A field; empty where it was not sent. Raises Refused where it is too long, or a file."""
        found = self._fields.get(name, "")
        if not isinstance(found, str) or len(found) > TEXT_LETTERS_MAX:
            raise Refused(f"{name} is no text of at most {TEXT_LETTERS_MAX:,} letters", name)
        return found.strip()

    def words(self, name: str) -> list[str]:
        """Every value of a field that may be there several times."""
        return [str(one) for one in self._fields.getall(name, [])]

    def below(self, prefix: str) -> dict[str, str]:
        """Fields whose names begin so, by the rest of the name."""
        names = [name for name in self._fields if name.startswith(prefix)]
        return {name.removeprefix(prefix): self.word(name) for name in names}


async def sent(request: Asked) -> Form:
    """The form of somebody who has logged in. Raises PermissionDenied without its token.

    The guard asks for the same page's origin already; this holds where a browser says none.
    """
    form, own = Form(await request.form()), person_of(request).csrf.encode()
    if not own or not compare_digest(form.word("csrf").encode(), own):
        raise PermissionDeniedException("this form is not of a page that was shown to you")
    return form


async def strange(request: Asked) -> Form:
    """The form of somebody who has not logged in yet. Raises PermissionDenied from elsewhere."""
    headers = request.headers
    origin = headers.get("origin", "")
    own = origin.partition("://")[2] == headers.get("host", "")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin" or (origin and not own):
        raise PermissionDeniedException("this form is of another site")
    return Form(await request.form())
