"""Learning rates as functions of the step. One file a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never

from trimtab import catalogue
from trimtab.registry import Registry
from trimtab.schedules.base import LearningRateSchedule
from trimtab.schedules.cosine_decay import CosineDecay
from trimtab.schedules.exponential_decay import ExponentialDecay

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "LearningRateSchedule",
    "deserialize",
    "serialize",
]

REGISTRY: Registry[LearningRateSchedule] = Registry(
    "schedule", "schedules", LearningRateSchedule, (CosineDecay, ExponentialDecay)
)


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(schedule)


def deserialize(config: Mapping[str, Any]) -> LearningRateSchedule:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)


def __getattr__(name: str) -> Never:
    raise catalogue.missing("schedules", name, __all__)
