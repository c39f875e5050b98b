"""Edits: each applies to a recipe and to options, prints as code, and says why it does not fit."""

import pytest

import trimtab
from tests.trials.networks import deep, small
from trimtab import layers
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.edit import Edit
from trimtab.predictor.training.options import TrainOptions
from trimtab.trials import edits
from trimtab.trials.recipe import Recipe

#: An edit of each kind, and whether options of ``train`` can have it.
EXAMPLES = {
    "activation": (edits.activation("selu"), True),
    "batch_norm": (edits.batch_norm("input", momentum=0.8), True),
    "batch_norm_momentum": (edits.batch_norm_momentum(0.7), True),
    "batch_size": (edits.batch_size(16), True),
    "class_weight": (edits.class_weight(), True),
    "clip_norm": (edits.clip_norm(1), False),
    "depth": (edits.depth(3), True),
    "drop_columns": (edits.drop_columns([1]), True),
    "dropout": (edits.dropout(0.25), True),
    "dropout_last": (edits.dropout_last(), True),
    "early_stopping": (edits.early_stopping(3), True),
    "epochs": (edits.epochs(2), True),
    "group_split": (edits.group_split("place"), True),
    "initializer": (edits.initializer("he_normal"), False),
    "learning_rate": (edits.learning_rate(factor=0.1), True),
    "log_target": (edits.log_target(), True),
    "loss": (edits.loss("mse"), True),
    "no_batch_norm": (edits.no_batch_norm(), True),
    "no_dropout": (edits.no_dropout(), True),
    "no_early_stopping": (edits.no_early_stopping(), True),
    "no_penalty": (edits.no_penalty(), True),
    "optimizer": (edits.optimizer("sgd"), False),
    "output_activation": (edits.output_activation("relu"), False),
    "population_statistics": (edits.population_statistics(), False),
    "schedule": (edits.schedule("cosine"), True),
    "shuffle": (edits.shuffle(), False),
    "standardize_inputs": (edits.standardize_inputs(), True),
    "standardize_target": (edits.standardize_target(), True),
    "unfreeze": (edits.unfreeze(), False),
    "units": (edits.units(2), True),
    "weight_decay": (edits.weight_decay(0.02), True),
}

OPTIONS = {
    "layers": "64 bn relu dropout:0.2, 32 bn relu dropout:0.1",
    "lr": 0.01,
    "epochs": 4,
    "target": "y",
}


def recipe_for(name: str) -> Recipe:
    """A recipe that the edit of this name changes."""
    if name == "class_weight":
        return Recipe.of(small("binary_crossentropy", output="sigmoid"))
    model = deep()
    if name == "unfreeze":
        model.layers[0].trainable = False
    fit = {"shuffle": False} if name == "shuffle" else {"epochs": 3}
    recipe = Recipe.of(model, fit)
    if name == "no_early_stopping":
        return edits.changed(recipe, edits.early_stopping(2))
    if name == "batch_norm":
        return edits.changed(recipe, edits.no_batch_norm())
    return recipe


