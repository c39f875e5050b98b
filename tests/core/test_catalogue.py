"""Names that Keras has and trimtab lacks are refused as such; a typo gets the nearest name."""

import importlib
import re

import pytest

import trimtab
from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from trimtab import keras as keras_names
from trimtab.core import catalogue
from trimtab.core.catalogue import MissingAttribute, MissingImport, UnknownAttribute, UnknownImport
from trimtab.errors import TrimtabError, Unsupported
from trimtab.nn import (
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)

OUTSIDE = (
    " is not supported: trimtab trains dense networks with dropout and batch normalization on "
    "tables. Use Keras here."
)

#: Module of the catalogue -> module of trimtab that refuses its names.
MODULES = {
    "keras": "trimtab.keras",
    "schedules": "trimtab.keras.optimizers.schedules",
    **{
        name: f"trimtab.keras.{name}"
        for name in (
            *("activations", "backend", "callbacks", "constraints", "initializers"),
            *(
                "layers",
                "losses",
                "metrics",
                "models",
                "optimizers",
                "regularizers",
                "saving",
                "utils",
            ),
        )
    },
}


#: Tables whose names a module must not refuse.
REGISTRIES = {
    module.REGISTRY.module: module.REGISTRY
    for module in (
        *(constraints, initializers, layers, losses, metrics, optimizers),
        *(regularizers, schedules),
    )
}


@pytest.mark.parametrize("name", ["Conv2D", "LSTM", "MultiHeadAttention", "RandomFlip"])
def test_layers_outside(name):
    assert_refused(MissingAttribute, f"layers.{name}{OUTSIDE}", lambda: getattr(layers, name))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Hashing", "Prepare the columns before fit, or let trimtab.train do it from the table."),
        (
            "GroupNormalization",
            "Use layers.BatchNormalization(). Or: subclass layers.Layer and write call(self, x) in "
            "jax.numpy.",
        ),
        ("Lambda", "Subclass layers.Layer and write call(self, x) in jax.numpy."),
    ],
)
def test_layers_to_come(name, advice):
    assert_refused(
        MissingAttribute,
        f"layers.{name} is not supported yet. {advice}",
        lambda: getattr(layers, name),
    )


def missing_names():
    """Each name of Keras that is missing here: module, name and sentence."""
    for module, path in MODULES.items():
        ours = importlib.import_module(path)
        for name in sorted(catalogue.names(module)):
            if not hasattr(ours, name):
                yield module, name, catalogue.sentence(module, name)


def test_every_refusal_says_what_to_use():
    missing = [*missing_names()]
    assert len(missing) > 200
    for module, name, said in missing:
        start, advice = said.split(" is not supported", 1)
        assert start == f"{module}.{name}"
        advice = advice.partition(". ")[2]
        assert re.search(
            r"\b(Use|Pass|Write|Leave|Subclass|use|Standardize|Prepare)\b|float32|"
            r"Download|register",
            advice,
        ), said


def test_what_is_advised_exists():
    """Each ``layers.X`` of a sentence is there, and each call without blanks to fill in runs."""
    import sklearn.metrics

    scope = {name: getattr(keras_names, name) for name in keras_names.__all__}
    scope |= {"schedules": keras_names.optimizers.schedules, "trimtab": trimtab, "sklearn": sklearn}
    advised = " ".join(sentence for _, _, sentence in missing_names())
    named = set(
        re.findall(r"(?:(?<=[Uu]se )|(?<=with )|(?<=regularizer=))((?:[a-z]+\.)+\w+)", advised)
    )
    assert {
        "layers.BatchNormalization",
        "losses.BinaryFocalCrossentropy",
        "trimtab.register",
    } <= named
    for path in named:
        if path.partition(".")[0] in scope:  # else it is JAX's, NumPy's, a layer's or a model's
            assert eval(path, scope) is not None, path
    calls = set(
        re.findall(r"Use ((?:layers|regularizers|optimizers|initializers)\.\w+\([^()]*\))", advised)
    )
    assert len(calls) > 2
    for call in calls:
        assert eval(call, scope) is not None, call


@pytest.mark.parametrize(
    ("family", "short", "full"),
    [
        ("optimizers", "muon", "Muon"),
        ("optimizers", "adafactor", "Adafactor"),
    ],
)
def test_short_names_are_not_taken_for_typos(family, short, full):
    with pytest.raises(Unsupported, match=rf"^{family}\.{full} is not supported yet\. Use "):
        getattr(keras_names, family).get(short)


def test_lower_names_of_what_is_outside_are_not_taken_for_typos():
    with pytest.raises(Unsupported, match=r"^losses\.ctc is not supported\. It is for sequences"):
        keras_names.losses.get("ctc")


