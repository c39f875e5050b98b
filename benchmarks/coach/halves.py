"""Which tables and networks may choose a rule, and which only judge it.

Tables (by task) and families of networks are ordered by a SHA-256 of a fixed word and their name,
and dealt in turn. A run of a half takes its table *and* its network from that half, so that a
judging run shares neither with any run that a rule was made on. Written down before any run.

Some tables were seen before: rules and lessons were made on them. These choose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

SEED = "coach-1"

Half = Literal["choose", "judge"]
HALVES: tuple[Half, Half] = ("choose", "judge")

#: Tables of the lessons, of the coach's page and of its tests.
SEEN = ("concrete", "red_wine", "tumours")


def order(*words: object, seed: str = SEED) -> str:
    """A fixed place for these words, the same whatever else there is."""
    return hashlib.sha256(":".join(map(str, (seed, *words))).encode()).hexdigest()


def dealt(kinds: Mapping[str, str], seen: Iterable[str] = SEEN) -> dict[str, Half]:
    """The half of each name. ``kinds``: from a name to the group within which names are dealt."""
    given: dict[str, Half] = {name: HALVES[0] for name in kinds if name in tuple(seen)}
    free = [name for name in kinds if name not in given]
    for turn, name in enumerate(sorted(free, key=lambda name: (kinds[name], order(name)))):
        given[name] = HALVES[(turn + 1) % 2]
    return {name: given[name] for name in kinds}
