"""From a name, a configuration or an instance to the instance."""

import importlib

import pytest

from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, Unsupported
from trimtab.nn import (
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)
from trimtab.nn.initializers import HeNormal
from trimtab.nn.registry import snake_case

INITIALIZERS = initializers.REGISTRY


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [
        ("BatchNormalization", "batch_normalization"),
        ("ReLU", "re_lu"),
        ("SGD", "sgd"),
        ("AdamW", "adam_w"),
        ("L1L2", "l1_l2"),
    ],
)
def test_snake_case(class_name, expected):
    assert snake_case(class_name) == expected


@pytest.mark.parametrize(
    "identifier",
    [
        "he_normal",
        "HeNormal",
        HeNormal,
        HeNormal(),
        {"class_name": "HeNormal", "config": {}},
        {"class_name": "HeNormal"},
        {
            "module": "keras.initializers",
            "class_name": "HeNormal",
            "config": {"seed": None, "input_axes": None, "output_axes": None},
            "registered_name": None,
        },
    ],
)
def test_get(identifier):
    assert INITIALIZERS.get(identifier) == HeNormal()


def test_get_keeps_an_instance():
    instance = HeNormal(seed=3)
    assert INITIALIZERS.get(instance) is instance


def test_optional():
    assert INITIALIZERS.optional(None) is None


@pytest.mark.parametrize(
    ("identifier", "error", "text"),
    [
        (
            "he_norml",
            InvalidArgument,
            "no initializer is called 'he_norml'. Did you mean 'he_normal'?",
        ),
        (
            "stft",
            Unsupported,
            "initializers.stft is not supported. Use initializers.GlorotUniform(): this one is for "
            "sound.",
        ),
        (
            3,
            InvalidArgument,
            "initializer must be a name or an initializer of trimtab.initializers, received 3.",
        ),
        (
            {"config": {}},
            InvalidArgument,
            "a serialized initializer must hold 'class_name' and 'config', "
            "received {'config': {}}.",
        ),
    ],
)
def test_refused(identifier, error, text):
    assert_refused(error, text, lambda: INITIALIZERS.get(identifier))


def test_nothing_near_lists_the_known():
    assert_refused(
        InvalidArgument,
        "no regularizer is called 'zzz'. Known are 'l1', 'l1_l2', 'l2', 'orthogonal_regularizer'.",
        lambda: regularizers.get("zzz"),
    )


#: Classes with an argument that has no default.
NEEDS = (
    *("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "PrecisionAtRecall", "RecallAtPrecision"),
    *("SensitivityAtSpecificity", "SpecificityAtSensitivity"),
)


@pytest.mark.parametrize(
    "module", [constraints, initializers, losses, metrics, optimizers, regularizers]
)
def test_every_name_of_every_table(module):
    for name, cls in module.REGISTRY.names.items():
        if cls.__name__ not in NEEDS:
            assert type(module.get(name)) is cls
            continue
        with pytest.raises(InvalidArgument, match=f"metric {cls.__name__} needs .* Pass metrics."):
            module.get(name)


def test_a_name_alone_does_not_do():
    for given in ("iou", metrics.IoU):
        assert_refused(
            InvalidArgument,
            "metric IoU needs num_classes and target_class_ids. Pass metrics.IoU(num_classes=..., "
            "target_class_ids=...).",
            lambda given=given: metrics.get(given),
        )


@pytest.mark.parametrize(
    "registry",
    [
        module.REGISTRY
        for module in (
            *(constraints, initializers, losses, metrics),
            *(optimizers, regularizers, schedules),
        )
    ],
)
def test_every_class_is_public(registry):
    module = importlib.import_module(f"trimtab.{registry.module}")
    assert set(registry.classes) <= set(module.__all__)
