"""The arena's peers, one row each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from benchmarks.accuracy.peers.base import Peer
from benchmarks.accuracy.splits import SPLITS
from benchmarks.accuracy.tables import Table

PYTABKIT = ("pytabkit", "torch", "scikit-learn")


@dataclass(frozen=True)
class Entry:
    """A peer's title, its class, the packages whose versions count, and where it is run."""

    title: str
    place: str  # module:class
    packages: tuple[str, ...]
    splits: tuple[int, ...] = SPLITS
    largest: int | None = None  # rows

    def meets(self, table: Table, split: int) -> bool:
        return split in self.splits and (self.largest is None or table.rows <= self.largest)


_HERE = "benchmarks.accuracy.peers"
PEERS = {
    "linear": Entry("ridge / logistic", f"{_HERE}.linear_and_trees:Linear", ("scikit-learn",)),
    "hist-boosting": Entry(
        "HistGradientBoosting", f"{_HERE}.linear_and_trees:HistBoosting", ("scikit-learn",)
    ),
    "lightgbm": Entry("LightGBM", f"{_HERE}.boosting:LightGbm", ("lightgbm",)),
    "xgboost": Entry("XGBoost", f"{_HERE}.boosting:XgBoost", ("xgboost",)),
    "catboost": Entry("CatBoost", f"{_HERE}.boosting:CatBoost", ("catboost",)),
    "mlp": Entry("scikit-learn's MLP", f"{_HERE}.linear_and_trees:Mlp", ("scikit-learn",)),
    "catboost-bagged": Entry(
        "CatBoost, five folds averaged", f"{_HERE}.boosting:BaggedCatBoost", ("catboost",)
    ),
    "realmlp": Entry("RealMLP", f"{_HERE}.networks:RealMlp", PYTABKIT, (0,), 10_000),
    "tabm": Entry("TabM", f"{_HERE}.networks:TabM", PYTABKIT, (0,), 10_000),
    "trimtab": Entry("trimtab", f"{_HERE}.trimtab:Trimtab", ("trimtab",)),
}


def entry_of(variant: str) -> Entry:
    """The row of `peer` or `peer:variant` (`trimtab:quick`).

    Raises:
        KeyError: there is no such peer.
    """
    name = variant.partition(":")[0]
    if name not in PEERS:
        raise KeyError(f"no peer {name}; have {', '.join(PEERS)}")
    return PEERS[name]


def load(variant: str) -> type[Peer]:
    """The class behind a variant; its package is imported here or in `fit`."""
    module, _, name = entry_of(variant).place.partition(":")
    found: type[Peer] = getattr(importlib.import_module(module), name)
    return found
