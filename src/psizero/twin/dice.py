"""Chance of the twin: a generator for each name, the same in every flight of one seed.

Common random numbers: a draw is named by what it decides (a stream, a day) and vectors are laid
out by the fixed index of who it concerns. Two flights that differ in policy alone so meet the
same luck, and what differs between them is the policy's doing.
"""

from hashlib import sha256

import msgspec
import numpy as np


class Dice(msgspec.Struct, frozen=True):
    """The seed of one twin."""

    seed: int

    def of(self, *names: str | int) -> np.random.Generator:
        """The generator of these names; asked again it begins again."""
        said = "\x1f".join(str(name) for name in (self.seed, *names))
        key = int.from_bytes(sha256(said.encode()).digest()[:16], "big")
        return np.random.Generator(np.random.Philox(key=key))
