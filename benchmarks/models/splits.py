"""Fixed splits: which row is tested, by the hash of its text. The lists are committed, no text is.

`python -m benchmarks.models.splits` writes lists for sets that have none.
"""

from hashlib import sha256
from pathlib import Path

import polars as pl

from benchmarks.models import sets

FOLDER = Path(__file__).parent / "hashes"
DIGITS = 10
PARTS = {"banking77": 4, "nlbse24": 4, "senti4sd": 4, "stackfaq": 5, "covidfaq": 5}
"""In how many parts a set is cut; of the first three only part 0 is tested, and listed."""
TESTED_ALL = ("stackfaq", "covidfaq")


def name(text: str) -> str:
    """What stands for a text."""
    return sha256(text.strip().lower().encode()).hexdigest()[:DIGITS]


def parts(split: str, texts: pl.Series) -> pl.Series:
    """The part of every text; a text that is in no list is in the last part, which is never 0."""
    lines = (FOLDER / f"{split}.txt").read_text().split()
    known = {one[:DIGITS]: int(one[DIGITS + 1 :]) for one in lines}
    return pl.Series([known.get(name(one), PARTS[split] - 1) for one in texts], dtype=pl.Int64)


def main() -> None:
    """Cut what is not cut yet."""
    for split, many in PARTS.items():
        path = FOLDER / f"{split}.txt"
        if not path.exists():
            found = {name(one): int(name(one), 16) % many for one in sets.texts(split)}
            kept = {one: n for one, n in found.items() if split in TESTED_ALL or n == 0}
            path.write_text("".join(f"{one}:{n}\n" for one, n in sorted(kept.items())))


if __name__ == "__main__":
    main()
