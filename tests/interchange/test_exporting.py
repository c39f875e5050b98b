"""Predictors and networks as files that run without trimtab, beside the models themselves."""

from __future__ import annotations

import json
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trimtab
from benchmarks.export.tables import mixed
from tests.support.predictors import houses, small_predictor
from trimtab import layers
from trimtab.core import extras
from trimtab.errors import ExportError, InvalidArgument, InvalidData, Unsupported
from trimtab.interchange import exporting
from trimtab.interchange.checking import TOLERANCE

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

#: Case -> target and options of training. Each has another way from outputs to answers.
CASES = {
    "numbers": ("y", {"layers": "12 bn relu, 8 silu", "valid": 0.3, "scaling": "auto"}),
    "folds": ("y", {"layers": "8 relu", "fold": 3, "also_categories": 12}),
    "robust": ("y", {"layers": "8 tanh", "valid": 0.3, "scaling": "robust"}),
    "logarithm": (
        "price",
        {"layers": "8 gelu", "valid": 0.3, "target_scale": "log", "loss": "mse"},
    ),
    "yeo-johnson": ("signed", {"layers": "8", "valid": 0.3, "target_scale": "yeo-johnson"}),
    "several": (("y", "price"), {"layers": "8 relu", "valid": 0.3}),
    "two": ("two", {"layers": "8 relu", "valid": 0.3, "threshold": "f1"}),
    "three": ("three", {"layers": "8 relu", "valid": 0.3, "calibrate": "isotonic"}),
    "sigmoid": ("two", {"layers": "8 relu", "valid": 0.3, "calibrate": "sigmoid"}),
    "whole": ("five", {"layers": "8 relu", "valid": 0.3, "task": "multiclass"}),
    "flag": ("flag", {"layers": "8 relu", "valid": 0.3}),
    "periodic": ("y", {"layers": "periodic, 8 relu", "valid": 0.3}),
    "default": (
        "price",
        {"layers": "ple:8x4 bn 16 bn silu dropout:0.2", "fold": 3, "members": 2},
    ),
}


@cache
def trained(case: str) -> trimtab.Predictor:
    target, options = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        types = {"grade": "category", "rooms": "integer"}
        targets = list(target) if isinstance(target, tuple) else target
        return trimtab.train(
            mixed(target), targets, epochs=1, verbose=0, types=types, seed=3, **options
        )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("to", ["onnx", "python"])
def test_file_says_what_the_model_says(case, to, tmp_path):
    done = trimtab.export(trained(case), tmp_path / "model", to, interval=0.8, rows=300)
    assert done.difference <= TOLERANCE and done.rows >= 300
    assert done.path.suffix == exporting.FORMATS[to] and done.path.stat().st_size > 1000
    assert set(done.differences) == set(done.outputs)
    kinds = set(done.inputs.values())
    assert kinds == ({"float64", "int64", "bool", "str"} if to == "onnx" else kinds - {"bool"})


def test_every_scaling_and_step_is_among_the_cases():
    kinds = {step.kind for step in trained("numbers").preprocessor.steps}
    assert kinds == {"numeric", "one-hot", "codes", "datetime"}
    also = {step.kind for step in trained("folds").preprocessor.steps}
    assert "numeric and one-hot" in also
    scalings = {
        step.scaling.kind
        for case in ("numbers", "robust")
        for step in trained(case).preprocessor.steps
        if getattr(step, "scaling", None) is not None
    }
    assert scalings == {"standard", "quantile", "raw", "robust"}


def test_every_way_back_to_the_target_is_among_the_cases():
    targets = [trained(case).preprocessor.target for case in ("logarithm", "yeo-johnson")]
    assert [target.curve for target in targets] == ["log", "yeo-johnson"]
    assert targets[0].errors
    assert len(trained("default").model.members) > 2


