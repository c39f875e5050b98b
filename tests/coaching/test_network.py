"""Coaching of networks: findings, trials, and what is said and handed over."""

from __future__ import annotations

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.coaching.boosting import Boosting
from trimtab.coaching.budget import plan
from trimtab.coaching.prescribing import Candidate, candidates, combined
from trimtab.coaching.rounds import _most_reported, _ranked
from trimtab.errors import InvalidArgument
from trimtab.trials import edits
from trimtab.trials.recipe import Recipe
from trimtab.trials.statistics import effect


def small(*stack, loss="mae", optimizer="adam"):
    stack = stack or (layers.Dense(8, activation="relu"), layers.Dense(1))
    model = trimtab.Sequential(list(stack), seed=0)
    model.compile(optimizer, loss)
    return model


def rows(count=240, noise=0.1):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 3)).astype(np.float32)
    return x, (3 * x[:, 0] - x[:, 1] + noise * rng.normal(size=count)).astype(np.float32)


@pytest.fixture(scope="module")
def sick():
    """Coached: raw inputs of many sizes, with which plain gradient descent diverges."""
    x, y = rows(400)
    x = x * np.float32([1, 300, 2000]) + np.float32([0, 900, 5000])
    model = small(optimizer="sgd", loss="mse")
    found = trimtab.coach(
        model, x[:300], y[:300], epochs=5, trials=60, validation_data=(x[300:], y[300:])
    )
    return found, x, y


class TestASickNetwork:
    def test_is_diagnosed_and_mended(self, sick):
        found, _, _ = sick
        assert "input-scales" in found.findings.codes
        assert found.winner != "base"
        assert any(e.name in ("batch_norm", "standardize_inputs") for e in found.edits)

    def test_says_what_it_is_worth_on_rows_no_trial_saw(self, sick):
        found, x, y = sick
        errors = found.model.predict(x[300:], verbose=0)[:, 0] - y[300:]
        own = float(np.sqrt(np.square(errors).mean()))
        assert own == pytest.approx(found.held.after, rel=1e-3)
        assert not found.held.before < 2 * found.held.after  # it may be NaN: it diverged
        assert "which no trial has seen" in str(found)

    def test_prints_code_that_runs(self, sick):
        found, x, y = sick
        names = {"x": x, "y": y}
        exec(found.code(), names)
        kinds = [type(layer).__name__ for layer in names["model"].layers]
        assert kinds == [type(layer).__name__ for layer in found.model.layers]
        assert "layers.Dense(8" in found.code()

    def test_is_saved(self, sick, tmp_path):
        found, x, _ = sick
        again = trimtab.load_model(found.save(tmp_path / "better.trimtab"))
        assert np.array_equal(again.predict(x, verbose=0), found.model.predict(x, verbose=0))

    def test_is_plain_data(self, sick):
        import json

        found, _, _ = sick
        record = json.loads(json.dumps(found.record(), allow_nan=False))
        assert record["winner"] == found.winner
        assert record["comparison"]["trials"] <= 60
        assert "<table" in found._repr_html_()

    def test_has_no_options(self, sick):
        with pytest.raises(InvalidArgument, match=r"code\(\)"):
            sick[0].options()


