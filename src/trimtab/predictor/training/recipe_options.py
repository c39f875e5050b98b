"""Options of the network and its training.

What is unset is decided by :mod:`trimtab.predictor.training.defaults`, which gives the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import number_in, option, optional, share_in, text, texts
from trimtab.core.tasks import BINARY, REGRESSION
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import losses, metrics
from trimtab.predictor import notation
from trimtab.predictor.metric_names import METRICS, nearest_metric, score_name

__all__ = ["LOG_LOSS", "RecipeOptions", "tracked"]


def _layers(name: str, value: Any) -> str:
    return notation.spelled(value, name=name)


def _rate(name: str, value: Any) -> float:
    hint = f"Use {name}=0.3 to drop 30 % of the units."
    number = checks.probability(name, value, hint=hint)
    if number == 1:
        raise InvalidArgument(f"{name} must be below 1, received {brief(value)}. {hint}")
    return number


#: What others call a loss -> what it is called here.
_LOSSES = {
    **dict.fromkeys(("absolute_error", "l1", "neg_mean_absolute_error"), "mae"),
    **dict.fromkeys(("squared_error", "l2", "neg_mean_squared_error"), "mse"),
}

#: The loss of classes, whatever their number.
LOG_LOSS = "log_loss"


#: Losses that train networks on tables; others are for networks that one compiles oneself.
_OF_TABLES = (
    *("mae", "mse", "mean_absolute_error", "mean_squared_error"),
    *("binary_crossentropy", "bce", "sparse_categorical_crossentropy"),
)


def _loss(name: str, value: Any) -> str:
    known = str(_LOSSES.get(text(name, value).lower(), value))
    if known in _OF_TABLES:
        return known
    if score_name(known) == LOG_LOSS:
        return LOG_LOSS
    typed = "{} {}" if name.startswith("-") else "{}={!r}"
    mae, mse = (typed.format(name, each) for each in ("mae", "mse"))
    kind: type[InvalidArgument] | type[Unsupported] = InvalidArgument
    first = f"{name} {brief(value)} is for networks that you compile yourself"
    try:
        losses.get(known)
    except (InvalidArgument, Unsupported) as refusal:
        # What Keras' users are told, to pass a function to compile, does not work here.
        kind, first = type(refusal), str(refusal).partition(". ")[0]
    raise kind(f"{first}. Use {mae} or {mse} for numbers, and leave it out for classes.")


def _metrics(name: str, value: Any) -> tuple[str, ...]:
    """Names that a network can track stay as they are; others are those of scores."""
    return tuple(dict.fromkeys(_metric(name, each) for each in texts(name, value)))


def _metric(name: str, value: str) -> str:
    return value if tracked(value) else _aim(name, value)


def _aim(name: str, value: Any) -> str:
    """The name that scores have for the metric to optimize."""
    known = score_name(text(name, value))
    if known is None:
        hint = nearest_metric(value)
        numbers, classes = (checks.listing(METRICS[task]) for task in (REGRESSION, BINARY))
        raise InvalidArgument(
            f"{name} has no {brief(value)}. "
            + (f"{hint} " if hint else "")
            + f"For numbers there are {numbers}; for classes {classes}."
        )
    return known


#: Keras' metrics that a network on a table tracks; scores have names of their own for the others.
_TRACKED = (
    *(metrics.MeanAbsoluteError, metrics.MeanSquaredError, metrics.RootMeanSquaredError),
    *(metrics.Accuracy, metrics.BinaryAccuracy, metrics.CategoricalAccuracy),
    *(metrics.SparseCategoricalAccuracy, metrics.BinaryCrossentropy),
    metrics.SparseCategoricalCrossentropy,
)


def tracked(name: str) -> bool:
    """Whether a network on a table tracks it epoch by epoch: one of these, or one's own."""
    try:
        metrics.get(name)
    except (InvalidArgument, Unsupported):
        return False
    return metrics.REGISTRY.names.get(name) in (None, *_TRACKED)


@dataclass(frozen=True)
class RecipeOptions:
    """The network, its optimizer, and when training stops."""

    layers: str | None = option(
        "Network",
        'Hidden layers, such as "256 bn relu dropout:0.2, 128 relu"; "64, 64" has relu after each.',
        optional(_layers),
        unset="two of 256 units",
        metavar="LAYERS",
    )
    dropout: float | None = option(
        "Network",
        "Dropout rate of the default layers.",
        optional(_rate),
        unset="0.2",
        parse=share_in,
        metavar="RATE",
    )
    batch_norm: bool | None = option(
        "Network",
        "Batch normalization in the default layers.",
        optional(checks.boolean),
        unset="on",
        switch=True,
    )

    epochs: int | None = option(
        "Training",
        "Maximum number of epochs.",
        optional(checks.positive_integer),
        unset="from the number of rows",
        parse=number_in,
        metavar="N",
    )
    batch_size: int | None = option(
        "Training",
        "Rows per batch.",
        optional(checks.positive_integer),
        unset="from the number of rows",
        parse=number_in,
        metavar="N",
    )
    lr: float | None = option(
        "Training",
        "Initial learning rate; schedule says how it goes on.",
        optional(checks.positive_number),
        unset="0.002; 0.001 for classification",
        parse=number_in,
        metavar="RATE",
    )
    weight_decay: float | None = option(
        "Training",
        "Weight decay of AdamW (decoupled).",
        optional(checks.non_negative_number),
        unset="0.01",
        parse=number_in,
        metavar="RATE",
    )
    loss: str | None = option(
        "Training",
        "Training loss; mae or mse for regression.",
        optional(_loss),
        unset="mae or cross-entropy",
        metavar="NAME",
    )
    optimize: str | None = option(
        "Training",
        "Metric to optimize: rmse, mae or r2 for numbers; log_loss, accuracy, auc, "
        "balanced_accuracy, f1 or another for classes. It chooses the loss, is quoted first, and "
        "what it is compared with.",
        optional(_aim),
        unset="mae or log loss",
        metavar="METRIC",
    )
    metric: tuple[str, ...] = option(
        "Training",
        "Metric: the first one is quoted; accuracy, mae, mse and rmse are also tracked by epoch. "
        "Repeatable.",
        _metrics,
        default=(),
        metavar="NAME",
        many=True,
    )
    average_weights: float | None = option(
        "Training",
        "Validate and keep an average of the weights over the last epochs: what the past counts, "
        "at least 0 and below 1; 0: no average.",
        optional(checks.decay_factor),
        unset="0.8; less for fewer than 100 epochs",
        parse=share_in,
        metavar="SHARE",
    )
    patience: int | None = option(
        "Training",
        "Epochs without improvement before training stops.",
        optional(checks.positive_integer),
        unset="a quarter of the epochs, at least 10",
        parse=number_in,
        metavar="N",
    )

    def check_recipe(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            InvalidArgument: Two options exclude each other.
        """
        for name in ("dropout", "batch_norm"):
            value = getattr(self, name)
            if self.layers is not None and value is not None:
                word = f"dropout:{value:g}" if name == "dropout" else "bn"
                raise InvalidArgument(
                    f"{name} applies to the default layers only, but layers was given, received "
                    f"{name}={brief(value)} and layers={brief(self.layers)}. Remove {name} and "
                    f"write {word} "
                    "into layers."
                )
