"""Committees: what they predict, how they are made, and what is refused."""

import numpy as np
import pytest

import trimtab
from tests.support.close import assert_close, assert_same_bits
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Committee, Sequential
from trimtab.errors import InvalidArgument, NotBuilt, NotCompiled
from trimtab.nn import layers, losses
from trimtab.training.callbacks import BestEpochs


def build(seed):
    return small_model(seed=seed, metrics=["mae"], loss="mse")


def classifier(seed, logits=False, binary=False):
    kind = losses.BinaryCrossentropy if binary else losses.SparseCategoricalCrossentropy
    activation = None if logits else "sigmoid" if binary else "softmax"
    stack = [layers.Dense(8, "relu", input_shape=[3]), layers.Dense(1 if binary else 3, activation)]
    model = Sequential(stack, seed=seed)
    model.compile("adam", kind(from_logits=logits), metrics=["accuracy"])
    return model


def test_mean_and_spread():
    committee = Committee([build(seed) for seed in (1, 2, 3)])
    x, _ = small_data()
    members = committee.predict_members(x)
    assert members.shape == (3, 50, 1) and len(committee) == 3
    for one, model in zip(members, committee.members, strict=True):
        assert_same_bits(one, model.predict(x))
    assert committee.predict(x).dtype == np.float32
    assert_close(committee.predict(x), members.mean(axis=0), 1e-6)
    assert_close(committee.spread(x), members.std(axis=0), 1e-5)
    assert committee.input_shape == (None, 3) and committee.output_shape == (None, 1)
    assert repr(committee) == "<Committee name=committee, members=3>"


@pytest.mark.parametrize("binary", [False, True])
def test_probabilities_are_averaged(binary):
    committee = Committee([classifier(seed, binary=binary) for seed in (1, 2)])
    x, _ = small_data()
    members = committee.predict_members(x)
    assert_close(committee.predict(x), members.mean(axis=0), 1e-6)
    assert_close(committee.spread(x), members.std(axis=0), 1e-4)
    # With logits it is the same function, and its loss is the same.
    twins = [classifier(seed, logits=True, binary=binary) for seed in (1, 2)]
    for twin, model in zip(twins, committee.members, strict=True):
        twin.set_weights(model.get_weights())
    logits = Committee(twins)
    raw = logits.predict(x).astype(np.float64)
    p = 1 / (1 + np.exp(-raw)) if binary else np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    assert_close(p, committee.predict(x), 1e-5)
    assert_close(logits.spread(x), committee.spread(x), 1e-4)
    y = np.arange(50) % (2 if binary else 3)
    loss, same = (each.evaluate(x, y, verbose=0)[0] for each in (logits, committee))
    assert_close(loss, same, 1e-5)


def test_evaluate():
    committee = Committee([build(seed) for seed in (1, 2, 3)])
    x, y = small_data()
    weight = np.linspace(0, 1, 50)
    error = committee.predict(x)[:, 0].astype(np.float64) - y
    logs = committee.evaluate(x, y, verbose=0, return_dict=True, sample_weight=weight)
    assert list(logs) == ["loss", "mae"]
    assert_close(logs["loss"], np.mean(weight * error**2), 1e-6)
    assert_close(logs["mae"], np.abs(error).mean(), 1e-6)
    assert committee.evaluate(x, y, verbose=0, sample_weight=weight) == [logs["loss"], logs["mae"]]
    # The mean does not err more than members do on average (Jensen's inequality).
    members = [member.evaluate(x, y, verbose=0)[0] for member in committee.members]
    assert committee.evaluate(x, y, verbose=0)[0] <= np.mean(members)


def test_evaluate_says_it(capsys):
    x, y = small_data()
    committee = Committee([build(1), build(2)])
    loss, mae = committee.evaluate(x, y)
    assert capsys.readouterr().out == f"loss: {loss:.4f} - mae: {mae:.4f}\n"


def test_fit_is_the_fits_of_its_members():
    x, y = small_data()
    options = {"epochs": 2, "batch_size": 16, "validation_data": (x[:9], y[:9])}
    committee = Committee.fit(build, x, y, seeds=[4, 5], **options)
    for seed, member in zip((4, 5), committee.members, strict=True):
        alone = build(seed)
        alone.fit(x, y, verbose=0, **options)
        assert_same_state(alone, member)
        assert alone.history.history == member.history.history
        assert member.row_prints.found(x, y[:, None]) == 50


def test_fit_of_different_architectures():
    def uneven(seed):
        stack = [layers.Dense(seed, "relu"), layers.Dense(1)]
        model = Sequential(stack, seed=seed)
        model.compile("adam", "mse")
        return model

    x, y = small_data()
    committee = Committee.fit(uneven, x, y, seeds=[3, 5], epochs=2)
    for seed, member in zip((3, 5), committee.members, strict=True):
        alone = uneven(seed)
        alone.fit(x, y, verbose=0, epochs=2)
        assert_same_state(alone, member)


