"""Batch normalization."""

from __future__ import annotations

from typing import Any

from trimtab.core import checks
from trimtab.nn import constraints, initializers, regularizers
from trimtab.nn.layers.base import Layer
from trimtab.nn.layers.seat import COLUMNS
from trimtab.nn.layers.shapes import last_axis
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
    """Normalizes each column to mean 0 and variance 1, then scales by gamma and shifts by beta.

    In training, it uses mean and variance of the batch and updates moving averages. In inference,
    and in training with ``trainable = False``, it uses the moving averages; a frozen layer changes
    none of its weights.

    **Debiased averages** (``debias=True``). The moving averages have no weight on their initial
    values: at batch t, ``moving = moving * (1 - a) + batch * a`` with ``a = (1 - momentum) / (1 -
    momentum ** t)`` (``1 / t`` for momentum 1, the plain mean). The first batch replaces the
    initial values. The weight ``count`` holds t; inference, files and ``get_weights`` see the
    debiased averages. ``set_weights`` takes ``count`` as the fifth array: with 0, the next batch
    replaces the averages.

    **Ghost batches** (``virtual_batch_size=v``). A batch of n rows is cut in order into
    ``max(1, min(ceil(n / v), n // 2))`` chunks, the first ``n % chunks`` of them one row longer, so
    no chunk has a single row unless the batch has. Each chunk is normalized with its own
    statistics; the moving averages use the mean over the chunks, weighted by their rows.

    **Row weights** (``weighted=True``). Mean and variance of a batch are weighted with the sample
    weights of ``fit`` (class weights multiplied in): ``mean = sum(w x) / sum(w)``, ``variance =
    sum(w (x - mean)^2) / sum(w)``. A row of weight 0 has no effect on the statistics, nor on how
    the batch is cut into chunks, but is normalized. The same holds for rows that ``mask`` leaves
    out, with any settings. If no row has weight, every row becomes beta and the averages do not
    change. Weights of 1 change nothing, not even a bit on the native engine. Inference ignores
    weights and masks.

    Shape:
        Any width, kept. Weights of shape ``(width,)``: gamma and beta, trained by the optimizer;
        moving_mean and moving_variance, updated in training. With ``debias`` also count, ``(1,)``.

    Formula:
        ``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, with the variance divided by the
        number of rows. Moving averages: ``moving = moving * momentum + batch * (1 - momentum)``.

    Source:
        Ioffe & Szegedy 2015, algorithms 1 and 2; ghost batches: Hoffer, Hubara & Soudry 2017,
        "Train longer, generalize better"; debiasing: Kingma & Ba 2015, section 3, as for Adam.

    Args:
        axis: -1 or 1, the columns.
        momentum: weight of the old value in the moving averages; 0.99 forgets the initial values
            in about 450 steps, 0.9 in about 45.
        epsilon: added to the variance.
        center: whether to add beta.
        scale: whether to multiply by gamma.
        beta_initializer, gamma_initializer: initial values of beta and gamma.
        moving_mean_initializer, moving_variance_initializer: initial values of the averages.
        beta_regularizer, gamma_regularizer: penalties on beta and gamma.
        beta_constraint, gamma_constraint: applied to beta and gamma after each update.
        synchronized: compute the statistics of a batch over all devices that share it, so that the
            number of devices does not change the result. False: each device uses the statistics of
            its own rows (Keras' default). No difference on one device.
        debias: use debiased moving averages.
        virtual_batch_size: approximate number of rows of a ghost batch; None: the whole batch.
            Without ``synchronized``, each device cuts its own rows.
        weighted: weight the rows with their sample weights.

    Raises:
        InvalidArgument: momentum is not between 0 and 1, epsilon is not above 0, or
            virtual_batch_size is not an integer of 2 or more.
        Unsupported: another axis, or ``renorm``.

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

    for_members = COLUMNS

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
        self.axis = last_axis("BatchNormalization", axis)
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
