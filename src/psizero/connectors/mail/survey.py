"""The page behind the link of a survey: what a POST to the signed address says. Pure.

GET and HEAD open the page and change nothing, since mail programs and their guards follow every
link. The same message answered again changes the score: the last one counts.
"""

from datetime import datetime
from urllib.parse import parse_qs

from psizero.connectors.mail.unsubscribe import BODY_BYTES_MAX, Reply, Request
from psizero.core.link import verified

PAGES = {"rate_onboarding": "onboarding", "rate_ticket": "ticket"}
SCORES = ("1", "2", "3", "4", "5")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>How satisfied are you?</title>
<form method="post"><fieldset><legend>How satisfied are you?</legend>
{choices}</fieldset><button>Say so</button></form></html>
"""
_WORDS = ("not at all", "little", "half and half", "rather", "very")
_CHOICES = "".join(
    f'<label><input type="radio" name="score" value="{n}" required>{n} ({word})</label>\n'
    for n, word in zip(SCORES, _WORDS, strict=True)
)


def answered(request: Request, key: bytes, now: datetime) -> Reply:
    """What a request comes to: a form, a score as a row of survey.answered, or why not."""
    link = verified(request.token, key, now)
    if link is None or link.page not in PAGES:
        return Reply(404, "This link is not valid any more. Answer to the message, please.")
    if request.method in ("GET", "HEAD"):
        return Reply(200, PAGE.format(choices=_CHOICES))
    if request.method != "POST":
        return Reply(405, "GET or POST, please.")
    score = _score(request)
    if not score:
        return Reply(400, "One of 1 to 5, please.")
    row: dict[str, object] = {
        "id": f"answered/{link.cause}/{now:%Y%m%dT%H%M%S%f}",
        "subject": link.subject,
        "cause": link.cause,
        "occurred_at": now,
        "about": PAGES[link.page],
        "score": score,
    }
    return Reply(200, "Thank you. You can change it by the same link.", {"survey.answered": [row]})


def _score(request: Request) -> int:
    """What was chosen; 0 where it is no form of ours."""
    form = request.content_type.split(";")[0].strip().lower()
    if form != "application/x-www-form-urlencoded" or len(request.body) > BODY_BYTES_MAX:
        return 0
    said = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=8).get("score", [""])[0]
    return int(said) if said in SCORES else 0