def test_fit_with_callbacks_of_each_members_own():
    made = []

    def callbacks():
        made.append(BestEpochs(1, monitor="loss"))
        return made[-1]

    x, y = small_data()
    committee = Committee.fit(build, x, y, members=2, epochs=3, callbacks=callbacks)
    assert [best.model for best in made] == committee.members
    for best, member in zip(made, committee.members, strict=True):
        assert best.epochs == [int(np.argmin(member.history.history["loss"]))]


def test_members_on_rows_of_their_own():
    x, y = small_data()
    parts = [np.arange(30), np.arange(20, 50)]
    committee = Committee.fit(build, x, y, seeds=[1, 2], train_rows=parts)
    alone = build(2)
    alone.fit(x[20:], y[20:], verbose=0)
    assert_same_state(alone, committee.members[1])


def test_drawn_seeds_are_reproducible():
    x, y = small_data()

    def made():
        trimtab.set_random_seed(3)
        return Committee.fit(build, x, y, members=2).predict_members(x)

    first = made()
    assert (first[0] != first[1]).any()
    assert_same_bits(made(), first)


@pytest.mark.parametrize("engine", ENGINES)
def test_engines(engine):
    x, y = small_data()
    committee = Committee.fit(
        lambda seed: small_model(seed=seed, engine=engine), x, y, seeds=[1, 2], epochs=2
    )
    assert [member.runner.choice["engine"] for member in committee.members] == [engine] * 2
    native = Committee.fit(lambda seed: small_model(seed=seed), x, y, seeds=[1, 2], epochs=2)
    assert_close(committee.predict(x), native.predict(x), 1e-3)


def test_refusals():
    assert_refused(
        InvalidArgument,
        "a committee needs at least one model, received none.",
        lambda: Committee([]),
    )
    assert_refused(
        InvalidArgument,
        "a committee takes a list of models, received a Sequential. Use "
        "Committee([first, second]).",
        lambda: Committee(build(1)),
    )
    assert_refused(
        InvalidArgument,
        "a committee is made of models, received a int as member 1. Pass a list of Sequential "
        "models.",
        lambda: Committee([build(1), 2]),
    )
    model = build(1)
    assert_refused(
        InvalidArgument,
        f"{model.name} is in the committee twice. Every member must be a model of its own.",
        lambda: Committee([model, model]),
    )
    bare = Sequential([layers.Dense(1)], name="bare")
    assert_refused(
        NotBuilt,
        "member 1, bare, is not built yet. Fit it first, or build it.",
        lambda: Committee([model, bare]),
    )
    bare.build(3)
    assert_refused(
        NotCompiled,
        "bare is not compiled, and only the loss tells whether it predicts numbers or classes. "
        "Call model.compile(optimizer='adam', loss='mae') first.",
        lambda: Committee([model, bare]),
    )
    bare.compile("sgd", "mae")
    assert_refused(
        InvalidArgument,
        "the members of a committee must agree in loss: member 1 has mean_absolute_error, member "
        "0 has mean_squared_error.",
        lambda: Committee([model, bare]),
    )
    wide = Sequential([layers.Dense(1, input_shape=[5])])
    wide.compile("sgd", "mse")
    assert_refused(
        InvalidArgument,
        "the members of a committee must agree in input columns: member 1 has 5, member 0 has 3.",
        lambda: Committee([model, wide]),
    )


def test_refusals_of_fit():
    x, y = small_data()
    assert_refused(
        InvalidArgument,
        "build gave every member the seed 5: they would all be the same. Pass its argument on: "
        "Sequential([...], seed=seed).",
        lambda: Committee.fit(lambda seed: small_model(), x, y),
    )
    assert_refused(
        InvalidArgument,
        "build must return a model, received a NoneType. Return Sequential([...], seed=seed), "
        "compiled.",
        lambda: Committee.fit(lambda seed: None, x, y),
    )
    assert_refused(
        InvalidArgument,
        "callbacks must be a function that makes the callbacks of one member, received list. Use "
        "callbacks=lambda: [...].",
        lambda: Committee.fit(build, x, y, callbacks=[BestEpochs()]),
    )
    assert_refused(
        InvalidArgument,
        "Committee.fit has no argument 'epoch'. Did you mean 'epochs'?",
        lambda: Committee.fit(build, x, y, epoch=2),
    )
    assert_refused(
        InvalidArgument,
        "members must be a positive integer, received 0.",
        lambda: Committee.fit(build, x, y, members=0),
    )
    assert_refused(
        InvalidArgument,
        "Committee.fit needs at least one seed, received none.",
        lambda: Committee.fit(build, x, y, seeds=[]),
    )
