"""Batch normalization."""

from __future__ import annotations

from typing import Any, ClassVar

from trimtab import checks, initializers, regularizers
from trimtab.errors import Unsupported
from trimtab.layers.base import Layer, Weight
from trimtab.program import Builder


class BatchNormalization(Layer):
    """Brings every column to mean beta and standard deviation gamma.

    Shape: any width, kept. Weights, each ``(width,)``: gamma and beta, which the optimizer moves;
    moving_mean and moving_variance, which training moves.

    Formula: ``(x - mean) / sqrt(variance + epsilon) * gamma + beta``. Training takes mean and
    variance (divided by the rows, not the rows less one) from the batch and moves the averages:
    ``moving = moving * momentum + batch * (1 - momentum)``. Inference takes the averages. So does
    training with ``trainable = False``, and then none of the four weights changes.

    Errors: ``InvalidArgument`` where momentum is not between 0 and 1 or epsilon is not above 0;
    ``Unsupported`` for another axis, ``renorm`` and constraints.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.

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
        synchronized: where a batch is split over several devices, take its statistics over all of
            it, so that the number of devices changes nothing. False: each device normalizes its
            own rows by their own statistics (Keras' default), and the averages take the mean of
            these. On one device there is no difference.

    >>> from trimtab import layers
    >>> layer = layers.BatchNormalization(epsilon=1e-9)
    >>> layer([[1.0], [3.0]], training=True).round(4).tolist()
    [[-1.0], [1.0]]
    >>> round(float(layer.moving_mean.numpy()[0]), 4)
    0.02
    """

    type_name: ClassVar[str] = "BatchNormalization"

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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checks.unsupported(
            "BatchNormalization",
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
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
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.gamma: Weight | None = None
        self.beta: Weight | None = None
        self.moving_mean: Weight | None = None
        self.moving_variance: Weight | None = None

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1],)
        if self.scale:
            self.gamma = self.add_weight(
                shape, self.gamma_initializer, regularizer=self.gamma_regularizer, name="gamma"
            )
        if self.center:
            self.beta = self.add_weight(
                shape, self.beta_initializer, regularizer=self.beta_regularizer, name="beta"
            )
        self.moving_mean = self.add_weight(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )

    def lower(self, builder: Builder, value: int) -> int:
        assert self.moving_mean is not None and self.moving_variance is not None
        return builder.emit(
            "batch_normalization",
            [value],
            [weight for weight in (self.gamma, self.beta) if weight is not None],
            [self.moving_mean, self.moving_variance],
            momentum=self.momentum,
            epsilon=self.epsilon,
            scale=self.scale,
            center=self.center,
            frozen=not self.trainable,
            synchronized=self.synchronized,
        )

    def get_config(self) -> dict[str, Any]:
        # Keras knows synchronized=True on TensorFlow alone: the default stays out of the record.
        synchronized = {} if self.synchronized else {"synchronized": False}
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
            **synchronized,
        }
