"""A table, and options with which a change surely helps in few pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: So few small steps that a higher rate, or more epochs, helps in each pair.
SLOW = {"effort": "quick", "layers": "8 relu", "epochs": 6, "lr": 0.003, "batch_size": 16}

#: Trials in which that is found.
TRIALS = 20


def improvable() -> pd.DataFrame:
    """A number, a category, and the target ``y``, which is far from 0."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=240), "c": rng.choice(list("uvw"), 240)})
    table["y"] = 3 * table["a"] + 2 * (table["c"] == "u") + 20
    return table
