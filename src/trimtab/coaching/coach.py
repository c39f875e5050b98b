"""``coach``: finds what is wrong, tries what may help, and says what does."""

from __future__ import annotations

from typing import Any

from trimtab.coaching.asking import Asked
from trimtab.coaching.network import coach_network
from trimtab.coaching.prescription import Prescription
from trimtab.core.options import IN_MEMORY
from trimtab.errors import InvalidArgument
from trimtab.live.view import wanted_view
from trimtab.predictor.predictor import Predictor
from trimtab.trials.variants import DECIDED, is_network

__all__ = ["coach"]

#: What to use in place of an argument that a table does not take.
_OF_A_TABLE = {
    "groups": "Use group='COLUMN'.",
    "times": "Use time='COLUMN'.",
    "validation_data": "Leave it out: the pairs have rows of their own.",
    "y": "Name the column to predict: trimtab.coach(table, 'COLUMN').",
}


def coach(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    trials: int | None = None,
    time_limit: Any = None,
    splits: int | None = None,
    seeds: Any = 1,
    metric: Any = None,
    smallest: float | None = None,
    groups: Any = None,
    times: Any = None,
    validation_data: Any = None,
    design: str = "holdout",
    test: float = 0.25,
    seed: int = 0,
    jobs: int | None = None,
    live: Any = False,
    verbose: Any = "auto",
    present: Predictor | None = None,
    **settings: Any,
) -> Prescription:
    """Finds what is wrong with a network, tries remedies beside it, and says what helps.

    First the present network is trained once and watched
    (:class:`~trimtab.callbacks.Coach`). The remedies of the findings, the usual changes, and
    combinations of the best ones are then tried on pairs: the same rows, first weights and orders
    for all (:func:`trimtab.trials.compare`). Most are dropped early, on rows that only choose; the
    others are trained beside the present network on fresh rows, which report. "Nothing helps" is
    an answer.

    Neither the model nor its weights change.

    Args:
        model: a compiled :class:`~trimtab.Sequential`, or a function that returns one; weights are
            drawn anew in each trial. Or a table, as :func:`trimtab.train` takes it: then what is
            coached are the options of ``train``.
        x, y: rows and targets, as ``fit`` takes them. Of a table, ``x`` is the column to predict,
            which ``target`` may name as well.
        trials: networks to train, at most. Without ``time_limit`` the result depends on no clock.
        time_limit: for all of it: seconds, or a text such as ``"10m"``. By default 5 minutes, or
            none where ``trials`` is given.
        splits: pairs that report; by default as many as the budget allows, 16 at most.
        seeds: how many seeds each pair has, or which.
        metric, smallest, groups, times, test, jobs: as in :func:`trimtab.trials.compare`.
        validation_data: rows ``(x, y)`` that no trial sees. The watched training validates on
            them, and the winner is measured on them at the end.
        design: ``holdout``: each network is trained on nearly as many rows as the present one, so
            that it has the same problems; ``parts``, ``folds``, ``auto``: see
            :func:`trimtab.trials.compare`.
        seed: of the splits, and of the final network.
        live: whether to show the trials as a page on this machine while they run, with a button
            that ends them; a number is the port of the page.
        verbose: 1 shows a table while it runs, 0 nothing; ``auto``: 1 on a terminal.
        present: a predictor whose options are what is coached, on this table.
        settings: arguments of ``fit``: ``epochs``, ``batch_size``, ``callbacks``,
            ``validation_split``, ...; of tables options of ``train``.

    Returns:
        A :class:`~trimtab.coaching.Prescription`: ``print`` shows it, ``.code()`` is the network
        that helps as Python, ``.model`` the same trained on all rows; of a table ``.options()`` and
        ``.predictor``.

    Raises:
        InvalidArgument: an argument breaks its rule, or the base cannot be trained.
        InvalidData: there are too few rows, or they cannot be used.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = np.random.default_rng(0).normal(size=(300, 3))
        >>> y = 5 * x[:, 0] - x[:, 1]
        >>> model = trimtab.Sequential([layers.Dense(8, "relu"), layers.Dense(1)])
        >>> model.compile("adam", "mae")
        >>> found = trimtab.coach(model, x, y, epochs=2, trials=40)
        >>> found.winner != "base", found.comparison.metric
        (True, 'mae')
    """
    wanted_view(live)
    asked = Asked.of(
        trials=trials,
        time_limit=time_limit,
        splits=splits,
        seeds=seeds,
        design=design,
        test=test,
        smallest=smallest,
        seed=seed,
        jobs=jobs,
        verbose=verbose,
    )
    if not is_network(model):
        given = {"groups": groups, "times": times, "validation_data": validation_data, "y": y}
        for name, value in given.items():
            if value is not None:
                raise InvalidArgument(
                    f"{name} is for arrays; this is a table. {_OF_A_TABLE.get(name, '')}".rstrip()
                )
        return _of_table(model, x, settings, asked, metric, present)
    if present is not None:
        raise InvalidArgument("present is for tables: predictor.coach('wine.csv').")
    if x is None or y is None:
        raise InvalidArgument("coach needs the rows: trimtab.coach(model, x, y, epochs=20).")
    return coach_network(
        model,
        x,
        y,
        settings,
        asked,
        metric=metric,
        groups=groups,
        times=times,
        validation_data=validation_data,
    )


def _of_table(
    table: Any,
    target: Any,
    options: dict[str, Any],
    asked: Asked,
    metric: Any,
    present: Predictor | None,
) -> Prescription:
    from trimtab.tables.files.reading import SHIPPED

    if present is not None:
        told = present.options.items()  # rows in memory are in no options
        own = {name: value for name, value in told if value not in (None, IN_MEMORY)}
        options = {name: value for name, value in own.items() if name not in DECIDED} | options
    if target is None:
        target = options.get("target")
    if target is None and isinstance(table, str) and table in SHIPPED:
        target = SHIPPED[table].target
    if target is None or table is None or isinstance(table, int | float | bool):
        raise InvalidArgument(
            "coach takes a compiled Sequential with its rows, trimtab.coach(model, x, y, "
            "epochs=20), or a table and the column to predict, trimtab.coach('wine.csv', "
            "'quality')."
        )
    from trimtab.coaching.table import coach_table  # loads all that trains on tables

    return coach_table(table, {**options, "target": target}, asked, metric=metric)
