"""RealMLP and TabM by pytabkit, with the defaults tuned by its authors."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmarks.accuracy.columns import Medians, as_text, categories_of
from benchmarks.accuracy.peers.base import Shaped, threads


class Network(Shaped):
    """It takes its own fifth of the rows for validation; gaps in numbers are filled for it.

    For classes it keeps the epoch of the best log loss, since that is what is compared here.
    """

    regressor = classifier = ""

    def learn_columns(self, frame: pd.DataFrame) -> None:
        self.medians = Medians(frame)

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return as_text(self.medians(frame))

    def settings(self) -> dict[str, Any]:
        return {"val_metric_name": "cross_entropy"} if self.rows.table.classes else {}

    def make(self) -> Any:
        import pytabkit

        kind = getattr(pytabkit, self.classifier if self.rows.table.classes else self.regressor)
        return kind(device="cpu", random_state=self.seed, n_threads=threads(), **self.settings())

    def fit_model(self, model: Any, features: pd.DataFrame, answers: Any) -> Any:
        model.fit(features, answers, cat_col_names=categories_of(features))
        return model


class RealMlp(Network):
    """Without label smoothing, as its authors advise where log loss counts."""

    regressor, classifier = "RealMLP_TD_Regressor", "RealMLP_TD_Classifier"

    def settings(self) -> dict[str, Any]:
        return super().settings() | ({"use_ls": False} if self.rows.table.classes else {})


class TabM(Network):
    regressor, classifier = "TabM_D_Regressor", "TabM_D_Classifier"
