"""Learning rates and dropout rates as functions of the step. One file a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core import catalogue
from trimtab.nn.registry import Registry
from trimtab.nn.schedules.base import LearningRateSchedule, Schedule
from trimtab.nn.schedules.cosine_decay import CosineDecay
from trimtab.nn.schedules.dropout import (
    CosineDropout,
    DropoutSchedule,
    EarlyDropout,
    FlatCosineDropout,
    LateDropout,
    LinearDropout,
)
from trimtab.nn.schedules.exponential_decay import ExponentialDecay

__all__ = [
    "CosineDecay",
    "CosineDropout",
    "DropoutSchedule",
    "EarlyDropout",
    "ExponentialDecay",
    "FlatCosineDropout",
    "LateDropout",
    "LearningRateSchedule",
    "LinearDropout",
    "Schedule",
    "deserialize",
    "serialize",
]

REGISTRY: Registry[Schedule] = Registry(
    "schedule",
    "schedules",
    Schedule,
    (
        CosineDecay,
        CosineDropout,
        EarlyDropout,
        ExponentialDecay,
        FlatCosineDropout,
        LateDropout,
        LinearDropout,
    ),
)


def serialize(schedule: Schedule) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(schedule)


def deserialize(config: Mapping[str, Any]) -> Schedule:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)


__getattr__ = catalogue.refusals("schedules", __all__)
