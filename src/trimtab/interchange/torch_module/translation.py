"""Each layer as a module of PyTorch."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from trimtab.errors import Unsupported
from trimtab.interchange.torch_module.modules import (
    Affine,
    Codes,
    Columns,
    Dot,
    Graph,
    Join,
    Length,
    Residual,
)
from trimtab.model.model import Model
from trimtab.nn import activations, layers
from trimtab.nn.layers.activation import FunctionLayer
from trimtab.nn.layers.merging import Merging

__all__ = ["module_of"]

_INSTEAD = "Use model.save('model.keras') and Keras' torch backend, or model.save('model.trimtab')."


def module_of(model: Model) -> nn.Module:
    """The network as a module, in inference mode.

    Args:
        model: the network; it must be built.
    """
    if len(model) > 1:
        raise Unsupported(
            f"{model.name} is a network of {len(model)} members, which has no plain layers in "
            "PyTorch. Use model.save('model.trimtab')."
        )
    model.built_width()
    model.pull()
    steps = model.graph().steps()
    modules: dict[str, Any] = {}
    names: dict[int, str] = {}
    calls = []
    for step in steps.steps:
        name = names.get(id(step.layer))
        if name is None:
            name = names[id(step.layer)] = _free(step.layer.name, modules)
            modules[name] = _module(step.layer)
        calls.append((name, step.inputs))
    row = [(number,) for number in range(len(calls))]
    if [read for _, read in calls] == row and len(modules) == len(calls) and steps.inputs == 1:
        made: nn.Module = nn.Sequential(OrderedDict(modules))
    else:
        made = Graph(modules, calls, steps.inputs, steps.outputs, model.output_keys)
    return made.eval()


def _free(name: str, taken: dict[str, Any]) -> str:
    """A name that modules may have, and none of these has yet."""
    plain = name.replace(".", "_")
    number, free = 0, plain
    while free in taken or hasattr(nn.ModuleDict, free):
        number += 1
        free = f"{plain}_{number}"
    return free


def _module(layer: Any) -> nn.Module:
    """The module of a layer.

    Raises:
        Unsupported: there is none; the message names the layer.
    """
    for kind, make in _KINDS.items():
        if isinstance(layer, kind) and type(layer).lower is kind.lower:  # computed as that class
            made = make(layer)
            if not layer.trainable:
                made.requires_grad_(False)
            return made
    raise _refusal(layer, "has no plain layer in PyTorch")


def _refusal(layer: Any, problem: str) -> Unsupported:
    return Unsupported(f"{layer.path}: {type(layer).__name__} {problem}. {_INSTEAD}")


def _parameter(values: Any, trainable: bool = True) -> nn.Parameter:
    return nn.Parameter(torch.tensor(np.asarray(values, np.float32)), requires_grad=trainable)


def _followed(module: nn.Module, layer: Any) -> nn.Module:
    """The module and the layer's activation behind it."""
    behind = _activation(layer)
    return module if isinstance(behind, nn.Identity) else nn.Sequential(module, behind)


def _dense(layer: Any) -> nn.Module:
    inputs, units = layer.kernel.shape
    linear = nn.Linear(inputs, units, bias=layer.bias is not None)
    linear.weight = _parameter(layer.kernel.value.T)
    if layer.bias is not None:
        linear.bias = _parameter(layer.bias.value)
    return _followed(linear, layer)


def _scaled(module: Any, scale: Any, center: Any, width: int) -> nn.Module:
    """Sets the factors and summands of a normalization; what it has not stays 1 and 0."""
    if scale is not None or center is not None:
        one, zero = np.ones(width), np.zeros(width)
        module.weight = _parameter(one if scale is None else scale.value, scale is not None)
        module.bias = _parameter(zero if center is None else center.value, center is not None)
    return module


def _batch_normalization(layer: Any) -> nn.Module:
    width = layer.input_width
    affine = layer.gamma is not None or layer.beta is not None
    norm = nn.BatchNorm1d(width, layer.epsilon, momentum=1 - layer.momentum, affine=affine)
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    norm.running_mean = torch.tensor(np.array(mean))
    norm.running_var = torch.tensor(np.array(variance))
    return _scaled(norm, layer.gamma, layer.beta, width)


def _layer_normalization(layer: Any) -> nn.Module:
    affine = layer.gamma is not None or layer.beta is not None
    norm = nn.LayerNorm(layer.input_width, layer.epsilon, elementwise_affine=affine)
    return _scaled(norm, layer.gamma, layer.beta, layer.input_width)


def _rms_normalization(layer: Any) -> nn.Module:
    norm = nn.RMSNorm(layer.input_width, layer.epsilon)
    norm.weight = _parameter(layer.scale.value)
    return norm


def _dropout(kind: Callable[[float], nn.Module]) -> Callable[[Any], nn.Module]:
    def make(layer: Any) -> nn.Module:
        if layer.schedule is not None:
            raise _refusal(layer, "follows a schedule, which no layer of PyTorch does")
        if layer.noise_shape is not None:
            raise _refusal(layer, "has a noise_shape, which no layer of PyTorch has")
        return kind(layer.rate)

    return make


