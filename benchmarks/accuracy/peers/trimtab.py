"""trimtab's `train`, as `trimtab train FILE --target Y` calls it, with a variant's options."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.accuracy.peers.base import Floats, Peer, threads


class Trimtab(Peer):
    def fit(self) -> None:
        import trimtab

        table = self.rows.table
        options = {"seed": self.seed, "threads": threads(), "task": table.task} | self.options
        self.predictor: Any = trimtab.train(self.rows.train, table.target, **options)

    def predict(self) -> Floats:
        if not self.rows.table.classes:
            return np.asarray(self.predictor.predict(self.rows.held_out), dtype=np.float64)
        chances = self.predictor.predict_proba(self.rows.held_out)
        order = [str(label) for label in self.predictor.classes]
        return np.asarray(chances)[:, [order.index(label) for label in self.rows.labels]]

    def intervals(self, level: float) -> tuple[Floats, Floats] | None:
        from trimtab.errors import TrimtabError

        try:
            found = self.predictor.predict_interval(self.rows.held_out, level)
        except TrimtabError:  # too few rows for this level
            return None
        return found.lower[:, 0], found.upper[:, 0]
