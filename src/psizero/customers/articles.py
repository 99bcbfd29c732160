"""Articles of a knowledge base: Markdown in, passages out, one a heading."""

import re
from collections.abc import Iterator, Mapping

import polars as pl

PASSAGES = {"passage": pl.String(), "title": pl.String(), "text": pl.String()}
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_NO_SLUG = re.compile(r"[^\w\- ]")


def slug(heading: str) -> str:
    """The anchor that a heading gets on most pages made of Markdown."""
    return _NO_SLUG.sub("", heading.lower()).strip().replace(" ", "-")


def passages(pages: Mapping[str, str]) -> pl.DataFrame:
    """PASSAGES of pages by name, in order; `passage` is the link, such as `keys.md#rotate-a-key`.

    The title holds the headings above it too. A heading with no text of its own has no passage;
    text before the first heading is titled by the page's name.
    """
    rows = [row for name in sorted(pages) for row in _passages(name, pages[name])]
    return (
        pl.DataFrame(rows, schema=PASSAGES, orient="row")
        .unique("passage", keep="first")
        .sort("passage")
    )


def _passages(name: str, page: str) -> Iterator[tuple[str, str, str]]:
    above: dict[int, str] = {}
    link, kept, fenced = name, list[str](), False
    bare = name.rpartition("/")[2].removesuffix(".md").replace("-", " ")
    for line in [*page.splitlines(), "# "]:
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line) or (line == "# " or None)
        if heading is None:
            kept.append(line)
            continue
        text = "\n".join(kept).strip()
        if text:
            yield link, " / ".join(above[n] for n in sorted(above)) or bare, text
        if isinstance(heading, re.Match):
            depth = len(heading[1])
            above = {n: told for n, told in above.items() if n < depth} | {depth: heading[2]}
            link, kept = f"{name}#{slug(heading[2])}", []