def test_rows_of_ones_own_are_fed_as_the_page_says(tmp_path):
    predictor, frame = trained("three"), mixed("three", rows=40, seed=9)
    trimtab.export(predictor, tmp_path / "model.onnx", data=frame)
    session = onnxruntime.InferenceSession((tmp_path / "model.onnx").read_bytes())
    feeds = {}
    for column in session.get_inputs():
        cells = frame[column.name]
        if column.type == "tensor(string)":
            fed = cells.astype(object).where(cells.notna(), "").to_numpy()
        elif column.name == "clock":
            clocks = pd.to_timedelta(cells).to_numpy("timedelta64[ns]")
            fed = clocks.astype(np.int64)
        elif column.type == "tensor(int64)" and cells.dtype.kind == "M":
            fed = cells.to_numpy("datetime64[ns]").astype(np.int64)
        else:
            types = {"tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(bool)": bool}
            fed = cells.to_numpy(types[column.type], na_value=np.nan)
        feeds[column.name] = fed.reshape(-1, 1)
    label, probabilities = session.run(["prediction", "probabilities"], feeds)
    assert label.tolist() == predictor.predict(frame).tolist()
    assert np.abs(probabilities - predictor.predict_proba(frame)).max() <= TOLERANCE


def test_standard_operators_and_what_the_file_says_of_itself(tmp_path):
    predictor = trained("two")
    done = predictor.to_onnx(tmp_path / "model.onnx", interval=0.8)
    model = onnx.load(done.path)
    onnx.checker.check_model(model, full_check=True)
    assert {(each.domain, each.version) for each in model.opset_import} == {
        ("", 13),
        ("ai.onnx.ml", 2),
    }
    assert {node.domain for node in model.graph.node} == {"", "ai.onnx.ml"}
    assert [port.name for port in model.graph.input] == [
        column.name for column in predictor.schema.features if column.name in done.inputs
    ]
    said = {each.key: each.value for each in model.metadata_props}
    assert json.loads(said["classes"]) == ["high", "low"]
    assert said["task"] == "binary" and said["trimtab"] == trimtab.__version__
    assert float(said["threshold"]) == predictor.threshold
    assert json.loads(said["interval"])["level"] == 0.8
    assert json.loads(said["provenance"]) == predictor.provenance
    assert json.loads(said["largest_differences"]).keys() == done.differences.keys()
    assert int(said["checked_rows"]) == done.rows
    assert "opset 13" in str(done) and "(prediction, probabilities, in_set)" in str(done)


@pytest.mark.parametrize("to", ["onnx", "python"])
def test_a_file_that_differs_is_not_written(to, tmp_path, monkeypatch):
    target = tmp_path / f"model{exporting.FORMATS[to]}"
    target.write_text("as it was")
    whole = exporting.graph_of

    def slightly_off(*arguments, **options):
        graph = whole(*arguments, **options)
        for name, array in graph.constants.items():
            if array.dtype == np.float32 and array.ndim == 2:  # kernels
                graph.constants[name] = array + np.float32(1e-3)
        return graph

    monkeypatch.setattr(exporting, "graph_of", slightly_off)
    with pytest.raises(ExportError, match=r"must agree to 1e-05, received .*nothing was written"):
        trimtab.export(trained("numbers"), target)
    assert target.read_text() == "as it was" and len([*tmp_path.iterdir()]) == 1


def test_a_wrong_label_is_no_tie(tmp_path, monkeypatch):
    whole = exporting.graph_of

    def other_labels(*arguments, **options):
        graph = whole(*arguments, **options)
        name = next(name for name, a in graph.constants.items() if a.dtype.kind == "U")
        graph.constants[name] = graph.constants[name][::-1]
        return graph

    monkeypatch.setattr(exporting, "graph_of", other_labels)
    with pytest.raises(ExportError, match="'prediction'"):
        trimtab.export(trained("two"), tmp_path / "model.onnx")