def _prelu(layer: Any) -> nn.Module:
    module = nn.PReLU(layer.input_width)
    module.weight = _parameter(layer.alpha.value)
    return module


def _table(weight: Any) -> nn.Embedding:
    return nn.Embedding.from_pretrained(torch.tensor(np.array(weight.value)), freeze=False)


def _embedding(layer: Any) -> nn.Module:
    shared = _table(layer.embeddings)
    return Codes([shared] * layer.input_width)


def _categories(layer: Any) -> nn.Module:
    tables = [_table(weight) for weight in layer.weights]
    return Codes(tables, layer.input_width - len(tables))


def _normalization(layer: Any) -> nn.Module:
    given = layer.input_mean is not None
    mean = layer.input_mean if given else layer.mean.value
    variance = layer.input_variance if given else layer.variance.value
    deviation = np.maximum(np.sqrt(np.asarray(variance, np.float32)), np.float32(1e-7))
    return Affine(deviation, mean) if layer.invert else Affine(1 / deviation, shift=mean)


def _columns(layer: Any) -> nn.Module:
    return Columns(layer.start, layer.stop, layer.step)


def _residual(layer: Any) -> nn.Module:
    block: dict[str, Any] = {}
    for inner in layer.layers:
        block[_free(inner.name, block)] = _module(inner)
    projection: nn.Module = nn.Identity()
    if layer.kernel is not None:
        projection = nn.Linear(*layer.kernel.shape, bias=False)
        projection.weight = _parameter(layer.kernel.value.T)
    return Residual(nn.Sequential(OrderedDict(block)), projection)


#: Class -> what makes the module; the first that fits.
_KINDS: dict[type[Any], Callable[[Any], nn.Module]] = {
    layers.Dense: _dense,
    layers.BatchNormalization: _batch_normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.RMSNormalization: _rms_normalization,
    layers.UnitNormalization: lambda layer: Length(),
    layers.AlphaDropout: _dropout(nn.AlphaDropout),
    layers.Dropout: _dropout(nn.Dropout),
    layers.PReLU: _prelu,
    FunctionLayer: lambda layer: _activation(layer),
    layers.Embedding: _embedding,
    layers.CategoryEmbedding: _categories,
    layers.Normalization: _normalization,
    layers.Rescaling: lambda layer: Affine(layer.scale, layer.offset),
    layers.ScaledBy: lambda layer: Affine(layer.factor, layer.offset),
    layers.ColumnSlice: _columns,
    layers.Flatten: lambda layer: nn.Flatten(),
    layers.Reshape: lambda layer: nn.Flatten(),
    layers.Identity: lambda layer: nn.Identity(),
    layers.ActivityRegularization: lambda layer: nn.Identity(),  # a part of the loss alone
    layers.Residual: _residual,
    layers.Dot: lambda layer: Dot(layer.normalize),
    Merging: lambda layer: Join(type(layer).__name__),
}


# -- activations ------------------------------------------------------------------------------


def _rectifier(max_value: float, negative_slope: float, threshold: float) -> nn.Module | None:
    if threshold:
        return None
    if math.isinf(max_value):
        return nn.LeakyReLU(negative_slope) if negative_slope else nn.ReLU()
    if negative_slope:
        return None
    return nn.ReLU6() if max_value == 6 else nn.Hardtanh(0.0, max_value)


#: Function of an op -> what makes the module of its attributes.
_FUNCTIONS: dict[str, Callable[..., nn.Module | None]] = {
    "relu": _rectifier,
    "celu": lambda alpha: nn.CELU(alpha),
    "elu": lambda alpha: nn.ELU(alpha),
    "gelu": lambda: nn.GELU(),
    "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "hard_shrink": lambda threshold: nn.Hardshrink(threshold),
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "log_sigmoid": nn.LogSigmoid,
    "log_softmax": lambda: nn.LogSoftmax(dim=1),
    "mish": nn.Mish,
    "selu": nn.SELU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "soft_shrink": lambda threshold: nn.Softshrink(threshold),
    "softmax": lambda: nn.Softmax(dim=1),
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "tanh": nn.Tanh,
    "tanh_shrink": nn.Tanhshrink,
    "threshold": lambda threshold, default_value: nn.Threshold(threshold, default_value),
}


def _activation(layer: Any) -> nn.Module:
    kind, attributes = activations.lowered(layer.activation)
    if kind is None:
        return nn.Identity()
    if kind == "glu":
        return nn.GLU(dim=1)
    settings = dict(attributes)
    make = _FUNCTIONS.get(settings.pop("function"))
    made = None if make is None else make(**settings)
    if made is None:
        name = activations.name_of(layer.activation)
        raise _refusal(layer, f"has the activation {name}, for which PyTorch has no such module")
    return made
