"""A misspelt argument is refused with the nearest one, in every public call."""

import inspect
import pickle

import numpy as np
import pytest

from trimtab import keras
from trimtab.core.named_arguments import constructor
from trimtab.errors import InvalidArgument, UnknownArgument
from trimtab.keras import layers

X = np.random.default_rng(0).normal(size=(32, 3))


def network(**settings):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse"} | settings)
    return model


CALLS = {
    "compile": (lambda: network(optimiser="adam"), "compile", "optimiser", "optimizer"),
    "fit": (lambda: network().fit(X, X[:, 0], epoch=3), "fit", "epoch", "epochs"),
    "fit data": (
        lambda: network().fit(X, X[:, 0], validation_dat=(X, X[:, 0])),
        "fit",
        "validation_dat",
        "validation_data",
    ),
    "evaluate": (
        lambda: network().evaluate(X, X[:, 0], batchsize=3),
        "evaluate",
        "batchsize",
        "batch_size",
    ),
    "predict": (lambda: network().predict(X, batchsize=3), "predict", "batchsize", "batch_size"),
    "batch": (
        lambda: network().train_on_batch(X, X[:, 0], sample_weigth=1),
        "train_on_batch",
        "sample_weigth",
        "sample_weight",
    ),
    "summary": (lambda: network().summary(print_func=print), "summary", "print_func", "print_fn"),
    "Sequential": (lambda: keras.Sequential(layer=[]), "Sequential", "layer", "layers"),
    "Dense": (lambda: layers.Dense(unit=3), "Dense", "unit", "units"),
    "Dropout": (lambda: layers.Dropout(rte=0.3), "Dropout", "rte", "rate"),
    "callback": (
        lambda: keras.callbacks.EarlyStopping(patient=3),
        "EarlyStopping",
        "patient",
        "patience",
    ),
    "loss": (
        lambda: keras.losses.BinaryCrossentropy(from_logit=True),
        "BinaryCrossentropy",
        "from_logit",
        "from_logits",
    ),
    "metric": (
        lambda: keras.metrics.BinaryAccuracy(treshold=0.4),
        "BinaryAccuracy",
        "treshold",
        "threshold",
    ),
    "optimizer": (
        lambda: keras.optimizers.Adam(learn_rate=0.1),
        "Adam",
        "learn_rate",
        "learning_rate",
    ),
    "initializer": (
        lambda: keras.initializers.RandomNormal(std=1.0),
        "RandomNormal",
        "std",
        "stddev",
    ),
    "constraint": (lambda: keras.constraints.MaxNorm(max=2), "MaxNorm", "max", "max_value"),
}


@pytest.mark.parametrize("case", CALLS)
def test_the_nearest_argument_is_named(case):
    call, owner, wrong, right = CALLS[case]
    with pytest.raises(UnknownArgument) as refusal:
        call()
    assert f"{owner} has no argument {wrong!r}." in str(refusal.value)
    assert right in str(refusal.value).partition(". ")[2]


def test_it_is_what_python_raises_and_what_trimtab_raises():
    for kind in (TypeError, ValueError, InvalidArgument):
        with pytest.raises(kind):
            network(optimiser="adam")


def test_every_public_class_refuses_what_it_does_not_know():
    seen = 0
    for module in ("layers", "losses", "metrics", "optimizers", "callbacks", "initializers",
                   "regularizers", "constraints"):  # fmt: skip
        for name, cls in vars(getattr(keras, module)).items():
            if not inspect.isclass(cls) or name in ("Weight", "Loss", "Metric", "Optimizer",
                                                    "Layer", "Callback", "FunctionLoss",
                                                    "MeanMetricWrapper", "LambdaCallback",
                                                    "CallbackList", "Initializer", "Regularizer",
                                                    "Constraint"):  # fmt: skip
                continue
            with pytest.raises(UnknownArgument, match=f"{cls.__name__} has no argument 'xyzzy'"):
                cls(xyzzy=1)
            seen += 1
    assert seen > 50


def test_other_type_errors_stay_as_they_are():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'") as error:
        layers.Dense()
    assert not isinstance(error.value, UnknownArgument)

    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        network().fit(X, X[:, 0], callbacks=[Broken()], verbose=0)


def test_signatures_and_pickles_are_those_of_the_class():
    assert next(iter(inspect.signature(keras.callbacks.EarlyStopping).parameters)) == "monitor"
    assert "epochs" in inspect.signature(network().fit).parameters
    loss = pickle.loads(pickle.dumps(keras.losses.BinaryCrossentropy(from_logits=True)))
    assert loss.from_logits is True

    @constructor
    class Own:
        def __init__(self, known=1):
            self.known = known

    assert Own(2).known == 2
