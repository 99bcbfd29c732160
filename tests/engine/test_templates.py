"""Templates: nothing missing, nothing reached, a text always; what is personal is escaped."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from psizero.core.template import Template, template

PAGE = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ name }}, {% if open > 1 %}{{ open }} invoices{% else %}one{% endif %}</mj-text>
<mj-raw>{% for line in lines %}</mj-raw><mj-text>{{ line.what }}: {{ line.amount }}</mj-text>
<mj-raw>{% endfor %}</mj-raw>
<mj-button href="{{ unsubscribe }}">No more of these</mj-button>
</mj-column></mj-section></mj-body></mjml>"""
TEXT = "Dear {{ name }},\n{% for line in lines %}{{ line.what }}: {{ line.amount }}\n{% endfor %}"
LINES = [{"what": "calls", "amount": "1.00 EUR"}, {"what": "a & b", "amount": "2.00 EUR"}]
VALUES = {"name": "Ann <O'Hara>", "open": 2, "lines": LINES}
WHOLE = Template("reminder", "Invoice for {{ name }}", TEXT, PAGE)


def test_a_document() -> None:
    """The parameters of a message; the same bytes for the same values."""
    said = json.loads(WHOLE.document(VALUES))
    assert sorted(said) == ["html", "text", "topic"]
    assert said["topic"] == "Invoice for Ann <O'Hara>"
    assert said["text"] == "Dear Ann <O'Hara>,\ncalls: 1.00 EUR\na & b: 2.00 EUR\n"
    page = shown(said["html"])
    assert "Dear Ann <O'Hara>, 2 invoices" in page and "a & b: 2.00 EUR" in page
    assert "<O'Hara>" not in said["html"]
    addresses = re.findall(r'(?:href|src|url)\s*[=(]\s*["\']?([^"\')\s>]+)', said["html"])
    assert addresses == ["psizero:link/unsubscribe"], "and nothing is loaded from anywhere"
    assert WHOLE.document(VALUES) == WHOLE.document(dict(reversed(VALUES.items())))


def shown(html: str) -> str:
    """The text of a page."""
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_without_a_page_it_is_text_alone() -> None:
    plain = Template("plain", "Hi", "Hello {{ name }}")
    assert plain.rendered({"name": "Ann"}) == {"topic": "Hi", "text": "Hello Ann"}


@pytest.mark.parametrize("gone", VALUES)
def test_what_is_missing_fails(gone: str) -> None:
    """Rule 48: never `Hi ,`."""
    values = {name: value for name, value in VALUES.items() if name != gone}
    with pytest.raises(ValueError, match=f"template reminder: '{gone}' is undefined"):
        WHOLE.document(values)


def test_a_gap_inside_a_value_fails_too() -> None:
    with pytest.raises(ValueError, match="reminder"):
        WHOLE.document(VALUES | {"lines": [{"what": "calls"}]})


@pytest.mark.parametrize("name", ["Ann\r\nBcc: eve@example.com", "a\nb", "\x00", "a\u2028b"])
def test_no_header_follows_the_subject(name: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        WHOLE.document(VALUES | {"name": name})


@pytest.mark.parametrize(
    "text",
    [
        "{{ name.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ lines.append(1) }}",
        "{{ name | random }}",
        "{{ lipsum() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ range(10**9) | list }}",
        "{{ name",
    ],
)
def test_the_sandbox(text: str) -> None:
    with pytest.raises(ValueError, match="template odd"):
        Template("odd", "Hi", text).rendered(VALUES)


@pytest.mark.parametrize(
    "mjml",
    [
        "<mjml><mj-body>",
        "no page",
        "<mjml><mj-body><mj-include path='/etc/passwd'/></mj-body></mjml>",
    ],
)
def test_what_is_no_mjml(mjml: str) -> None:
    with pytest.raises(ValueError, match="template odd: no MJML"):
        Template("odd", "Hi", "text", mjml).rendered({})


def test_a_page_that_would_be_cut_off() -> None:
    with pytest.raises(ValueError, match="over 102,000 bytes"):
        WHOLE.document(VALUES | {"lines": [LINES[1]] * 3000})


def test_from_the_folder_of_an_automation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "letters_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "due.txt.jinja").write_text(f"Subject: Due\n\n{TEXT}")
    (folder / "due.mjml.jinja").write_text(PAGE)
    (folder / "bad.txt.jinja").write_text("Hello\n\nyou")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert template("letters_of_a_test", "due") == Template("due", "Due", TEXT, PAGE)
    with pytest.raises(ValueError, match="Subject"):
        template("letters_of_a_test", "bad")
    with pytest.raises(FileNotFoundError):
        template("letters_of_a_test", "none")