class TestHonestCases:
    def test_nothing_helps_where_nothing_is_to_be_learned(self):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(200, 3)), rng.normal(size=200)
        model = small(layers.Dense(1), optimizer=trimtab.optimizers.Adam(0.01))
        found = trimtab.coach(model, x, y, epochs=15, trials=60, splits=8)
        assert found.winner == "base"
        assert found.model is None
        assert any("Nothing surely beat the present network" in s for s in found.sentences())
        with pytest.raises(InvalidArgument, match="nothing to hand over"):
            found.code()

    def test_too_few_rows_say_so(self):
        x, y = rows(60, noise=3.0)
        found = trimtab.coach(small(), x, y, epochs=3, trials=30, splits=3)
        said = " ".join(found.sentences())
        assert found.winner != "base" or "too few to tell" in said

    def test_parts_say_how_many_pairs_more(self):
        rng = np.random.default_rng(2)
        x, y = rng.normal(size=(300, 2)), rng.normal(size=300)
        found = trimtab.coach(small(), x, y, epochs=2, trials=30, splits=4, design="parts")
        unclear = [each for each in found.reported if each.word == "unclear" and each.needed]
        assert unclear
        assert "more pairs would" in " ".join(found.sentences())

    def test_batch_normalization_that_hurts(self):
        x, y = rows(200)  # batches of four rows: their statistics are noise
        model = small(optimizer=trimtab.optimizers.Adam(0.02))
        found = trimtab.coach(model, x, y, epochs=6, batch_size=4, trials=80)
        verdict = next(each for each in found.reported if each.variant.startswith("batch_norm"))
        assert verdict.word == "hurt"
        said = " ".join(found.sentences())
        assert "batch_norm(place='before_activation') makes it worse here, by" in said

    def test_boosting_that_is_better(self):
        rng = np.random.default_rng(3)
        x = rng.uniform(-1, 1, size=(600, 2))
        y = np.sign(np.sin(9 * x[:, 0]))
        found = trimtab.coach(small(), x, y, epochs=2, trials=30, splits=4)
        assert found.boosting.word == "better"
        assert any("Gradient boosting is better" in each for each in found.sentences())


class TestCandidates:
    def test_each_changes_something_and_comes_once(self):
        names = [each.name for each in candidates(Recipe.of(small()), [])]
        assert len(names) == len(set(names)) > 5
        assert "no_dropout()" not in names  # there is none

    def test_contradictions_are_not_combined(self):
        base = Recipe.of(small())
        best = [Candidate((edits.dropout(0.2),)), Candidate((edits.no_dropout(),))]
        with pytest.raises(InvalidArgument):
            combined(base, best, 2)  # no_dropout does not even fit
        best = [Candidate((edits.dropout(0.2),)), Candidate((edits.dropout(0.5),))]
        assert combined(base, best, 2) == []

    def test_those_that_go_together_are(self):
        base = Recipe.of(small())
        best = [Candidate((edits.dropout(0.2),), "overfitting"), Candidate((edits.units(2),))]
        (both,) = combined(base, best, 2)
        assert both.name == "dropout(rate=0.2) + units(factor=2.0)"


@pytest.mark.parametrize("trials", [20, 60, 200])
def test_a_plan_keeps_to_its_trials(trials):
    assert plan(12, trials=trials).trials() <= trials


def test_refusals():
    x, y = rows(60)
    with pytest.raises(InvalidArgument, match="takes a compiled Sequential"):
        trimtab.coach(3)
    with pytest.raises(InvalidArgument, match="needs the rows"):
        trimtab.coach(small())
    with pytest.raises(InvalidArgument, match="validation_data must be"):
        trimtab.coach(small(), x, y, validation_data=x, trials=20)


class TestWhatIsReported:
    @pytest.mark.parametrize(
        ("room", "most"), [(1000, 3), (24, 3), (23, 2), (17, 1), (0, 1), (float("inf"), 3)]
    )
    def test_fewer_changes_where_time_is_short(self, room, most):
        assert _most_reported(3, 16, 1, room) == most

    def test_as_many_where_few_pairs_were_planned(self):
        assert _most_reported(3, 3, 2, 24) == 3
        assert _most_reported(3, 3, 2, 23) == 2

    def test_what_changed_nothing_comes_last(self):
        class Session:
            def gains(self, name, splits):
                return {"worse": [-0.1, -0.2], "same": [0.0, 0.0], "better": [0.1]}[name]

        class Named(Candidate):
            @property
            def name(self):
                return str(self.why)

        found = [Named((), why) for why in ("same", "worse", "better")]
        ranked = _ranked(Session(), found, [0, 1])
        assert [each.why for each, _ in ranked] == ["worse", "better", "same"]


def test_one_pair_of_boosting_tells_nothing():
    one = Boosting(effect([0.1]), 0.35, "the present network", 1.0)
    assert one.sentence("mae") == (
        "Gradient boosting had time for one pair, which tells nothing: mae 0.35."
    )
    two = Boosting(effect([0.1, 0.3]), 0.35, "the present network", 1.0)
    assert "2 pairs)" in two.sentence("mae") and "inf" not in two.sentence("mae")
