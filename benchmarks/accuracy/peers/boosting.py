"""LightGBM, XGBoost and CatBoost with their defaults and their own way with categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.accuracy.columns import Categorical, as_text, categories_of, spread
from benchmarks.accuracy.peers.base import Floats, Shaped, threads

FOLDS = 5


class Boosting(Shaped):
    """Categories as pandas holds them."""

    def learn_columns(self, frame: pd.DataFrame) -> None:
        self.categorical = Categorical(frame)

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.categorical(frame)


class LightGbm(Boosting):
    def make(self) -> Any:
        import lightgbm

        kind = lightgbm.LGBMClassifier if self.rows.table.classes else lightgbm.LGBMRegressor
        return kind(random_state=self.seed, n_jobs=threads(), verbose=-1)


class XgBoost(Boosting):
    by_number = True

    def make(self) -> Any:
        import xgboost

        kind = xgboost.XGBClassifier if self.rows.table.classes else xgboost.XGBRegressor
        return kind(random_state=self.seed, n_jobs=threads(), enable_categorical=True)


class CatBoost(Shaped):
    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return as_text(frame)

    def make(self) -> Any:
        import catboost

        classes = self.rows.table.classes
        kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
        return kind(
            random_seed=self.seed, thread_count=threads(), verbose=False, allow_writing_files=False
        )

    def fit_model(self, model: Any, features: pd.DataFrame, answers: Any) -> Any:
        return model.fit(features, answers, cat_features=categories_of(features))


class BaggedCatBoost(CatBoost):
    """Five CatBoosts, each without one fifth of the rows, averaged; for information."""

    def fit(self) -> None:
        features, answers = self.prepare(spread(self.rows.features)), self.targets()
        kind = StratifiedKFold if self.rows.table.classes else KFold
        folds = kind(FOLDS, shuffle=True, random_state=self.seed).split(features, answers)
        self.models = [
            self.fit_model(self.make(), features.iloc[train], answers[train]) for train, _ in folds
        ]

    def predict(self) -> Floats:
        features = self.prepare(spread(self.rows.held_out))
        outputs = [self.outputs(model, features) for model in self.models]
        return np.asarray(np.mean(outputs, axis=0), dtype=np.float64)