def test_what_to_use_instead():
    assert_refused(
        MissingAttribute,
        "layers.SpectralNormalization is not supported yet. Use layers.BatchNormalization(). Or: "
        "subclass layers.Layer and write call(self, x) in jax.numpy.",
        lambda: layers.SpectralNormalization,
    )


def test_what_custom_code_uses_instead():
    assert_refused(
        MissingAttribute,
        "layers.Lambda is not supported yet. Subclass layers.Layer and write call(self, x) in "
        "jax.numpy.",
        lambda: layers.Lambda,
    )
    assert_refused(
        MissingAttribute,
        "utils.get_custom_objects is not supported. Use trimtab.register, or pass custom_objects= "
        "when loading.",
        lambda: keras_names.utils.get_custom_objects,
    )
    assert_refused(
        MissingAttribute,
        "keras.ops is not supported. Write custom layers and losses in jax.numpy.",
        lambda: keras_names.ops,
    )


def test_typo():
    assert_refused(
        UnknownAttribute, "layers has no 'Densee'. Did you mean 'Dense'?", lambda: layers.Densee
    )
    assert_refused(UnknownAttribute, "layers has no 'zzz'.", lambda: layers.zzz)


def test_import_statements_keep_the_sentence():
    def outside():
        from trimtab.nn.layers import Conv2D  # noqa: F401

    def typo():
        from trimtab.nn.layers import Dens  # noqa: F401

    assert_refused(MissingImport, f"layers.Conv2D{OUTSIDE}", outside)
    assert_refused(UnknownImport, "layers has no 'Dens'. Did you mean 'Dense'?", typo)


@pytest.mark.parametrize("module", ["trimtab.losses", "trimtab.keras.losses", "trimtab.nn.losses"])
def test_every_name_of_a_module_keeps_the_sentence(module):
    """Public names, Keras' names and the modules themselves; with and without ``from``."""
    text = (
        "losses.Dice is not supported. It is for images: of a table, use "
        "losses.BinaryFocalCrossentropy."
    )
    for statement in (f"from {module} import Dice", f"import {module}.Dice"):
        assert_refused(MissingImport, text, lambda s=statement: exec(s))
    assert_refused(
        UnknownImport,
        "losses has no 'Meen'.",
        lambda: exec(f"from {module} import BinaryCrossentropy, Meen"),
    )


def test_other_imports_are_left_to_python():
    for statement, text in [
        ("import trimtab.nowhere", "No module named 'trimtab.nowhere'"),
        ("import trimtab.coach.nowhere", "No module named 'trimtab.coach.nowhere'"),
        (
            "from trimtab.findings import nowhere",
            "cannot import name 'nowhere' from 'trimtab.findings'",
        ),
    ]:
        with pytest.raises(ImportError, match=text) as refusal:
            exec(statement)
        assert not isinstance(refusal.value, TrimtabError)


def test_hasattr_and_getattr_work():
    assert not hasattr(layers, "Conv2D")
    assert not hasattr(layers, "__wrapped__")
    assert getattr(layers, "Densee", None) is None


def test_errors_are_also_the_ones_that_users_expect():
    assert issubclass(MissingAttribute, Unsupported) and issubclass(
        MissingAttribute, AttributeError
    )
    assert issubclass(MissingImport, Unsupported) and issubclass(MissingImport, ImportError)
    assert issubclass(UnknownAttribute, TrimtabError)
    assert issubclass(UnknownImport, TrimtabError)


@pytest.mark.parametrize(("known_as", "module"), MODULES.items())
def test_every_name_of_the_installed_keras(known_as, module):
    """Each name of Keras is there, or refused as one of Keras; none is called a typo."""
    keras = import_keras()
    path = {"keras": "keras", "schedules": "keras.optimizers.schedules"}
    reference = importlib.import_module(path.get(known_as, f"keras.{known_as}"))
    public = {name for name in dir(reference) if not name.startswith("_")}
    assert keras is not None and public <= catalogue.names(known_as)
    ours = importlib.import_module(module)
    for name in sorted(catalogue.names(known_as)):
        try:
            getattr(ours, name)
        except MissingAttribute as refusal:
            assert name in str(refusal)  # noqa: PT017 - some names are there, and none must raise
            table = REGISTRIES.get(known_as)
            assert table is None or name not in table.names


@pytest.mark.parametrize("module", MODULES.values())
def test_what_is_public_exists(module):
    ours = importlib.import_module(module)
    for name in ours.__all__:
        assert getattr(ours, name) is not None