def test_odd_names_of_columns_survive(tmp_path):
    frame = houses().rename(columns={"size": "_0", "rooms": "prediction", "town": "Straße 'a'\\"})
    predictor = trimtab.train(frame, "price", epochs=1, layers="4 relu", verbose=0)
    for to in ("onnx", "python"):
        done = trimtab.export(predictor, tmp_path / "odd", to)
        assert {"_0", "prediction", "Straße 'a'\\"} <= set(done.inputs)
        assert set(done.outputs) == {"prediction_"}


def test_estimators_are_exported_by_their_predictor(tmp_path):
    frame = houses()
    estimator = trimtab.TabularRegressor(layers="4 relu", epochs=1)
    with pytest.raises(InvalidArgument, match="fitted estimator"):
        trimtab.export(estimator, tmp_path / "model.onnx")
    estimator.fit(frame[["size", "rooms"]], frame["price"])
    assert list(trimtab.export(estimator, tmp_path / "model.onnx").inputs) == ["size", "rooms"]


# -- networks -------------------------------------------------------------------------------------


def network(*inner, outputs=1, loss="mse", **options):
    model = trimtab.Sequential([layers.Input((5,)), *inner, layers.Dense(outputs)], **options)
    model.compile(optimizer="adam", loss=loss)
    return model


def test_a_file_for_gaps_takes_them_everywhere(tmp_path):
    done = trained("numbers").to_onnx(tmp_path / "gaps.onnx", gaps=True)
    assert set(done.inputs.values()) == {"float64", "int64", "str"}
    frame = mixed("y", rows=20, seed=4)
    frame["rooms"] = frame["rooms"].where(frame["rooms"] > 2)
    with pytest.raises(InvalidArgument, match=r"'rooms'.*gaps=True"):
        trained("numbers").to_onnx(tmp_path / "none.onnx", data=frame)
    trained("numbers").to_onnx(tmp_path / "gaps.onnx", gaps=True, data=frame)
    assert not (tmp_path / "none.onnx").exists()


def test_a_network_takes_and_gives_matrices(tmp_path):
    model = network(layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.5))
    x = np.random.default_rng(0).normal(size=(30, 5)).astype("float32")
    model.fit(x, x[:, 0], epochs=2, verbose=0)
    done = model.to_onnx(tmp_path / "network", data=x)
    assert done.rows == 1030
    session = onnxruntime.InferenceSession(done.path.read_bytes())
    (name,) = done.inputs
    assert np.abs(session.run(None, {name: x})[0] - model.predict(x, verbose=0)).max() <= 1e-5
    # The Dense behind takes the batch normalization in.
    operators = [node.op_type for node in onnx.load(done.path).graph.node]
    assert operators == ["MatMul", "Add", "Relu", "MatMul", "Add", "Identity"]


def test_several_inputs_and_outputs(tmp_path):
    size, codes = layers.Input((3,), name="size"), layers.Input((1,), name="codes")
    joined = layers.Concatenate()([size, layers.Embedding(4, 2)(codes)])
    ends = [layers.Dense(1, name="price")(joined), layers.Dense(2, "softmax", name="sort")(joined)]
    model = trimtab.Model([size, codes], ends)
    done = model.to_onnx(tmp_path / "several.onnx")
    assert list(done.inputs) == ["size", "codes"] and list(done.outputs) == ["price", "sort"]


def test_committees_and_members_of_one_network(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 5)).astype("float32")
    committee = trimtab.Committee(
        [network(layers.Dense(4, "relu"), loss="mae", seed=seed) for seed in (1, 2)]
    )
    assert trimtab.export(committee, tmp_path / "committee.onnx", data=x).difference <= 1e-5
    logits = trimtab.losses.BinaryCrossentropy(from_logits=True)
    committee = trimtab.Committee([network(loss=logits, seed=seed) for seed in (1, 2)])
    assert committee.to_onnx(tmp_path / "committee.onnx").difference <= 1e-5
    members = network(layers.Dense(4, "relu"), members=3)
    assert members.to_onnx(tmp_path / "members.onnx").difference <= 1e-5


# -- refusals -------------------------------------------------------------------------------------


