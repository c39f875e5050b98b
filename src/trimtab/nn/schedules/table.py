"""All schedules by name: each file enters its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.nn.registry import Registry
from trimtab.nn.schedules.base import Schedule

__all__ = ["REGISTRY", "deserialize", "serialize"]

REGISTRY: Registry[Schedule] = Registry("schedule", "schedules", Schedule)


def serialize(schedule: Schedule) -> dict[str, Any]:
    """``{"class_name": ..., "config": ...}``"""
    return REGISTRY.serialize(schedule)


def deserialize(config: Mapping[str, Any]) -> Schedule:
    """The inverse of :func:`serialize`."""
    return REGISTRY.deserialize(config)
