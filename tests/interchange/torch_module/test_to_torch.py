"""Networks as modules of PyTorch: the same predictions, of plain layers."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any

import numpy as np
import pytest

import trimtab
from tests.parity.graphs import Shape, graph, rows, shapes
from trimtab import activations, layers
from trimtab import keras as ours
from trimtab.errors import EngineError, NotBuilt, Unsupported
from trimtab.schedules import LinearDropout

HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")

#: Of predictions, as a share of the largest.
VALUES = 1e-6


def far(actual: Any, expected: Any) -> float:
    if isinstance(expected, list):
        return max(far(a, e) for a, e in zip(actual, expected, strict=True))
    difference = np.abs(actual.detach().numpy() - expected).max()
    return float(difference / max(np.abs(expected).max(), 1e-30))


def rich(model: Any) -> Any:
    draw = np.random.default_rng(1)
    weights = [0.4 * draw.normal(size=weight.shape) for weight in model.weights]
    for weight, value in zip(model.weights, weights, strict=True):
        weight.assign(np.abs(value) + 0.2 if "variance" in weight.path else value)
    return model


def row(*parts: Any) -> Any:
    return trimtab.Sequential([layers.Input((4,)), *parts])


LAYERS: dict[str, Any] = {
    "dense": lambda: [layers.Dense(3, activation="relu"), layers.Dense(2, use_bias=False)],
    "norm": lambda: [layers.BatchNormalization(momentum=0.9, epsilon=0.01)],
    "norm without scale": lambda: [layers.BatchNormalization(scale=False)],
    "norm without center": lambda: [layers.BatchNormalization(center=False)],
    "plain norm": lambda: [layers.BatchNormalization(center=False, scale=False)],
    "layer norm": lambda: [layers.LayerNormalization(), layers.LayerNormalization(scale=False)],
    "rms": lambda: [layers.RMSNormalization(), layers.UnitNormalization()],
    "dropout": lambda: [layers.Dropout(0.3), layers.AlphaDropout(0.3)],
    "functions": lambda: [layers.ReLU(max_value=0.7), layers.LeakyReLU(0.1), layers.ELU(0.4)],
    "softmax": lambda: [layers.Softmax()],
    "as it is": lambda: [layers.Reshape((4,)), layers.ActivityRegularization(l1=0.1)],
    "prelu": lambda: [layers.PReLU()],
    "embedding": lambda: [layers.Embedding(5, 3), layers.Flatten(), layers.Identity()],
    "categories": lambda: [layers.CategoryEmbedding([5, 5], [2, 3])],
    "residual": lambda: [layers.Residual(layers.Dense(4)), layers.Residual(layers.Dense(2))],
    "nothing": lambda: [layers.Reshape((4,)), layers.ActivityRegularization(0.1)],
    "rescaling": lambda: [layers.Rescaling([1.0, 2.0, 3.0, 4.0], 0.5)],
    "given": lambda: [layers.Normalization(mean=1.5, variance=2.0, invert=True)],
}
CODES = ("embedding", "categories")


@needs_torch
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_predicts_the_same(name: str) -> None:
    import torch

    model = rich(row(*LAYERS[name](), layers.Dense(2, name="end")))
    draw = np.random.default_rng(0)
    x = draw.normal(size=(16, 4)) if name not in CODES else draw.integers(0, 5, (16, 4))
    x = x.astype(np.float32)
    module = model.to_torch()
    assert isinstance(module, torch.nn.Sequential) and not module.training
    assert far(module(torch.tensor(x)), model.predict(x, verbose=0)) <= VALUES


@needs_torch
def test_a_normalization_keeps_what_it_was_adapted_to() -> None:
    import torch

    x = np.random.default_rng(0).normal(3, 2, size=(32, 4)).astype(np.float32)
    layer = layers.Normalization()
    layer.adapt(x)
    model = row(layer, layers.Dense(1))
    assert far(model.to_torch()(torch.tensor(x)), model.predict(x, verbose=0)) <= VALUES


@needs_torch
@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_every_activation_is_the_same_or_refused(name: str) -> None:
    import torch

    function: Any = getattr(activations, name)
    if name == "threshold":
        function = partial(function, threshold=0.2, default_value=-1.0)
    model = row(layers.Activation(function))
    x = np.random.default_rng(0).normal(0, 3, size=(64, 4)).astype(np.float32)
    if name in ("exponential", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus"):
        with pytest.raises(Unsupported, match=f"the activation {name}, for which PyTorch has no"):
            model.to_torch()
        return
    assert far(model.to_torch()(torch.tensor(x)), model.predict(x, verbose=0)) <= VALUES


@needs_torch
@pytest.mark.parametrize("shape", [*shapes(8), *shapes(4, inputs=2, outputs=3)], ids=str)
def test_a_graph_predicts_the_same(shape: Shape) -> None:
    import torch

    x = rows(shape)[0]
    model = rich(graph(ours, shape))
    module = model.to_torch()
    expected = model.predict(x if len(x) > 1 else x[0], verbose=0)
    assert far(module(*(torch.tensor(each) for each in x)), expected) <= VALUES
    parameters = sum(p.numel() for p in module.parameters())
    assert parameters == sum(weight.size for weight in model.trainable_weights)


@needs_torch
def test_scalar_products_and_branches_of_one_column() -> None:
    import torch

    x = trimtab.Input((4,))
    a, b = layers.Dense(5, name="a")(x), layers.Dense(5, name="b")(x)
    gate = layers.Dot(axes=1, normalize=True)([a, b])
    joined = [layers.Multiply()([a, gate]), layers.Maximum()([gate, b]), layers.Dot(1)([a, b])]
    model = rich(trimtab.Model(x, layers.Concatenate()(joined)))
    rows = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    module = model.to_torch().eval()
    assert far(module(torch.tensor(rows)), model.predict(rows)) < VALUES


@needs_torch
def test_products_and_columns_that_go_backwards() -> None:
    import torch

    x = layers.Input((4,))
    dots = [layers.Dot(axes=1, normalize=each)([x, x[:, ::-1]]) for each in (False, True)]
    model = trimtab.Model(x, layers.Multiply()([x, layers.Add()(dots)]))
    rows = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    assert far(model.to_torch()(torch.tensor(rows)), model.predict(rows, verbose=0)) <= VALUES


@needs_torch
def test_it_trains_and_is_kept_as_modules_are(tmp_path: Any) -> None:
    import torch

    model = row(
        layers.Dense(8, "relu", name="hidden"), layers.BatchNormalization(), layers.Dense(1)
    )
    model.layers[0].trainable = False
    module = model.to_torch()
    assert type(module.hidden[0]) is torch.nn.Linear and type(module.hidden[1]) is torch.nn.ReLU
    assert not module.hidden[0].weight.requires_grad
    x = torch.tensor(np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32))
    y = x.sum(dim=1, keepdim=True)
    trained = [each for each in module.parameters() if each.requires_grad]
    optimizer, first = torch.optim.Adam(trained, 0.05), None
    module.train()
    for _ in range(40):
        loss = torch.nn.functional.mse_loss(module(x), y)
        first = loss.item() if first is None else first
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert first is not None and loss.item() < first / 2
    torch.save(module.state_dict(), tmp_path / "m.pt")
    again = model.to_torch()
    again.load_state_dict(torch.load(tmp_path / "m.pt", weights_only=True))
    assert torch.equal(again(x), module.eval()(x))


#: What has no plain layer in PyTorch.
REFUSED: dict[str, tuple[Any, str]] = {
    "noise": (lambda: [layers.GaussianNoise(0.1, name="n")], "n: GaussianNoise has no plain layer"),
    "bins": (lambda: [layers.Discretization([0.0])], "Discretization has no plain layer"),
    "weights": (lambda: [layers.DropConnect(2, 0.5)], "DropConnect has no plain layer"),
    "ramp": (lambda: [layers.Dropout(LinearDropout(0.5, 0.0, epochs=5))], "follows a schedule"),
    "shape": (lambda: [layers.Dropout(0.5, noise_shape=(None, 1))], "has a noise_shape"),
    "threshold": (lambda: [layers.ReLU(threshold=1.0)], "the activation relu, for which"),
}


@needs_torch
@pytest.mark.parametrize("name", REFUSED)
def test_what_pytorch_has_not_is_named(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(Unsupported, match=message):
        row(*make(), layers.Dense(1)).to_torch()


@needs_torch
def test_members_and_networks_without_weights_are_refused() -> None:
    with pytest.raises(Unsupported, match="is a network of 2 members"):
        trimtab.Sequential([layers.Input((4,)), layers.Dense(1)], members=2).to_torch()
    with pytest.raises(NotBuilt, match="is not built yet"):
        trimtab.Sequential([layers.Dense(1)]).to_torch()


@pytest.mark.skipif(HAS_TORCH, reason="PyTorch is installed")
def test_without_pytorch_the_message_says_what_to_install() -> None:
    with pytest.raises(EngineError, match="Run: pip install torch"):
        row(layers.Dense(1)).to_torch()
