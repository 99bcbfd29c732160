"""A briefing as HTML for mail: one table of 600 px, no image, no script, no colour of its own.

The reader's own foreground and background are used, so that it is legible in light and in dark.
Bars are text; what reads aloud, or shows none, has their numbers in words.
"""

from html import escape

from psizero.intelligence.prose import Line, Part, Piece, Spark, spoken

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_TEXT = "font-size:16px;line-height:1.5"
_RULE = "border-bottom:1px solid rgba(128,128,128,.35)"


def html(topic: str, parts: tuple[Part, ...]) -> str:
    """The whole page; deterministic, far below the 102 kB at which mail programs cut."""
    rows = "\n".join(_part(one) for one in parts if one.lines)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(topic)}</title>\n</head>\n"
        f'<body style="margin:0;padding:16px;{_FONT};{_TEXT}">\n'
        '<table role="presentation" width="600" align="center" cellspacing="0" cellpadding="0" '
        f'style="width:100%;max-width:600px;{_FONT};{_TEXT}">\n{rows}\n</table>\n</body>\n</html>\n'
    )


def _part(part: Part) -> str:
    size = 20 if part.name == "verdict" else 14 if part.name == "foot" else 16
    head = ""
    if part.title:
        head = f'<h2 style="font-size:18px;margin:24px 0 8px">{escape(part.title)}</h2>\n'
    if any(one.label for one in part.lines):
        told = "\n".join(_tile(one) for one in part.lines)
        body = f'<table role="presentation" width="100%" cellspacing="0">\n{told}\n</table>'
    else:
        style = f"margin:0 0 8px;font-size:{size}px"
        body = "\n".join(f'<p style="{style}">{_shown(one.said)}</p>' for one in part.lines)
    return f"<tr><td>\n{head}{body}\n</td></tr>"


def _tile(one: Line) -> str:
    drawn = _bars(one.spark) if one.spark else ""
    lead = f"<b>{_shown(one.lead)}</b>" if one.lead else ""
    cells = f"padding:8px 0;vertical-align:top;{_RULE}"
    return (
        f'<tr><td width="38%" style="{cells}">{_shown(one.label)}</td>'
        f'<td style="{cells}">{lead}{_shown(one.pieces)}{drawn}</td></tr>'
    )


def _bars(spark: Spark) -> str:
    said = f'role="img" aria-label="{_shown(spark.label)}"'
    return f"<br><span {said}>{spark.bars}</span>"


def _shown(pieces: tuple[Piece, ...]) -> str:
    return escape(spoken(pieces))
