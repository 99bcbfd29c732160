"""Pages as a test sees them: what could run, forms with their fields, links."""

import re
from html import unescape
from urllib.parse import urlencode

import httpx

from tests.api.doors import Town

TAG = re.compile(r"""<([a-zA-Z][^\s>/]*)((?:"[^"]*"|[^">])*)>""")
ATTRIBUTE = re.compile(r"""([^\s="/]+)(?:="([^"]*)")?""")


class Seen:
    """What of a page could run, and its forms with their hidden fields."""

    def __init__(self, text: str) -> None:
        self.running: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.links: list[str] = []
        for tag, rest in TAG.findall(text):
            self._take(tag.lower(), {name: unescape(v) for name, v in ATTRIBUTE.findall(rest)})

    def _take(self, tag: str, said: dict[str, str]) -> None:
        if tag in ("script", "style", "iframe", "object", "embed", "img", "base"):
            self.running.append(tag)
        self.running += [name for name in said if name.startswith("on") or name == "style"]
        self.running += [v for v in said.values() if v.lower().startswith("javascript:")]
        if tag == "form":
            self.forms.append({"method": said.get("method", ""), "action": said["action"]})
        if tag == "input" and self.forms:
            self.forms[-1][said.get("name", "")] = said.get("value", "")
        if tag == "a":
            self.links.append(said["href"])


def page(town: Town, path: str, who: str = "olga") -> str:
    """A page that is a success."""
    found = town.ask(who, "GET", path)
    assert found.status_code == 200, (path, found.text[:2000])
    return found.text


def send(town: Town, path: str, fields: object, who: str = "olga", **head: str) -> httpx.Response:
    """A form as a browser sends it."""
    cookie = {"Cookie": f"psizero_session={town.secrets[who]}"} if who else {}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": town.url}
    body = urlencode(fields if isinstance(fields, dict | list) else {}, doseq=True)
    return town.line.post(path, content=body, headers=cookie | kind | head)


def csrf(town: Town, who: str = "olga") -> str:
    """What the forms of a person show."""
    return next(one["csrf"] for one in Seen(page(town, "/decide", who)).forms if "csrf" in one)