def test_every_edit_has_an_example():
    assert set(EXAMPLES) == set(edits.EDITS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_changes_a_recipe_and_leaves_the_given_one(name):
    edit, _ = EXAMPLES[name]
    before = recipe_for(name)
    kept = before.record()
    after = edits.changed(before, edit)
    assert after.record() != kept
    assert before.record() == kept
    after.model(1, rows=64).build((None, 3 - len(after.dropped)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_changes_options_or_says_why_not(name):
    edit, fits = EXAMPLES[name]
    if not fits:
        with pytest.raises(InvalidArgument, match=r"does not fit: .*train"):
            edits.edited_options(OPTIONS, edit)
        return
    options = dict(OPTIONS)
    if name == "batch_norm":
        options["layers"] = "64 relu"
    found = edits.edited_options(options, edit)
    assert found != options
    TrainOptions.of(found)


@pytest.mark.parametrize("name", EXAMPLES)
def test_prints_as_the_code_that_makes_it(name):
    edit, _ = EXAMPLES[name]
    assert edits.parse(str(edit)) == (edit,)
    assert Edit.from_record(edit.record()) == edit


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_batch_norm_before_each_dense_layer_stands_before_dropout():
    stack = [layers.Dense(4, "relu", input_shape=[3]), layers.Dropout(0.2), layers.Dense(1)]
    model = trimtab.Sequential(stack)
    model.compile("adam", "mae")
    new = edits.edited(model, edits.batch_norm("before_dense"))
    normalized = "BatchNormalization"
    assert kinds(new) == [normalized, "Dense", normalized, "Dropout", "Dense"]
    assert kinds(model) == ["Dense", "Dropout", "Dense"]
    with pytest.raises(InvalidArgument, match="at each place 'before_dense' already"):
        edits.edited(new, edits.batch_norm("before_dense"))


def test_batch_norm_before_activations_takes_them_apart():
    new = edits.edited(deep(), edits.no_batch_norm(), edits.batch_norm())
    dense = [each for each in new.layers if isinstance(each, layers.Dense)]
    assert [each.get_config()["activation"] for each in dense] == ["linear"] * 3
    assert kinds(new)[:3] == ["Dense", "BatchNormalization", "Activation"]
    assert kinds(new).count("Activation") == 2


def test_dropout_last_is_behind_every_batch_normalization():
    new = edits.edited(deep(), edits.dropout_last())
    assert kinds(new)[-2:] == ["Dropout", "Dense"]
    assert kinds(new).count("Dropout") == 1
    assert new.layers[-2].rate == 0.4


def test_depth_repeats_the_last_block_and_leaves_out_the_last():
    assert kinds(edits.edited(deep(), edits.depth(3))).count("Dense") == 4
    one = edits.edited(deep(), edits.depth(1))
    assert kinds(one) == ["Dense", "BatchNormalization", "Dropout", "Dense"]


def test_learning_rate_of_a_schedule_keeps_its_course():
    model = small(optimizer=trimtab.optimizers.Adam(trimtab.schedules.CosineDecay(0.1, 50)))
    new = edits.edited(model, edits.learning_rate(factor=0.5))
    assert new.optimizer.schedule.initial_learning_rate == pytest.approx(0.05)
    assert new.optimizer.schedule.decay_steps == 50


def test_schedule_covers_all_steps_of_the_trial():
    recipe = Recipe.of(small(), {"epochs": 3, "batch_size": 10})
    new = edits.changed(recipe, edits.schedule("cosine")).model(0, rows=95)
    assert new.optimizer.schedule.decay_steps == 30


def test_optimizer_keeps_the_rate():
    new = edits.edited(deep(), edits.optimizer("sgd"))
    assert type(new.optimizer).__name__ == "SGD"
    assert float(new.optimizer.learning_rate) == pytest.approx(0.01)


def test_options_without_layers_are_those_of_the_defaults():
    assert edits.edited_options({}, edits.dropout(0.2)) == {"dropout": 0.2}
    assert edits.edited_options({}, edits.no_batch_norm()) == {"batch_norm": False}
    with pytest.raises(InvalidArgument, match="Set them, layers="):
        edits.edited_options({}, edits.units(2))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit("dropuot"), "Did you mean 'dropout'"),
        (Edit("dropout", {"rat": 0.1}), "no argument 'rat'. Did you mean 'rate'"),
        (Edit("dropout", {"rate": 2}), "between 0 and 1, received 2"),
        (Edit("log_target"), "no scale"),
        (Edit("unfreeze"), "no layer is frozen"),
        (Edit("shuffle"), "shuffled already"),
        (Edit("no_dropout"), "no dropout to remove"),
        (Edit("dropout_last"), "no dropout to move"),
        (Edit("batch_norm_momentum", {"value": 0.5}), "Add some with batch_norm"),
        (Edit("no_early_stopping"), "nothing stops"),
        (Edit("depth", {"number": 1}), "1 hidden layers already"),
        (Edit("no_penalty"), "no penalty"),
    ],
)
def test_says_why_it_does_not_fit(edit, message):
    recipe = Recipe.of(small("binary_crossentropy", output="sigmoid"))
    with pytest.raises(InvalidArgument, match=message):
        edits.changed(recipe, edit)


@pytest.mark.parametrize("text", ["dropout(", "dropout(rate=x)", "__import__('os')", "a.b(1)"])
def test_text_that_is_no_edit_is_refused(text):
    with pytest.raises(InvalidArgument):
        edits.parse(text)
