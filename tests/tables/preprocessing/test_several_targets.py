"""The scaling of several targets."""

import json

import numpy as np
import pytest

from tests.support.close import assert_close
from trimtab import tables
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.tables.preprocessing import Preprocessor
from trimtab.tables.preprocessing.several_targets import SeveralTargets, fit_targets, target_from
from trimtab.tables.preprocessing.target import Target, fit_target

VALUES = np.random.default_rng(0).normal(size=(50, 3)) * [1.0, 1e6, 1e-9] + [5.0, -3e7, 1.0]


@pytest.mark.parametrize("weights", [None, np.linspace(0.1, 2, 50)])
def test_each_target_is_scaled_as_if_it_were_alone(weights):
    both, notes = fit_targets(VALUES, ("a", "b", "c"), weights, scale=True)
    assert notes == []
    scaled = both.scaled(VALUES)
    assert (scaled.shape, scaled.dtype, scaled.flags.c_contiguous) == ((50, 3), np.float32, True)
    for i in range(3):
        alone = fit_target(VALUES[:, i], weights)
        assert both.each[i] == alone
        np.testing.assert_array_equal(scaled[:, i], alone.scaled(VALUES[:, i])[:, 0])
        np.testing.assert_array_equal(both.to_units(scaled)[:, i], alone.to_units(scaled[:, i]))
    assert_close(both.of_outputs(scaled.astype(float)), VALUES, 1e-6, scale=np.abs(VALUES))
    assert both.unit == 1.0
    assert_close(both.scale, [each.scale for each in both.each], 0)


def test_without_scaling_targets_stay_as_they_are():
    both, _ = fit_targets(VALUES, ("a", "b", "c"), None, scale=False)
    assert both == SeveralTargets((Target(), Target(), Target()))


def test_notes_and_refusals_name_the_target():
    values = VALUES.copy()
    values[3, 1] = 1e12
    _, notes = fit_targets(values, ("a", "b", "c"), None, scale=True)
    (note,) = notes
    assert note.startswith("The target b has heavy tails: it reaches 1,000,000,000,000, ")
    values[:, 2] = 4.0
    with pytest.raises(InvalidData, match=r"all 50 training rows have the target c = 4\. Train on"):
        fit_targets(values, ("a", "b", "c"), None, scale=True)


def test_a_file_holds_one_or_several():
    both, _ = fit_targets(VALUES, ("a", "b", "c"), None, scale=True)
    for target in (both, both.each[0]):
        assert target_from(json.loads(json.dumps(target.record()))) == target
    with pytest.raises(ValueError, match="at least two"):
        SeveralTargets((Target(),))
    for damaged in ({"each": []}, {"each": [{"shift": 0.0, "scale": 0.0}] * 2}, {"each": 3}, []):
        with pytest.raises((InvalidArgument, ValueError)):
            target_from(damaged)


def test_a_preparation_knows_how_many_targets_there_are():
    frame = {"x": [1.0, 2, 3, 4], "a": [1.0, 3, 2, 5], "b": [10.0, 20, 20, 60]}
    table = tables.read(frame)
    schema = tables.infer_schema(table, ["b", "a"])
    made = Preprocessor.fit(table, schema, np.arange(4))
    np.testing.assert_allclose(made.to_units(made.targets(table)), table.frame[["b", "a"]])
    document, arrays = made.record()
    again = Preprocessor.from_record(json.loads(json.dumps(document)), arrays, schema)
    assert (again.target, again.steps) == (made.target, made.steps)
    with pytest.raises(ValueError, match="each target must have a scaling, received 1 for 2"):
        Preprocessor(schema, made.steps, Target())
    with pytest.raises(ValueError, match="received 2 for 1"):
        Preprocessor(schema.for_target("a"), made.steps, made.target)