def test_capitals_that_do_not_count_are_for_python_alone(tmp_path):
    frame = houses()
    types = {"town": "category:alike"}
    predictor = trimtab.train(frame, "price", types=types, epochs=1, layers="4", verbose=0)
    with pytest.raises(Unsupported, match=r"column 'town'.*--to python.*--type town=category"):
        trimtab.export(predictor, tmp_path / "model.onnx")
    trimtab.export(predictor, tmp_path / "model.py", data=frame)
    assert not (tmp_path / "model.onnx").exists()


def test_layers_of_ones_own_and_other_precisions_are_named(tmp_path):
    class Half(layers.Layer):
        def call(self, x):
            return 0.5 * x

    model = trimtab.Sequential([layers.Input((3,)), Half(name="half"), layers.Dense(1)])
    with pytest.raises(Unsupported, match=r"layer half is written in Python.*model\.save\(\)"):
        model.to_onnx(tmp_path / "model.onnx")
    model = network(name="low")
    model.compile(optimizer="adam", loss="mse", precision="mixed_bfloat16")
    with pytest.raises(Unsupported, match=r"low is compiled .*precision='float32' first"):
        model.to_onnx(tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


def test_refused_arguments(tmp_path):
    predictor = trained("numbers")
    with pytest.raises(InvalidArgument, match=r"must not end in '.onnx'.*Use '.*model.py'"):
        trimtab.export(predictor, tmp_path / "model.onnx", "python")
    with pytest.raises(InvalidArgument, match=r"to must be one of 'onnx', 'python'"):
        trimtab.export(predictor, tmp_path / "model", "pickle")
    with pytest.raises(InvalidData, match=r"level=0\.999 needs at least"):
        trimtab.export(predictor, tmp_path / "model.onnx", interval=0.999)
    lacking = mixed("y", rows=9).drop(columns="tail")
    with pytest.raises(InvalidData, match="lacks a column that the model was trained with: 'tail'"):
        trimtab.export(predictor, tmp_path / "model.onnx", data=lacking)
    with pytest.raises(InvalidArgument, match="rows must be"):
        trimtab.export(predictor, tmp_path / "model.onnx", rows=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        trimtab.export(predictor, tmp_path / "none" / "model.onnx")
    with pytest.raises(InvalidArgument, match="takes a matrix"):
        trimtab.export(predictor.model, tmp_path / "model.py")
    with pytest.raises(InvalidArgument, match=r"received str. Use trimtab.load\(path\)"):
        trimtab.export("model.trimtab", tmp_path / "model.py")
    (tmp_path / "model.py").write_text("")
    with pytest.raises(InvalidArgument, match="overwrite=True"):
        trimtab.export(predictor, tmp_path / "model.py", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_what_to_install(package, tmp_path, monkeypatch):
    found = extras.importlib.util.find_spec
    lacking = lambda name: None if name == package else found(name)  # noqa: E731
    monkeypatch.setattr(extras.importlib.util, "find_spec", lacking)
    with pytest.raises(InvalidArgument, match=rf"needs {package}.*pip install 'trimtab\[onnx\]'"):
        trimtab.export(small_predictor(), tmp_path / "model.onnx")
    trimtab.export(small_predictor(), tmp_path / "model.py")


def test_command(tmp_path):
    from typer.testing import CliRunner

    from trimtab.cli.app import app

    model, out = tmp_path / "model.trimtab", tmp_path / "model.onnx"
    small_predictor().save(model)
    done = CliRunner().invoke(app, ["export", str(model), str(out)])
    assert done.exit_code == 0 and "Largest difference from predict on 1,000 rows" in done.output
    done = CliRunner().invoke(app, ["export", str(model), str(tmp_path / "m.py"), "--json"])
    assert json.loads(done.output)["to"] == "python"
    done = CliRunner().invoke(app, ["export", str(model), str(model)])
    assert done.exit_code == 2 and "is an input of this command" in done.output
