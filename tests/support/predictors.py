"""Small predictors on small tables, made without the whole of training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from trimtab import Committee, Sequential
from trimtab.engines.base import Rows
from trimtab.nn import layers
from trimtab.predictor import Predictor
from trimtab.predictor.calibration import VALIDATION, ConformityScores
from trimtab.predictor.scores import Baseline, score
from trimtab.tables.columns.inference import infer_schema
from trimtab.tables.files.reading import read
from trimtab.tables.preprocessing import Preprocessor
from trimtab.tables.splits.plan import SplitPlan, make_split
from trimtab.training.row_prints import RowPrints

#: Task -> the column that is predicted.
TARGETS = {"regression": "price", "binary": "sold", "multiclass": "grade"}


def houses(rows: int = 80, seed: int = 0, task: str = "regression") -> pd.DataFrame:
    """Numbers with gaps, a category, an identifier, and the target of a task."""
    generator = np.random.default_rng(seed)
    size = generator.normal(100, 20, rows).round(2)
    town = generator.choice(["Ulm", "Bonn", "Köln"], rows)
    price = (3 * size + 50 * (town == "Bonn") + generator.normal(0, 5, rows)).round(3)
    frame = pd.DataFrame(
        {
            "house": [f"h{number:04d}" for number in range(seed * 1000, seed * 1000 + rows)],
            "size": size,
            "rooms": generator.integers(1, 9, rows) * 1.5,
            "town": town,
            "price": price,
            "sold": np.where(price > np.median(price), "yes", "no"),
            "grade": np.digitize(price, np.quantile(price, [0.4, 0.7])) + 1,
        }
    )
    frame.loc[::7, "size"] = np.nan
    return frame.drop(columns=[target for target in TARGETS.values() if target != TARGETS[task]])


def network(inputs: int, task: str, *, seed: int = 1, units: int = 4) -> Sequential:
    """One hidden layer, compiled for the task."""
    outputs, activation, loss = {
        "regression": (1, None, "mse"),
        "binary": (1, "sigmoid", "binary_crossentropy"),
        "multiclass": (3, "softmax", "sparse_categorical_crossentropy"),
    }[task]
    model = Sequential(
        [
            layers.Input((inputs,)),
            layers.Dense(units, "relu"),
            layers.Dense(outputs, activation=activation),
        ],
        name="network",
        seed=seed,
    )
    model.compile(optimizer="sgd", loss=loss)
    return model


def small_predictor(
    task: str = "regression",
    frame: pd.DataFrame | None = None,
    *,
    members: int = 0,
    epochs: int = 3,
    test: float = 0.0,
    units: int = 4,
) -> Predictor:
    """Trained for a moment on :func:`houses`; a committee where members are asked for."""
    target = TARGETS[task]
    table = read(houses(task=task) if frame is None else frame)
    schema = infer_schema(table, target, task=task, ids=["house"], kinds={"town": "category"})
    plan = SplitPlan(valid=0.25, test=test)
    split = make_split(table, schema, plan)
    preprocessor = Preprocessor.fit(table, schema, split.train)
    parts = {name: rows for name in ("train", "valid", "test") if len(rows := getattr(split, name))}
    data = {
        name: (preprocessor.transform(table, rows), preprocessor.targets(table, rows))
        for name, rows in parts.items()
    }
    models = []
    for number in range(members or 1):
        model = network(preprocessor.width, task, seed=number + 1, units=units)
        model.fit(*data["train"], epochs=epochs, verbose=0, validation_data=data["valid"])
        models.append(model)
    history = models[0].history
    truth = schema.targets(table, split.train)
    predictor = Predictor(
        model=Committee(models) if members else models[0],
        schema=schema,
        preprocessor=preprocessor,
        history=history,
        scores={},
        baseline=Baseline.of(task, truth, classes=len(schema.classes)),
        options={"target": target, "missing": []},
        split={
            "how": split.how,
            "seed": 0,
            **{name: len(rows) for name, rows in parts.items()},
            "plan": dataclasses.asdict(plan),
        },
        prints={name: RowPrints.of(Rows(*both)) for name, both in data.items()},
        provenance={"data": "houses.csv", "rows": len(table), "versions": {"numpy": "2"}},
    )
    outputs = predictor.outputs(table, split.valid)
    held = schema.targets(table, split.valid)
    predictor.calibration = ConformityScores.of(task, held, outputs, part=VALIDATION)
    predictor.scores["valid"] = score(
        task,
        held,
        outputs,
        baseline=predictor.baseline,
        part="validation rows",
        target=target,
        classes=schema.classes,
    )
    return predictor
