"""Words in a ticket that a person has to see, whatever a model thinks of the rest.

They lift the priority and never lower it; matched in the new part of a mail alone.
"""

import re

import msgspec


class Alarm(msgspec.Struct, frozen=True):
    """`priority`: the least that such a ticket has; `route`: who has it, empty: by its category."""

    name: str
    priority: str
    route: str
    pattern: re.Pattern[str]


def _alarm(name: str, priority: str, route: str, *words: str) -> Alarm:
    return Alarm(name, priority, route, re.compile("|".join(words), re.IGNORECASE))


ALARMS = (
    _alarm(
        "security breach",
        "critical",
        "engineering",
        r"\b(security (breach|incident|hole)|breach(ed)?\b|hacked|vulnerabilit|compromised|leaked)",
        r"\b(unauthori[sz]ed|stolen|exposed|phishing|malware|ransomware)\b",
        r"\b(another|other|someone else'?s?|different) (compan|customer|tenant|account)\w*'?s? "
        r"(data|jobs|results|files)",
        r"\b(sicherheitslücke|gehackt|gestohlen|missbraucht|datenleck|piraté|fuité|fuite de)",
        r"\b(hackead[oa]|robad[oa]|filtrad[oa]|vulnerabilidad|sin permiso)",
        "漏洩|不正アクセス|流出",
    ),
    _alarm(
        "outage",
        "critical",
        "engineering",
        r"\b(outage|completely down|totally down|is down\b|are down\b|service down|went down)",
        r"\b(nothing works|all (calls|requests|jobs) fail)",
        r"\bevery (call|request|job) (fails|returns)",
        r"\b(unreachable|total failure|api is dead|production is (down|dead))",
        r"\b(totalausfall|komplett ausgefallen|ausfall\b|nichts geht mehr)",
        r"\b(panne totale|en panne|hors service|caíd[oa]\b|fuera de servicio)",
        "停止して|ダウンして|障害",
    ),
    _alarm(
        "data loss",
        "critical",
        "engineering",
        r"\b(data (loss|lost|is gone|are gone|disappeared)|lost (all )?(of )?(our|my|the) "
        r"(\w+ )?(data|results|files|records|projects))",
        r"\b(results|files|records|datasets|projects|data) (\w+ ){0,3}(disappeared|vanished|"
        r"were deleted|are gone|is gone)",
        r"\b(datenverlust|daten (\w+ ){0,4}(verschwunden|verloren|gelöscht))",
        r"\b(données (\w+ ){0,4}(perdu|disparu)|perdido (todos )?(los )?datos)",
        "データ.{0,6}(消え|消失|失われ)",
    ),
    _alarm(
        "billing dispute",
        "high",
        "finance",
        r"\b(dispute|chargeback|charged (us |me )?(twice|double|wrongly)|double[- ]charged)",
        r"\b(overcharged|refund|money back|not (ours|authori[sz]ed)\b.{0,30}charge|billed twice)",
        r"\b(erstatt|doppelt (belastet|abgebucht)|widersprechen|rembours|débités? deux fois)",
        r"\b(contestons|devolución|reembolso|cobrado dos veces)",
        "返金|二重に請求",
    ),
    _alarm(
        "legal",
        "high",
        "customer success",
        r"\b(lawyer|attorney|legal action|lawsuit|sue you|court|gdpr|subpoena|solicitor)\b",
        r"\b(anwalt|rechtsanwalt|klage|gericht|dsgvo|avocat|tribunal|abogado|demanda)\b",
        "弁護士|訴訟",
    ),
    _alarm(
        "cancel",
        "high",
        "customer success",
        r"\b(cancel(l?ed|l?ing|l?ation)?|terminat(e|ion|ing)|close (our|my|the) account)\b",
        r"\b(notice of termination|moving to (another|a different) provider|unsubscribe us)",
        r"\b(kündig(en|ung)|résili(er|ation)|fermer notre compte|cancelar|darnos de baja)",
        "解約|キャンセル",
    ),
)


def rung(text: str) -> tuple[Alarm, ...]:
    """The alarms that a text sets off, the gravest first."""
    return tuple(one for one in ALARMS if one.pattern.search(text))
