"""Schedules: learning rates and dropout rates as functions of the step. One file a family."""

from __future__ import annotations

from trimtab.core import catalogue
from trimtab.nn.schedules.base import LearningRateSchedule, Schedule
from trimtab.nn.schedules.cosine_decay import CosineDecay
from trimtab.nn.schedules.cosine_decay_restarts import CosineDecayRestarts
from trimtab.nn.schedules.dropout import (
    CosineDropout,
    DropoutSchedule,
    EarlyDropout,
    FlatCosineDropout,
    LateDropout,
    LinearDropout,
)
from trimtab.nn.schedules.exponential_decay import ExponentialDecay
from trimtab.nn.schedules.flat_cosine_decay import FlatCosineDecay
from trimtab.nn.schedules.inverse_time_decay import InverseTimeDecay
from trimtab.nn.schedules.log_cosine_decay import LogCosineDecay
from trimtab.nn.schedules.one_cycle import OneCycle
from trimtab.nn.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from trimtab.nn.schedules.polynomial_decay import PolynomialDecay
from trimtab.nn.schedules.table import REGISTRY as REGISTRY
from trimtab.nn.schedules.table import deserialize, serialize

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "CosineDropout",
    "DropoutSchedule",
    "EarlyDropout",
    "ExponentialDecay",
    "FlatCosineDecay",
    "FlatCosineDropout",
    "InverseTimeDecay",
    "LateDropout",
    "LearningRateSchedule",
    "LinearDropout",
    "LogCosineDecay",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "Schedule",
    "deserialize",
    "serialize",
]

__getattr__ = catalogue.refusals("schedules", __all__)
