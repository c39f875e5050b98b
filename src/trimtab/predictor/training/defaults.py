"""The network and the recipe that ``train`` uses by default, each choice once.

:func:`decide` fills in the options that are open, so that the options alone describe a run.
:func:`network` builds the network they describe.

What each choice of today is worth, and how the result compares with other tools, is in
``docs/defaults.md``: numbers are embedded, with batch normalization in front of the first layer and
in each, and networks are cross-fitted. Below are earlier trials, mostly of one network on one split
without embeddings; "default" there is the recipe of their time.

On small tables (Red Wine without its repeated rows, Concrete, and
scikit-learn's diabetes, breast cancer, wine, iris and digits: splits 60 : 20 : 20 of six seeds,
mean errors on the test 20 %) and on the numbers and genres of Spotify, divided by artist (three
seeds). Every row differs from the default in the one thing it names. A dash: not measured.

======================================  ========  ========  ========  =======
mean absolute error / that of a median  Red Wine  Concrete  diabetes  Spotify
======================================  ========  ========  ========  =======
default: 2 x 256, dropout 0.1, mae      0.740     0.246     0.731     0.927
squared loss                            0.754     0.253     0.721     0.937
batch normalization                     0.773     0.281     0.800     0.928
dropout 0.2                             0.737     0.258     0.748     0.924
100 epochs                              0.743     0.263     0.733     -
raw: batch normalization everywhere     0.763     0.299     0.768     -
raw: in front only                      0.733     0.323     0.727     -
======================================  ========  ========  ========  =======

======================================  ========  ========  ========  =======
log loss, dropout 0.1, rate 2e-3        cancer    wine      iris      digits
======================================  ========  ========  ========  =======
with batch normalization                0.061     0.041     0.082     0.087
without                                 0.078     0.082     0.172     0.098
its momentum 0.99, not 0.9              0.070     0.073     0.203     0.094
dropout 0.2                             0.051     0.045     0.088     0.097
raw                                     0.067     0.045     0.055     0.096
raw, momentum 0.99                      0.096     0.184     0.060     0.095
======================================  ========  ========  ========  =======

Without embeddings, batch normalization helps classes and raw numbers, not regression on scaled
numbers. On raw numbers, batch normalization everywhere and in front only are equally good; the
lesson's network for Concrete has it everywhere. Behind an embedding it helps throughout: on
Concrete the cross-fitted error is 0.94 to 1.02 of the plain network's without it, 0.85 to 0.92 with
it. Its momentum is 0.9, since small tables have too few steps for 0.99 to forget its start.
Regression minimizes the absolute error, which is also reported and depends little on outliers; with
``loss="mse"`` it predicts means.

Classes of these tables are almost always predicted correctly. With noisy classes, such as survival
on the Titanic or income brackets, the first or second epoch is best at the learning rate that suits
regression, and the network is no better than a logistic regression. More dropout and a lower rate
help there, and cost something only on wine, which has 178 rows (four seeds, test 25 %; Titanic and
incomes are synthetic tables with such noise, of 891 and 3,000 rows):

======================================  =======  =======  =======  =====  =====  ======
log loss, with batch normalization      Titanic  incomes  cancer   wine   iris   digits
======================================  =======  =======  =======  =====  =====  ======
default: dropout 0.3, rate 5e-4         0.579    0.465    0.076    0.067  0.108  0.072
dropout 0.3, rate 1e-3                  0.583    0.467    0.080    0.062  0.116  0.073
dropout 0.1, rate 2e-3                  0.620    0.492    0.084    0.053  0.119  0.087
======================================  =======  =======  =======  =====  =====  ======

The metric to optimize decides what is minimized: the absolute error for ``mae``, the
squared one for ``rmse`` and ``r2``, the log loss for classes. Targets with long tails are learned
as logarithms, where that makes the rows clearly likelier (see
:mod:`trimtab.tables.preprocessing.target_scale`), and means are led back from there by the errors
on rows held out. Error over that of the absolute error without logarithms, on 13
tables of 263 to 5,000 rows, three splits 60 : 20 : 20 each, geometric means; tables won : lost by
more than 0.5 %. The tables also set the margin from which on logarithms are chosen (five of them
are), so the last digits are optimistic:

==========================================  ============  ============
variant                                     RMSE          MAE
==========================================  ============  ============
absolute error, logarithms by likelihood    0.981 3 : 1   0.978 5 : 0
squared error, no logarithms                1.006 9 : 3   1.035 3 : 8
squared error, logarithms by likelihood     0.971 11 : 1  0.997 6 : 5
the same, means by errors held out          0.971 10 : 1  1.007 5 : 6
Huber loss (1), logarithms, means           0.970 11 : 2  0.999 5 : 6
absolute error, then squared, no logarithm  0.990 9 : 2   1.005 6 : 4
squared error, half the rate                1.007 8 : 5   1.036 3 : 8
squared error, gradient clipped to 1        1.006 7 : 4   1.040 2 : 7
==========================================  ============  ============

Yeo and Johnson's curve with a power below 0 does harm (up to five times the error, as it has an
end), and within 0 to 2 it gains nothing over logarithms: it has to be asked for; limits to
predictions alone change 0.1 %. For classes, the epoch of the lowest log loss is kept whatever is to
be good: the epoch that is best by accuracy has 0.1 percentage points less accuracy on new rows,
that by the area under the ROC curve 0.1 more area (14 tables, three splits).

Parts of the recipe, each alone (``python -m benchmarks.study``; a quarter of the rows held out, at
most 3,000 rows of 4 to 8 tables for each figure, from the arena's choosing half and scikit-learn's,
one or two seeds; averages of weights: at most 700 rows). In the rows with ``ple`` its vectors were
trained one by one, and bent at random at first: as it is now, it no longer does harm to classes
(``docs/numeric-embeddings.md``). Geometric mean over tables of its error
over that of the base, with the standard error of that mean, and tables won : lost by more than 0.5
%. Base of the first rows: the network above, for an average of weights one network; of those below
the line, for numbers: squared error and ``ple:16x8``, at most 2,000 rows.

=================================  =====================  =====================
part                               RMSE                   log loss
=================================  =====================  =====================
ple:16x8                           0.921 ± 0.026  6 : 0   1.098 ± 0.034  0 : 7
ple:48x8                           0.980 ± 0.045  3 : 4   0.924 ± 0.194  1 : 3
cross-fitted, 5 folds              0.962 ± 0.032  4 : 2   1.005 ± 0.029  3 : 1
cross-fitted and ple:16x8          0.894 ± 0.037  6 : 1   1.054 ± 0.085  3 : 1
committee of 3                     0.971 ± 0.011  6 : 1   0.935 ± 0.029  6 : 1
silu, not relu                     0.935 ± 0.040  5 : 2   1.013 ± 0.035  3 : 3
dropout 0.2; classes 0.4           0.987 ± 0.008  5 : 2   0.952 ± 0.026  6 : 2
no dropout; classes 0.15           1.021 ± 0.017  2 : 4   1.046 ± 0.054  2 : 5
twice the learning rate            0.966 ± 0.017  5 : 2   1.004 ± 0.031  4 : 2
weight decay 0.1                   1.017 ± 0.016  3 : 3   1.015 ± 0.018  2 : 2
all scalings robust (clipped)      1.076 ± 0.082  3 : 3   0.944 ± 0.032  4 : 2
residual(...) around both layers   0.992 ± 0.023  5 : 2   0.862 ± 0.086  4 : 2
second layer residual              0.983 ± 0.026  4 : 1   1.019 ± 0.057  2 : 6
no batch normalization             -                      1.055 ± 0.072  3 : 5
a tenth of the rows to validate    1.005 ± 0.024  3 : 4   1.031 ± 0.038  5 : 3
average of weights, memory 0.99    0.962 ± 0.025  3 : 1   1.007 ± 0.018  2 : 2
average of weights, memory 0.998   1.006 ± 0.025  1 : 2   1.027 ± 0.022  1 : 4
---------------------------------  ---------------------  ---------------------
silu; classes: without bn, too     1.015 ± 0.047  4 : 3   1.048 ± 0.019  1 : 6
residual(...) around both layers   0.910 ± 0.065  4 : 3   1.007 ± 0.011  3 : 2
the same, cross-fitted             0.938 ± 0.084  2 : 3   0.989 ± 0.006  4 : 0
dropout 0.2; classes 0.45          0.979 ± 0.027  3 : 3   1.012 ± 0.013  2 : 3
beta_2 0.95                        0.987 ± 0.020  4 : 2   1.003 ± 0.010  1 : 2
batches of 64                      0.997 ± 0.040  6 : 1   0.998 ± 0.011  3 : 3
schedule warmup                    0.997 ± 0.021  4 : 2   1.006 ± 0.011  3 : 2
schedule cycles                    1.010 ± 0.045  5 : 1   0.993 ± 0.013  3 : 2
schedule flat                      1.065 ± 0.087  3 : 3   1.002 ± 0.005  2 : 1
kernels alone decay, by 0.1        1.009 ± 0.014  3 : 3   1.002 ± 0.005  1 : 1
whole numbers up to 32 also        0.981 ± 0.037  2 : 3   1.088 ± 0.073  0 : 4
label smoothing 0.03               -                      1.011 ± 0.007  1 : 4
ple:8x4, not 16x8                  0.966 ± 0.029  4 : 3   -
=================================  =====================  =====================

So the course of the rate, the memory of the optimizer and the decay matter less than their noise.
On tables of up to 700 rows, cross-fitted (nine tables, two seeds), silu has 0.945 ± 0.022 of the
RMSE and 0.954 ± 0.046 of the log loss, dropout of 0.3 (classes 0.5) 0.980 ± 0.018 and 0.957 ±
0.027, a residual block around both layers 0.958 ± 0.039 and 0.969 ± 0.021, 64 units 0.975 ± 0.010
and 0.980 ± 0.033.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.model.chosen_rows import RowNumbers
from trimtab.model.sequential import Sequential
from trimtab.nn.layers import (
    BatchNormalization,
    Dense,
    Input,
    Layer,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
)
from trimtab.predictor import notation
from trimtab.predictor.batches import LAST_BATCH
from trimtab.predictor.training import optimizing
from trimtab.predictor.training.effort import EFFORTS
from trimtab.predictor.training.recipe_options import LOG_LOSS, tracked
from trimtab.tables.splits.plan import SplitPlan

if TYPE_CHECKING:
    from trimtab.predictor.training.options import TrainOptions

__all__ = [
    "LAST_BATCH",
    "average_memory",
    "compile_network",
    "decide",
    "divided",
    "folds",
    "hidden_layers",
    "network",
    "predicts_means",
]

#: Most parameters of a network. Training holds four numbers for each (weight, gradient, two
#: averages of the optimizer), 16 bytes in all.
MOST_PARAMETERS = 1_000_000_000

#: Units of each hidden layer, and how many layers. A third layer or 512 units are better on some
#: tables and worse on others.
UNITS, DEPTH = 256, 2

#: The activation: up to so many rows the smooth one, of larger tables the other.
SMOOTH, BENT, MOST_SMOOTH = "silu", "relu", 2_000

#: Rate of dropout after each hidden layer.
DROPOUT = 0.2

#: Before the first layer and in each. See above for the momentum.
BATCH_NORM = "bn:0.9"

#: The embedding of numbers: bins of up to so many rows, bins of larger tables, values of each.
BINS, ROWS_OF_BINS, MORE_BINS, VALUES = 16, 10_000, 48, 4

#: Most columns of numbers to embed: each makes the first layer as wide as five.
MOST_EMBEDDED = 200

#: Task -> learning rate of AdamW. For regression half and twice the rate are better on some tables
#: and worse on others, and so are weight decays from 1e-3 to 0.1.
LEARNING_RATE = {"regression": 2e-3, "binary": 1e-3, "multiclass": 1e-3}
WEIGHT_DECAY = 1e-2

#: Epochs that the average of the weights looks back, at most, and as a share of all epochs: in a
#: short training the weights of five epochs ago are much worse than those of now (concrete, error
#: with five epochs of average over that without: 1.14 in 5 epochs, 1.04 in 15, 1.00 in 200).
MOST_AVERAGED, SHARE_AVERAGED = 5, 0.05

#: Rows of a table, at most -> rows of a batch: small batches give small tables enough steps.
BATCHES = (
    (2_000, 32),
    (5_000, 64),
    (20_000, 128),
    (50_000, 256),
    (200_000, 512),
    (500_000, 1024),
    (1_000_000, 2048),
)
LARGEST_BATCH = 4096

#: Most steps to train for, within these numbers of epochs.
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 10_000, 20, 200

#: Rows, at most -> folds. Of larger tables one split is enough: it has rows to spare.
FOLDS = ((25_000, 5), (100_000, 3))

#: Share of the rows of larger tables to validate on.
LARGE_VALID = 0.1

#: Share of the epochs, and least number, that may pass without a better validation loss: the rate
#: falls all the time, and the best epoch of a small table comes late.
PATIENCE, LEAST_PATIENCE = 0.25, 10

#: Rows that numeric embeddings find their edges in, about.
MOST_ADAPTED = 100_000
#: Metrics of two classes that a threshold is chosen for -> its name.
AIMS = {"balanced_accuracy": "balanced", "f1": "f1"}

#: Metrics that are best for means, and the loss that is minimized for them.
MEANS, LOSS_OF_MEANS = ("rmse", "r2"), "mse"

#: Task -> losses that can train it, the usual one first.
LOSSES = {
    "regression": ("mae", "mse", "mean_absolute_error", "mean_squared_error"),
    "binary": ("binary_crossentropy", "bce"),
    "multiclass": ("sparse_categorical_crossentropy",),
}


def decide(options: TrainOptions, *, task: str, rows: int, numbers: int = 1) -> TrainOptions:
    """The options with everything decided about the network and its training.

    Args:
        options: as given.
        task: regression, binary or multiclass.
        rows: to train on.
        numbers: how many columns are numbers.

    Raises:
        InvalidArgument: the loss or class weights do not fit the task.

    Example:
        >>> from trimtab import defaults
        >>> from trimtab.predictor.options import TrainOptions
        >>> defaults.decide(TrainOptions(), task="binary", rows=1_000).layers
        'ple:16x4 bn:0.9 256 bn:0.9 silu dropout:0.2, 256 bn:0.9 silu dropout:0.2'
        >>> raw = TrainOptions(raw=True, batch_norm=False, dropout=0)
        >>> defaults.decide(raw, task="binary", rows=90).layers
        '256 silu, 256 silu'
    """
    if options.loss == LOG_LOSS and task != "regression":
        options = dataclasses.replace(options, loss=LOSSES[task][0])
    _check_task(options, task)
    if task == "binary" and options.optimize in AIMS and _open(options):
        options = dataclasses.replace(options, threshold=AIMS[options.optimize])
    if task == "multiclass" and options.optimize == "balanced_accuracy" and _open(options):
        options = dataclasses.replace(options, class_weight="balanced")
    layers = options.layers
    if layers is None:
        layers = hidden_layers(options, rows, numbers)
    batch_size = options.batch_size or batch_rows(rows)
    epochs = options.epochs or most_epochs(rows, batch_size)
    return dataclasses.replace(
        options,
        layers=layers,
        dropout=None,  # the layers include it now
        batch_norm=None,
        batch_size=batch_size,
        epochs=epochs,
        lr=LEARNING_RATE[task] if options.lr is None else options.lr,
        weight_decay=WEIGHT_DECAY if options.weight_decay is None else options.weight_decay,
        average_weights=(
            average_memory(epochs) if options.average_weights is None else options.average_weights
        ),
        loss=options.loss or usual_loss(options, task),
        patience=options.patience or max(LEAST_PATIENCE, round(PATIENCE * epochs)),
    )


def folds(rows: int, groups: int | None = None) -> int:
    """Folds of a table: more for a small one, where each row counts; 0 is one split.

    Args:
        rows: to train on.
        groups: that stay together; None: rows are independent.

    Example:
        >>> from trimtab import defaults
        >>> [defaults.folds(rows) for rows in (500, 5_000, 50_000, 500_000)]
        [5, 5, 3, 0]
        >>> defaults.folds(500, groups=4), defaults.folds(500, groups=2)
        (4, 0)
    """
    number = next((folds for most, folds in FOLDS if rows <= most), 0)
    number = number if groups is None else min(number, groups)
    return number if number > 2 else 0


def divided(options: TrainOptions, *, rows: int, groups: int | None = None) -> TrainOptions:
    """The options with it decided whether there are folds, and how many networks for each.

    Cross-fitting is the default of rows without an order in time, unless validation rows, a number
    of folds or a committee are asked for.

    Args:
        options: as given.
        rows: to train and validate on.
        groups: that stay together; None: rows are independent.
    """
    valid, number, effort = options.valid, options.fold, EFFORTS[options.effort]
    asked = valid is not None or number is not None or options.time or options.committee > 1
    if effort.cross_fitted and not asked:
        number = folds(rows, groups)
        valid = LARGE_VALID if rows > FOLDS[-1][0] else None
    if valid is None and not number:
        valid = SplitPlan.valid
    committee = effort.networks if options.committee == 1 else options.committee
    return dataclasses.replace(options, valid=valid, fold=number, committee=committee)


# -- the network ----------------------------------------------------------------------------------


def hidden_layers(options: TrainOptions, rows: int, numbers: int = 1) -> str:
    """The default hidden layers, in the notation of :mod:`trimtab.notation`.

    Args:
        options: ``raw``, ``dropout`` and ``batch_norm`` count.
        rows: to train on.
        numbers: how many columns are numbers.

    Example:
        >>> from trimtab import defaults
        >>> from trimtab.predictor.options import TrainOptions
        >>> defaults.hidden_layers(TrainOptions(), 500)
        'ple:16x4 bn:0.9 256 bn:0.9 silu dropout:0.2, 256 bn:0.9 silu dropout:0.2'
        >>> defaults.hidden_layers(TrainOptions(), 5_000, numbers=0)
        'bn:0.9 256 bn:0.9 relu dropout:0.2, 256 bn:0.9 relu dropout:0.2'
    """
    normalizing = options.batch_norm is not False
    rate = DROPOUT if options.dropout is None else options.dropout
    words = [
        str(UNITS),
        *([BATCH_NORM] if normalizing else []),
        SMOOTH if rows <= MOST_SMOOTH else BENT,
        *([f"dropout:{rate!r}"] if rate else []),
    ]
    bins = BINS if rows <= ROWS_OF_BINS else MORE_BINS
    front = [
        *([f"ple:{bins}x{VALUES}"] if not options.raw and 0 < numbers <= MOST_EMBEDDED else []),
        *([BATCH_NORM] if normalizing else []),
    ]
    return notation.canonical(" ".join([*front, ", ".join([" ".join(words)] * DEPTH)]))


def network(
    options: TrainOptions,
    *,
    width: int,
    embeddings: Sequence[tuple[str, int]] = (),
    numbers: Sequence[int] = (),
    rows: Floats | None = None,
    targets: Floats | None = None,
    chosen: RowNumbers | None = None,
    outputs: int = 1,
    task: str,
    seed: int | None = None,
) -> Sequential:
    """A new network, built.

    Args:
        options: decided, see :func:`decide`.
        width: number of inputs.
        embeddings: (column of the table, number of codes) for the last inputs, which are codes.
        numbers: which of the inputs are scaled numbers, those that ``ple`` and ``periodic`` embed.
        rows: training rows, as the network receives them, where ``ple`` finds its edges.
        targets: of these rows, for ``ple_tree``.
        chosen: numbers of those rows that it is trained on; None: all.
        outputs: number of outputs; a multiclass task needs one for each class.
        task: regression, binary or multiclass.
        seed: of weights, row orders and dropout; None: the one in the options.

    Raises:
        InvalidArgument: the network would not fit into memory.

    Example:
        >>> from trimtab import defaults
        >>> from trimtab.predictor.options import TrainOptions
        >>> options = defaults.decide(TrainOptions(layers="8 relu"), task="multiclass", rows=150)
        >>> model = defaults.network(options, width=4, outputs=3, task="multiclass")
        >>> [layer.name for layer in model.layers], model.count_params()
        (['dense', 'output'], 67)
    """
    assert options.layers is not None
    stack: list[Layer] = []
    if embeddings:
        from trimtab.nn.layers import CategoryEmbedding

        stack.append(CategoryEmbedding([size for _, size in embeddings], name="embedding"))
    for layer in notation.parse(options.layers, numbered=True):
        if isinstance(layer, PiecewiseLinearEmbedding | PeriodicEmbedding):
            if not numbers:
                continue
            layer.columns = tuple(numbers)
            if isinstance(layer, PiecewiseLinearEmbedding) and rows is not None:
                known = np.arange(len(rows)) if chosen is None else chosen
                some = known[:: max(1, len(known) // MOST_ADAPTED)]
                layer.adapt(rows[some], _targets(targets, some, task, outputs))
        stack.append(layer)
    stack.append(Dense(outputs, activation=_OUTPUT[task], name="output"))
    size = _parameters(stack, width)
    if options.members > 1:  # each has its own last kernel and vectors; most is shared
        size += (options.members - 1) * (size - _shared(stack, width))
    if size > MOST_PARAMETERS:
        raise InvalidArgument(
            f"a network may have at most {MOST_PARAMETERS:,} parameters, received {size:,} with "
            f"{width:,} inputs and layers={brief(options.layers)}. Use fewer units."
        )
    return Sequential(
        [Input((width,), name="inputs"), *stack],
        name="network",
        seed=options.seed if seed is None else seed,
        members=options.members,
    )


def compile_network(model: Sequential, options: TrainOptions, *, rows: int) -> None:
    """Compiles a network for training: AdamW, its rate on the course of ``schedule``.

    Args:
        model: built.
        options: decided, see :func:`decide`.
        rows: number of rows it will be trained on.
    """
    assert options.batch_size is not None and options.epochs is not None
    steps = math.ceil(rows / options.batch_size) * options.epochs
    model.compile(
        optimizer=optimizing.optimizer_of(options, steps),
        loss=optimizing.loss_of(options),
        metrics=[name for name in options.metric if tracked(name)],
        engine=options.engine,
    )
    model.runner.limit_threads(options.threads)


def _targets(targets: Floats | None, some: RowNumbers, task: str, outputs: int) -> Floats | None:
    """What a tree divides: numbers, or a column of 0 and 1 for each class."""
    if targets is None or task != "multiclass":
        return None if targets is None else targets[some]
    flags = targets[some].reshape(-1, 1) == np.arange(outputs)
    classes: Floats = flags.astype(np.float32)
    return classes


_OUTPUT = {"regression": None, "binary": "sigmoid", "multiclass": "softmax"}


def _parameters(stack: Sequence[Layer], width: int) -> int:
    """Parameters of these layers, without making them."""
    total = 0
    for layer in stack:
        outputs = layer.compute_output_shape((None, width))[1]
        if isinstance(layer, Residual):
            total += _parameters(layer.layers, width) + (width * outputs if width != outputs else 0)
        elif isinstance(layer, Dense):
            total += (width + layer.use_bias) * outputs
        elif isinstance(layer, BatchNormalization):
            total += 4 * outputs
        elif isinstance(layer, PiecewiseLinearEmbedding):
            embedded = width if layer.columns is None else len(layer.columns)
            total += embedded * (layer.dim * (layer.bins + 2) + layer.bins + 1)
        elif isinstance(layer, PeriodicEmbedding):
            embedded = width if layer.columns is None else len(layer.columns)
            own = (1 + layer.phases) * layer.frequencies + (layer.waves + 2) * layer.dim
            total += embedded * own
        else:
            sizes, dims = getattr(layer, "sizes", ()), getattr(layer, "dims", ())
            total += sum(size * dim for size, dim in zip(sizes, dims, strict=True))
        width = outputs
    return total


def _open(options: TrainOptions) -> bool:
    """Whether nothing says yet how classes are weighed against each other."""
    said = (options.threshold, options.cost, options.class_weight, options.calibrate)
    return all(each is None for each in said)


def usual_loss(options: TrainOptions, task: str) -> str:
    """The loss that is minimized where none is named: the metric to optimize decides."""
    if task == "regression" and options.optimize in MEANS:
        return LOSS_OF_MEANS
    return LOSSES[task][0]


def predicts_means(options: TrainOptions) -> bool:
    """Whether numbers are predicted by their mean, not their median.

    The metric to optimize decides; where none is named, the loss does.
    """
    if options.optimize is not None:
        return options.optimize in MEANS
    return options.loss is not None and options.loss not in ("mae", "mean_absolute_error")


def _shared(stack: Sequence[Layer], width: int) -> int:
    """Parameters that members share: the kernels of hidden layers, and tables of embeddings."""
    total = 0
    for layer in stack[:-1]:
        outputs = layer.compute_output_shape((None, width))[1]
        if isinstance(layer, Residual):
            total += _shared([*layer.layers, layer], width) + (width != outputs) * width * outputs
        elif isinstance(layer, Dense):
            total += width * outputs
        elif not isinstance(layer, BatchNormalization):
            total += _parameters([layer], width)
        width = outputs
    return total


# -- the recipe -----------------------------------------------------------------------------------


def batch_rows(rows: int) -> int:
    """Rows of a batch: few for small tables, so that there are enough steps; many for large ones.

    Example:
        >>> from trimtab import defaults
        >>> [defaults.batch_rows(rows) for rows in (20, 1_000, 30_000, 1_000_000, 10_000_000)]
        [32, 32, 256, 2048, 4096]
    """
    for most, batch in BATCHES:
        if rows <= most:
            return batch
    return LARGEST_BATCH


def most_epochs(rows: int, batch_size: int) -> int:
    """Most epochs: as many as :data:`STEPS` steps take, within bounds.

    Example:
        >>> from trimtab import defaults
        >>> [defaults.most_epochs(rows, 32) for rows in (20, 1_000, 1_000_000)]
        [200, 200, 20]
    """
    steps = math.ceil(rows / batch_size)
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(STEPS / steps)))


def average_memory(epochs: int) -> float:
    """What the past counts in the average of the weights that is validated and kept.

    Example:
        >>> from trimtab import defaults
        >>> [defaults.average_memory(epochs) for epochs in (5, 40, 100, 200)]
        [0.0, 0.5, 0.8, 0.8]
    """
    back = min(MOST_AVERAGED, SHARE_AVERAGED * epochs)
    return round(1 - 1 / back, 2) if back > 1 else 0.0


def _check_task(options: TrainOptions, task: str) -> None:
    """Refuses options that do not fit the task."""
    if options.loss is not None and options.loss not in LOSSES[task]:
        raise InvalidArgument(
            f"loss must be one of {checks.listing(LOSSES[task])} for {task}, received "
            f"{brief(options.loss)}."
        )
    if options.class_weight is not None and task == "regression":
        raise InvalidArgument(
            f"class_weight needs classes, received {brief(options.class_weight)} for regression. "
            "Leave "
            "it out, or use task='multiclass'."
        )
    if options.label_smoothing and task == "regression":
        raise InvalidArgument(
            f"label_smoothing needs classes, received {options.label_smoothing:g} for regression. "
            "Leave it out, or use task='multiclass'."
        )
