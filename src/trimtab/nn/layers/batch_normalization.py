"""Batch normalization."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.errors import Unsupported
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.table import REGISTRY
from trimtab.nn.layers.weight import Weight
from trimtab.program import Builder

#: What Keras' layer does not have, or has with another default.
_OURS: dict[str, Any] = {
    "synchronized": True,
    "debias": False,
    "virtual_batch_size": None,
    "weighted": False,
}


@REGISTRY.register()
class BatchNormalization(Layer):
    """Brings every column to mean beta and standard deviation gamma.

    Debiased averages (``debias=True``) are those of the batches alone: ``moving = moving * (1 - a)
    + batch * a`` with ``a = (1 - momentum) / (1 - momentum ** t)`` at the t-th batch (``1 / t`` for
    momentum 1, the plain mean). The first batch replaces the start, later ones weigh as much as
    without the start they would. The averages are debiased as they stand: inference, files and
    whoever reads the weights use them as they are. count is the t so far. Before the first batch
    it is 0, and inference uses the initial averages. ``set_weights`` takes it as the fifth array:
    with 0 the next batch replaces the averages set, with a large number they count as a long
    past.

    Ghost batches (``virtual_batch_size=v``): a batch of n rows is cut in order into
    ``max(1, min(ceil(n / v), n // 2))`` chunks, the first ``n % chunks`` one row longer than the
    rest, so that none has a single row unless the batch has. Each is normalized by its own
    statistics; the averages take the mean over the chunks, by their rows.

    Row weights (``weighted=True``): ``mean = sum(w x) / sum(w)``, ``variance = sum(w (x - mean)^2)
    / sum(w)`` with the sample weights of ``fit`` (class weights multiplied in); they are used
    for nothing else here. A row of weight 0 takes no part: the statistics, and how the batch is
    cut into chunks, are what they are without it; it is normalized all the same. So it is with
    rows that ``mask`` leaves out, ``layer(x, training=True, mask=mask)``, whatever the settings.
    Where no row takes part every row becomes beta, and the averages stay. Weights of 1 change
    nothing (not a bit on the native engine). Inference looks at neither.

    Shape:
        Any width, kept. Weights, each ``(width,)``: gamma and beta, which the optimizer moves;
        moving_mean and moving_variance, which training moves; with ``debias`` behind them count,
        ``(1,)``.

    Formula:
        ``(x - mean) / sqrt(variance + epsilon) * gamma + beta``. Training takes mean and variance
        (divided by the rows, not the rows less one) from the batch and moves the averages:
        ``moving = moving * momentum + batch * (1 - momentum)``. Inference takes the averages. So
        does training with ``trainable = False``, and then none of the weights changes.

    Source:
        Ioffe & Szegedy 2015, algorithms 1 and 2; ghost batches: Hoffer, Hubara & Soudry 2017,
        "Train longer, generalize better"; debiasing: Kingma & Ba 2015, section 3, as for Adam.

    Args:
        axis: -1 or 1, the columns.
        momentum: weight of the past in the moving averages; 0.99 needs some 450 steps to forget
            its start, 0.9 some 45.
        epsilon: added to the variance.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer, gamma_initializer: of beta and gamma.
        moving_mean_initializer, moving_variance_initializer: of the averages.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: what beta and gamma keep to after each update.
        synchronized: where a batch is split over several devices, take its statistics over all of
            it, so that the number of devices changes nothing. False: each device normalizes its
            own rows by their own statistics (Keras' default), and the averages take the mean of
            these. On one device there is no difference.
        debias: takes the weight of their start out of the moving averages.
        virtual_batch_size: rows of the chunks that a batch is normalized in, about; None: all of
            the batch. Without ``synchronized`` each device cuts its own rows.
        weighted: weighs the rows in the statistics by their sample weights.

    Raises:
        InvalidArgument: momentum is not between 0 and 1, epsilon is not above 0, or
            virtual_batch_size is not an integer of 2 or more.
        Unsupported: another axis and ``renorm``.

    Example:
        >>> from trimtab import layers
        >>> layer = layers.BatchNormalization(epsilon=1e-9)
        >>> layer([[1.0], [3.0]], training=True).round(4).tolist()
        [[-1.0], [1.0]]
        >>> round(float(layer.moving_mean.numpy()[0]), 4)
        0.02
        >>> layer = layers.BatchNormalization(debias=True)
        >>> _ = layer([[1.0], [3.0]], training=True)
        >>> layer.moving_mean.numpy().tolist(), layer.count.numpy().tolist()
        ([2.0], [1.0])
        >>> ghosts = layers.BatchNormalization(epsilon=1e-9, virtual_batch_size=2)
        >>> ghosts([[1.0], [3.0], [10.0], [50.0]], training=True).round(4).tolist()
        [[-1.0], [1.0], [-1.0], [1.0]]
        >>> layer = layers.BatchNormalization(epsilon=1e-9)
        >>> layer([[1.0], [3.0], [5.0]], training=True, mask=[True, True, False]).round(4).tolist()
        [[-1.0], [1.0], [3.0]]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = True,
        debias: bool = False,
        virtual_batch_size: int | None = None,
        weighted: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checks.unsupported(
            "BatchNormalization",
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=None if renorm_momentum == 0.99 else renorm_momentum,
        )
        if isinstance(axis, bool) or axis not in (-1, 1):
            raise Unsupported(
                f"BatchNormalization: axis must be -1, the columns of a table, received {axis!r}."
            )
        self.axis = int(axis)
        self.momentum = checks.probability("momentum", momentum)
        self.epsilon = checks.positive_number("epsilon", epsilon)
        self.center = checks.boolean("center", center)
        self.scale = checks.boolean("scale", scale)
        self.synchronized = checks.boolean("synchronized", synchronized)
        self.debias = checks.boolean("debias", debias)
        self.virtual_batch_size = (
            None
            if virtual_batch_size is None
            else checks.integer(
                "virtual_batch_size",
                virtual_batch_size,
                minimum=2,
                maximum=2**31 - 1,
                hint="A row by itself has no variance; None normalizes the batch as a whole.",
            )
        )
        self.weighted = checks.boolean("weighted", weighted)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma: Weight | None = None
        self.beta: Weight | None = None
        self.moving_mean: Weight | None = None
        self.moving_variance: Weight | None = None
        self.count: Weight | None = None

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1],)
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        if self.debias:
            self.count = self.add_weight((1,), "zeros", trainable=False, name="count")

    def lower(self, builder: Builder, value: int) -> int:
        assert self.moving_mean is not None and self.moving_variance is not None
        return builder.emit(
            "batch_normalization",
            [value],
            [weight for weight in (self.gamma, self.beta) if weight is not None],
            [self.moving_mean, self.moving_variance, *([] if self.count is None else [self.count])],
            momentum=self.momentum,
            epsilon=self.epsilon,
            scale=self.scale,
            center=self.center,
            frozen=not self.trainable,
            synchronized=self.synchronized,
            debias=self.debias,
            virtual_batch_size=self.virtual_batch_size,
            weighted=self.weighted,
        )

    def get_config(self) -> dict[str, Any]:
        # Keras refuses what it does not know, and synchronized=True but on TensorFlow: what is not
        # set stays out of the record.
        ours = {name: getattr(self, name) for name in _OURS}
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            **{name: value for name, value in ours.items() if value != _OURS[name]},
        }
