"""The template: words of an automation, and the document that they make of a row's values. Pure.

`<name>.txt.jinja` in the automation's folder holds `Subject: ...`, an empty line, and the text;
`<name>.mjml.jinja` beside it, where there is one, the page. Both are Jinja2 in a sandbox. A value
that is missing fails the document, so nobody is greeted without a name.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from mrml import RenderOptions, to_html

from psizero.core.content import canonical
from psizero.core.link import UNSUBSCRIBE, mark

PAGE_BYTES_MAX = 102_000
"""Above it mail programs cut a page off."""
_CONTROL = ("Cc", "Zl", "Zp")


class Template(msgspec.Struct, frozen=True):
    """Subject line, text and page, as they were written; without `mjml` there is no page."""

    name: str
    topic: str
    text: str
    mjml: str = ""

    def rendered(self, values: Mapping[str, object]) -> dict[str, str]:
        """topic, text and, with a page, html; the parameters of a message.

        Raises ValueError naming the template where a value is missing, the template does what it
        may not, the subject has a line break, or the page is too long.
        """
        known = {"unsubscribe": mark(UNSUBSCRIBE), **values}
        topic = self._made(self.topic, known, page=False)
        if not topic.strip() or any(unicodedata.category(one) in _CONTROL for one in topic):
            raise ValueError(f"template {self.name}: the subject has to be one line")
        found = {"topic": topic, "text": self._made(self.text, known, page=False)}
        if self.mjml:
            html = self._made(compiled(self.name, self.mjml), known, page=True)
            if len(html.encode()) > PAGE_BYTES_MAX:
                raise ValueError(f"template {self.name}: a page over {PAGE_BYTES_MAX:,} bytes")
            found["html"] = html
        return found

    def document(self, values: Mapping[str, object]) -> str:
        """The same as canonical JSON: the column `document` of a derived table."""
        return canonical(self.rendered(values))

    def _made(self, source: str, values: Mapping[str, object], page: bool) -> str:
        try:
            return _room(page).from_string(source).render(values)
        except (TemplateError, TypeError, OverflowError) as error:
            raise ValueError(f"template {self.name}: {error}") from None


def template(package: str, name: str) -> Template:
    """A template of an automation's folder. Raises ValueError where it has no subject line."""
    folder = files(package)
    head, _, text = (folder / f"{name}.txt.jinja").read_text().partition("\n\n")
    word, _, topic = head.partition(":")
    if word != "Subject" or "\n" in head:
        raise ValueError(f"template {name}: the text begins with `Subject: ...` and an empty line")
    page = folder / f"{name}.mjml.jinja"
    return Template(name, topic.strip(), text, page.read_text() if page.is_file() else "")


@cache
def compiled(name: str, mjml: str) -> str:
    """The page as HTML tables, its Jinja2 untouched. Raises ValueError where it is no MJML."""
    try:
        return to_html(mjml, render_options=RenderOptions(fonts={})).content
    except OSError as error:  # that is what the parser raises; nothing is read
        raise ValueError(f"template {name}: no MJML: {error}") from None


@cache
def _room(page: bool) -> ImmutableSandboxedEnvironment:
    """Where templates are rendered: no attribute that reaches Python, no chance, no gap."""
    room = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=page, keep_trailing_newline=True
    )
    del room.filters["random"], room.globals["lipsum"]
    return room
