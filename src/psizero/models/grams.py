"""Grams: what of a text is counted. Words, pieces of words, and which words stand together."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

Vector = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]
"""Columns and weights of one text; the weights of a block have the length 1."""
TEXT_CHARACTERS_MOST = 4000
PAIRED_STEMS_MOST = 40
PIECE_CHARACTERS = (2, 5)
_WORD = re.compile(r"\w+")
_SIGN = re.compile(r"[:;=8x][-']?[()dpo/\\|*]+|<3|!+|\?+|\.\.+|[\U0001f600-\U0001f64f]|\^\^")
_STOP = re.compile(r"[.,;!?]$")
_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly")
# Scripts without spaces: every letter is a word of its own, so that pairs of them are found.
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])")


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The word without a frequent English ending; three letters stay at least."""
    for one in _ENDINGS:
        if word.endswith(one) and len(word) - len(one) >= 3:
            return word[: -len(one)]
    return word


class Said(msgspec.Struct, frozen=True):
    """A text in lower case and one form of Unicode: its words, and what stands between spaces."""

    words: list[str]
    chunks: list[str]


def said(text: str) -> Said:
    """A text taken apart, cut after 4,000 characters."""
    plain = unicodedata.normalize("NFKC", text[:TEXT_CHARACTERS_MOST]).lower()
    spaced = plain if plain.isascii() else _UNSPACED.sub(r" \1 ", plain)
    return Said(_WORD.findall(spaced), plain.split())


def words(text: Said) -> list[str]:
    """Words, and two that follow each other."""
    return [*text.words, *(f"{one} {two}" for one, two in pairwise(text.words))]


def stems(text: Said) -> list[str]:
    """Words without their endings."""
    return [stem(one) for one in text.words]


def pieces(text: Said) -> list[str]:
    """Pieces of 2 to 5 characters of what stands between spaces, a space before and behind it."""
    low, high = PIECE_CHARACTERS
    found = list[str]()
    for one in text.chunks:
        found += _pieces(f" {one} ", low, high)
    return found


@lru_cache(maxsize=65536)
def _pieces(padded: str, low: int, high: int) -> tuple[str, ...]:
    return tuple(
        padded[start : start + size]
        for size in range(low, high + 1)
        for start in range(max(1, len(padded) - size + 1))
    )


def pairs(text: Said) -> list[str]:
    """Stems, and every two that stand in one text, in either order; of the first 40 stems."""
    known = sorted(list(dict.fromkeys(stem(one) for one in text.words))[:PAIRED_STEMS_MOST])
    return known + [f"{one}+{two}" for n, one in enumerate(known) for two in known[n + 1 :]]


class Feelings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that carry a feeling, and words that turn it around."""

    positive: str
    negative: str
    turns: str


_FEELINGS = (files("psizero.models") / "tone.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _feelings() -> tuple[dict[str, str], frozenset[str]]:
    known = msgspec.toml.decode(_FEELINGS, type=Feelings)
    found = {stem(one): "+" for one in known.positive.split()}
    return found | {stem(one): "-" for one in known.negative.split()}, frozenset(
        known.turns.split()
    )


def tone(text: Said) -> list[str]:
    """Feelings word by word, turned around by a `not` before them; smileys, `!`, `?` and `...`."""
    known, turns = _feelings()
    found, turned = list[str](), 0
    for chunk in text.chunks:
        found += [f"sign {one}" for one in _SIGN.findall(chunk)]
        for word in _WORD.findall(chunk.replace("'", "")):
            feeling = known.get(stem(word))
            if feeling:
                found += [f"felt {feeling}", f"{'not ' * (turned > 0)}{feeling}", f"felt {word}"]
            turned = 3 if word in turns else turned - 1
        if _STOP.search(chunk):
            turned = 0
    felt = [one for one in found if one.startswith("felt ")]
    return [*found, f"first {felt[0]}", f"last {felt[-1]}"] if felt else [*found, "felt nothing"]


BLOCKS: Mapping[str, Callable[[Said], list[str]]] = {
    "words": words,
    "stems": stems,
    "pieces": pieces,
    "pairs": pairs,
    "tone": tone,
}


@lru_cache(maxsize=64)
def counted(text: str, block: str) -> Counter[str]:
    """How often each gram is there; kept, since several models look at one text in a row."""
    return Counter(BLOCKS[block](_said(text)))


@lru_cache(maxsize=64)
def _said(text: str) -> Said:
    return said(text)


class Space(msgspec.Struct, frozen=True):
    """The grams that a corpus has, block by block, and how rare each is (smoothed idf)."""

    blocks: tuple[str, ...]
    grams: tuple[tuple[str, ...], ...]
    rarity: tuple[bytes, ...]

    @property
    def width(self) -> int:
        return sum(map(len, self.grams))


def space(texts: Sequence[str], blocks: tuple[str, ...], texts_min: int = 1) -> Space:
    """Every gram that at least `texts_min` texts hold, in binary order."""
    taken = [said(one) for one in texts]
    kept, rare = list[tuple[str, ...]](), list[bytes]()
    for block in blocks:
        seen: Counter[str] = Counter()
        for one in taken:
            seen.update(set(BLOCKS[block](one)))
        grams = tuple(sorted(one for one, times in seen.items() if times >= texts_min))
        times = np.array([seen[one] for one in grams], dtype=np.float64)
        idf = np.log((1 + len(texts)) / (1 + times)) + 1
        kept.append(grams)
        rare.append(idf.astype("<f4").tobytes())
    return Space(blocks, tuple(kept), tuple(rare))


class Lens:
    """A space made ready to look texts up in; building it costs more than hundreds of texts."""

    def __init__(self, known: Space) -> None:
        self.blocks = known.blocks
        self.rarity = [np.frombuffer(one, dtype="<f4") for one in known.rarity]
        self.columns = [{one: n for n, one in enumerate(grams)} for grams in known.grams]
        sizes = [len(grams) for grams in known.grams]
        self.begins = [sum(sizes[:n]) for n in range(len(sizes))]

    def vector(self, text: str) -> Vector:
        """TF-IDF with a logarithm of the count, each block brought to length 1."""
        columns, weights = list[npt.NDArray[np.int32]](), list[npt.NDArray[np.float32]]()
        for n, block in enumerate(self.blocks):
            known = self.columns[n]
            found = counted(text, block)
            column = np.array([known.get(one, -1) for one in found], dtype=np.int32)
            weight = np.array(list(found.values()), dtype=np.float32)
            order = np.argsort(column)
            order = order[int((column < 0).sum()) :]
            if not len(order):
                continue
            column, weight = column[order], weight[order]
            weight = (1 + np.log(weight)) * self.rarity[n][column]
            columns.append(column + np.int32(self.begins[n]))
            weights.append((weight / np.sqrt(np.dot(weight, weight))).astype(np.float32))
        if not columns:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        return np.concatenate(columns), np.concatenate(weights)

    def known_share(self, text: str) -> float:
        """Share (0 to 1) of the different words of a text that the first block knows."""
        found = set(_said(text).words)
        return sum(one in self.columns[0] for one in found) / len(found) if found else 0.0
