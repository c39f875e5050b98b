"""All metrics by name: each file of metrics enters its own, :func:`get` finds them here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.nn import registration
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.function import MeanMetricWrapper
from trimtab.nn.registry import Registry

__all__ = ["FUNCTIONS", "REGISTRY", "deserialize", "get", "serialize"]

REGISTRY: Registry[Metric] = Registry("metric", "metrics", Metric)

#: The functions that stand for a metric, as in Keras.
FUNCTIONS: dict[Callable[..., Any], type[Metric]] = {}


def get(identifier: Any) -> Metric:
    """From a name, a function, a class, a configuration or an instance to a metric."""
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        own = registration.registered_object(identifier)
        if callable(own) and not isinstance(own, type):
            return MeanMetricWrapper(own)
        metric = REGISTRY.get(identifier)
        metric.name = identifier  # History's key is the name as it was written, as in Keras
        return metric
    if callable(identifier) and not isinstance(identifier, Metric | type):
        for function, cls in FUNCTIONS.items():
            if identifier is function:
                return cls(name=function.__name__)
        return MeanMetricWrapper(identifier)
    return REGISTRY.get(identifier)


def serialize(metric: Metric) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``

    Raises:
        InvalidArgument: the metric is custom and not registered.
    """
    if type(metric) is MeanMetricWrapper:
        return {"class_name": MeanMetricWrapper.__name__, "config": metric.get_config()}
    return REGISTRY.serialize(metric)


def deserialize(config: Mapping[str, Any]) -> Metric:
    """The inverse of :func:`serialize`."""
    if config.get("class_name") == MeanMetricWrapper.__name__:
        return MeanMetricWrapper.from_config(dict(config.get("config") or {}))
    if config.get("class_name") == registration.FUNCTION:
        return MeanMetricWrapper(registration.function_of(config, "metric"))
    return REGISTRY.deserialize(config)
