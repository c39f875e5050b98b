"""One trial of options of ``train`` on a table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trimtab.predictor.scores import Scores
from trimtab.trials.network_trial import seed_of
from trimtab.trials.trial import Outcome, Trial

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run_table"]


def run_table(
    options: Mapping[str, Any], trial: Trial, train: Any, test: Any, frame: pd.DataFrame
) -> Outcome:
    """Trains on some rows of a table and scores on others.

    Args:
        options: of ``train``, the target among them.
        trial: which one it is.
        train, test: rows: numbers or a slice.
        frame: the table.
    """
    from trimtab.predictor.training.train import train as train_network

    begin = time.perf_counter()
    own = {**options, "seed": seed_of(trial) % 2**32, "threads": 1}
    predictor = train_network(frame.iloc[train], report=False, verbose=0, **own)
    scores = predictor.evaluate(frame.iloc[test])
    assert isinstance(scores, Scores)  # of one target; the task refuses several
    curves = {} if predictor.history is None else predictor.history.history
    return Outcome(
        trial,
        {name: score.value for name, score in scores.metrics.items()},
        {name: list(curve) for name, curve in curves.items() if name in ("loss", "val_loss")},
        time.perf_counter() - begin,
    )
