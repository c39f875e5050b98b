"""scikit-learn's peers: ridge or logistic regression, its MLP, its histogram gradient boosting."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.accuracy.columns import Categorical, as_text, categories_of
from benchmarks.accuracy.peers.base import Shaped


class Standard(Shaped):
    """Gaps filled and told, numbers standardized, categories one-hot; numbers to predict scaled."""

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return as_text(frame)

    def learn_columns(self, frame: pd.DataFrame) -> None:
        self.texts = categories_of(frame)
        self.numbers = [name for name in frame if name not in self.texts]

    def make(self) -> Pipeline:
        filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        columns = ColumnTransformer(
            [
                ("numbers", make_pipeline(filled, StandardScaler()), self.numbers),
                ("texts", OneHotEncoder(handle_unknown="ignore"), self.texts),
            ]
        )
        last = self.last()
        if not self.rows.table.classes:
            last = TransformedTargetRegressor(last, transformer=StandardScaler())
        return make_pipeline(columns, last)

    def last(self) -> Any:
        raise NotImplementedError


class Linear(Standard):
    def last(self) -> Any:
        return LogisticRegression(max_iter=2000) if self.rows.table.classes else Ridge()


class Mlp(Standard):
    """The defaults, with early stopping."""

    def last(self) -> Any:
        kind = MLPClassifier if self.rows.table.classes else MLPRegressor
        return kind(early_stopping=True, random_state=self.seed)


class HistBoosting(Shaped):
    """The defaults; it takes at most 255 categories a column, so the most frequent ones."""

    def learn_columns(self, frame: pd.DataFrame) -> None:
        self.categorical = Categorical(frame, most=254)

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.categorical(frame)

    def make(self) -> Any:
        classes = self.rows.table.classes
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        return kind(categorical_features="from_dtype", random_state=self.seed)
