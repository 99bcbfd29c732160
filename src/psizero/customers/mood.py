"""The mood of what a customer writes, from the words that carry feelings."""

from psizero.models.grams import counted, stem

_REPORTED = "fail failed failing failure fault broken wrong problem lost slow work works"
FACTS = frozenset(stem(one) for one in _REPORTED.split())
"""Words that carry a feeling elsewhere, yet are mere facts where somebody reports a fault."""


def mood(text: str) -> float:
    """-1 to 1: (good - bad) / (good + bad + 1) of the words with a feeling; 0 without any."""
    found = counted(text, "tone")
    facts = sum(times for one, times in found.items() if _is_fact(one))
    good = found["+"] + found["not -"]
    bad = max(0, found["-"] + found["not +"] - facts)
    return round((good - bad) / (good + bad + 1), 6)


def _is_fact(gram: str) -> bool:
    return gram.startswith("felt ") and stem(gram.removeprefix("felt ")) in FACTS
