"""The mail of a ticket: who or what wrote it, in which language, and what of it is new. Pure."""

import re
from collections import Counter
from collections.abc import Mapping

from psizero.models.grams import said

_QUOTED_AFTER = re.compile(
    r"^(-{3,} ?(original message|ursprüngliche nachricht|message d'origine|mensaje original|"
    r"元のメッセージ).*|on .{5,120} wrote:|am .{5,120} schrieb.{0,80}:|le .{5,120} a écrit ?:|"
    r"el .{5,120} escribió:|.{5,120} のメール:|-- )$",
    re.IGNORECASE,
)
_MACHINE_SENDER = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)[@+]", re.IGNORECASE
)
_BOUNCED = re.compile(
    r"\b(undeliver(ed|able)|delivery (status notification|failure|has failed)|returned mail|"
    r"mail delivery (failed|subsystem)|unzustellbar|non remis|no entregado)\b",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\s*((automatic|auto(matic)?[- ]?)(reply|response)|out of (the )?office|abwesen|"
    r"automatische antwort|réponse automatique|absence du bureau|respuesta automática|"
    r"fuera de la oficina|自動返信|不在)",
    re.IGNORECASE,
)
_WORDS = {
    "en": "the and is are to of we our you have with this not for how can what does please from",
    "de": "der die das und ist wir nicht ein eine mit für auf wie kann unser unsere bitte zu ich",
    "fr": "le la les et est nous vous pas une des pour avec comment notre nos merci dans sur ne je",
    "es": "el la los y es no una de que para con cómo nuestra nuestro por favor hemos se puedo",
    "it": "il la che e di non una per con come nostra nostro grazie abbiamo sono del è si posso",
    "pt": "o a os e é não uma de que para com como nossa nosso obrigado temos por favor você",
    "nl": "de het een en is wij niet met voor op hoe kan onze ons van te graag bedankt zijn",
}
_KNOWN = {name: frozenset(words.split()) for name, words in _WORDS.items()}
SMALL = frozenset[str]().union(*_KNOWN.values()) | frozenset(
    "i am an be do by my at if or as it its our your would could was were has been they".split()
)
"""Words that say nothing about what a text is about."""
_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
UNKNOWN = "und"
"""ISO 639's own code for a language that is not determined."""


def fresh(text: str) -> str:
    """The text without what it quotes and without the signature behind `-- `."""
    kept = list[str]()
    for line in text.splitlines():
        if _QUOTED_AFTER.match(line if line == "-- " else line.strip()):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip()


def machine(sender: str, subject: str, headers: Mapping[str, str]) -> str:
    """Why a mail is never answered by itself (RFC 3834, section 2); empty where a person wrote."""
    known = {name.lower(): value.strip().lower() for name, value in headers.items()}
    if known.get("return-path") == "<>" or _BOUNCED.search(subject):
        return "a bounce"
    if known.get("auto-submitted", "no").split(";")[0].strip() != "no" or _AWAY.match(subject):
        return "an automatic reply"
    if known.get("precedence") in ("bulk", "list", "junk") or "list-id" in known:
        return "a mailing list"
    if "list-unsubscribe" in known:
        return "a mailing list"
    if known.get("x-auto-response-suppress", "none") != "none" or "x-loop" in known:
        return "asks for no automatic answer"
    return "a machine's address" if _MACHINE_SENDER.search(sender) else ""


def language(text: str) -> tuple[str, float]:
    """ISO 639-1 code, or UNKNOWN, and how sure (0 to 1): by scripts, then by small words."""
    letters = sum(one.isalpha() for one in text)
    for name, script in _SCRIPTS.items():
        if letters and len(script.findall(text)) > 0.2 * letters:
            return name, 0.95
    words = said(text).words
    found = Counter({name: sum(one in known for one in words) for name, known in _KNOWN.items()})
    (first, most), (_, second) = found.most_common(2)
    if not most:
        return UNKNOWN, 0.0
    return first, round((most - second + 1) / (most + 2), 6)
