"""A hand-written JAX training loop: one compiled call an epoch, `lax.scan` over its steps.

The carry is donated, the short last batch is one more step in the same call, validation is a
compiled call of its own, and nothing waits for a number until the run is over. Row orders are
drawn on the host: sorting random keys inside XLA costs a sixth to a third of a small run.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.data import Data
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run
from benchmarks.peers import Peer

Tree = Any


def initial(run: Run, columns: int, generator: np.random.Generator) -> tuple[Tree, Tree]:
    """Parameters and moving statistics: one dictionary a layer, empty where it has none."""
    parameters: list[dict[str, Any]] = []
    moving: list[dict[str, Any]] = []
    width = columns
    for layer in run.layers:
        own: dict[str, Any] = {}
        statistics: dict[str, Any] = {}
        if isinstance(layer, Dense):
            limit = (6 / (width + layer.units)) ** 0.5
            kernel = generator.uniform(-limit, limit, (width, layer.units))
            own = {"kernel": jnp.asarray(kernel, jnp.float32), "bias": jnp.zeros(layer.units)}
            width = layer.units
        elif isinstance(layer, BatchNormalization):
            own = {"gamma": jnp.ones(width), "beta": jnp.zeros(width)}
            statistics = {"mean": jnp.zeros(width), "variance": jnp.ones(width)}
        parameters.append(own)
        moving.append(statistics)
    return parameters, moving


def normalize(
    layer: BatchNormalization, own: Tree, statistics: Tree, x: jax.Array, training: bool
) -> tuple[jax.Array, Tree]:
    if training:
        mean = x.mean(axis=0)
        variance = jnp.square(x - mean).mean(axis=0)
        old, new = layer.momentum, 1 - layer.momentum
        statistics = {
            "mean": statistics["mean"] * old + mean * new,
            "variance": statistics["variance"] * old + variance * new,
        }
    else:
        mean, variance = statistics["mean"], statistics["variance"]
    scale = own["gamma"] * lax.rsqrt(variance + layer.epsilon)
    return (x - mean) * scale + own["beta"], statistics


def forward(
    run: Run, parameters: Tree, moving: Tree, x: jax.Array, key: jax.Array | None
) -> tuple[jax.Array, Tree]:
    """Outputs and the moving statistics after them. A key means training."""
    after = []
    for index, layer in enumerate(run.layers):
        own, statistics = parameters[index], moving[index]
        if isinstance(layer, Dense):
            x = x @ own["kernel"] + own["bias"]
            x = jax.nn.relu(x) if layer.relu else x
        elif isinstance(layer, BatchNormalization):
            x, statistics = normalize(layer, own, statistics, x, key is not None)
        elif isinstance(layer, Dropout) and key is not None:
            keep = jax.random.bernoulli(jax.random.fold_in(key, index), 1 - layer.rate, x.shape)
            x = jnp.where(keep, x / (1 - layer.rate), 0)
        after.append(statistics)
    return x[:, 0], after


def adam(parameters: Tree, slots: Tree, gradients: Tree, step: jax.Array) -> tuple[Tree, Tree]:
    """Keras' Adam: the bias corrections sit in the learning rate."""
    t = step.astype(jnp.float32) + 1
    rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    first = jax.tree.map(lambda m, g: m + (g - m) * 0.1, slots[0], gradients)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, slots[1], gradients)
    moved = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), parameters, first, second
    )
    return moved, (first, second)


def sgd(parameters: Tree, slots: Tree, gradients: Tree, step: jax.Array) -> tuple[Tree, Tree]:
    return jax.tree.map(lambda p, g: p - 1e-2 * g, parameters, gradients), slots


def train_step(run: Run, key: jax.Array, carry: Tree, batch: Tree) -> tuple[Tree, jax.Array]:
    parameters, moving, slots, step = carry
    x, y = batch

    def loss_of(parameters: Tree) -> tuple[jax.Array, Tree]:
        outputs, after = forward(run, parameters, moving, x, jax.random.fold_in(key, step))
        return jnp.abs(outputs - y).mean(), after

    (loss, moving), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters)
    update = adam if run.optimizer == "adam" else sgd
    parameters, slots = update(parameters, slots, gradients, step)
    return (parameters, moving, slots, step + 1), loss * len(y)


@partial(jax.jit, static_argnums=0, donate_argnums=2)
def train_epoch(
    run: Run, key: jax.Array, carry: Tree, order: jax.Array, x: jax.Array, y: jax.Array
) -> tuple[Tree, jax.Array]:
    rows, size = len(order), run.batch_size
    step = partial(train_step, run, key)
    whole = rows - rows % size
    x, y = x[order], y[order]
    batches = (x[:whole].reshape(-1, size, x.shape[1]), y[:whole].reshape(-1, size))
    carry, losses = lax.scan(step, carry, batches)
    total = losses.sum()
    if whole < rows:
        carry, loss = step(carry, (x[whole:], y[whole:]))
        total += loss
    return carry, total / rows


@partial(jax.jit, static_argnums=0)
def validate(run: Run, parameters: Tree, moving: Tree, x: jax.Array, y: jax.Array) -> jax.Array:
    outputs, _ = forward(run, parameters, moving, x, key=None)
    return jnp.abs(outputs - y).mean()


class PeerOf(Peer):
    def __init__(self, run: Run, data: Data) -> None:
        super().__init__(run, data)
        self.train = (jnp.asarray(data.x_train), jnp.asarray(data.y_train))
        self.valid = (jnp.asarray(data.x_valid), jnp.asarray(data.y_valid))

    def build(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.key = jax.random.key(seed)
        parameters, moving = initial(self.run, self.data.columns, self.generator)
        slots: Tree = ()
        if self.run.optimizer == "adam":
            slots = tuple(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        self.carry = (parameters, moving, slots, jnp.zeros((), jnp.int32))

    def reset(self, seed: int) -> None:
        self.build(seed)  # compiled code is kept by function and shape, not by network

    def fit(self) -> list[float]:
        carry, losses = self.carry, []
        rows = len(self.data.x_train)
        for _ in range(self.run.epochs):
            order = self.generator.permutation(rows).astype(np.int32)
            carry, _ = train_epoch(self.run, self.key, carry, order, *self.train)
            if self.data.validates:
                losses.append(validate(self.run, carry[0], carry[1], *self.valid))
        for leaf in jax.tree.leaves(carry):
            leaf.block_until_ready()
        return [float(loss) for loss in losses]

    @staticmethod
    def facts() -> dict[str, str]:
        return {"JAX device": jax.devices()[0].device_kind}
