"""Calls that do not fit say which argument was meant."""

import inspect

import pytest

import trimtab
from trimtab.core.named_arguments import named_arguments
from trimtab.errors import InvalidArgument


@named_arguments
def bake(data, heat=180, *, filepath=None, options=None):
    """Bakes."""
    return data, heat, filepath


def test_a_call_that_fits_is_made():
    assert bake(1) == (1, 180, None)
    assert bake(1, 2, filepath=3) == (1, 2, 3)
    assert bake.__doc__ == "Bakes." and "heat" in inspect.signature(bake).parameters


@pytest.mark.parametrize(
    ("positions", "names", "said"),
    [
        ((1,), {"haet": 2}, "bake has no argument 'haet'. Did you mean 'heat'?"),
        ((), {"X": 2}, "bake has no argument 'X'. Use data."),
        ((1,), {"path": 2}, "bake has no argument 'path'. Use filepath."),
        ((1,), {"sep": ";"}, "Use options=trimtab.tables.ReadOptions(delimiter=...)"),
        ((1,), {"missing": "?"}, "Use options=trimtab.tables.ReadOptions(missing=...)"),
        ((1,), {"zzz": 2}, "bake has no argument 'zzz'. It has 'data', 'heat', 'filepath'"),
        ((1,), {"data": 2}, "bake received data twice, by its place and as data=."),
        ((), {}, "bake needs data."),
        ((1, 2, 3), {}, "bake takes at most 2 arguments without a name"),
    ],
)
def test_what_is_said(positions, names, said):
    with pytest.raises(InvalidArgument) as refusal:
        bake(*positions, **names)
    assert said in str(refusal.value)
    assert isinstance(refusal.value, TypeError)


def test_errors_from_inside_are_not_changed():
    @named_arguments
    def broken(data):
        raise TypeError("from inside")

    with pytest.raises(TypeError, match=r"^from inside$"):
        broken(1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("epoch", "Did you mean 'epochs'?"),
        ("valdiation", "Use valid."),
        ("n_estimators", "Use committee."),
        ("random_state", "Use seed."),
        ("hidden_layer_sizes", "Use layers."),
        ("max_iter", "Use epochs."),
        ("eval_set", "Use valid."),
        ("cat_features", "Use types."),
        ("n_jobs", "Use threads."),
    ],
)
def test_options_of_train(name, said):
    with pytest.raises(InvalidArgument) as refusal:
        trimtab.train({"x": [1, 2], "y": [1, 2]}, "y", **{name: 1})
    assert str(refusal.value) == f"train has no argument {name!r}. {said}"


def test_arguments_of_other_functions():
    for call, said in [
        (lambda: trimtab.train(X=1, y=2), "Use data."),
        (lambda: trimtab.load(path="m"), "Use filepath."),
        (lambda: trimtab.load("m", custom_object=1), "Did you mean 'custom_objects'?"),
        (lambda: trimtab.tables.read("t", usecols=[1]), "Use columns."),
        (lambda: trimtab.tables.inspect("t", label="y"), "Use target."),
    ]:
        with pytest.raises(TypeError) as refusal:
            call()
        assert said in str(refusal.value)
