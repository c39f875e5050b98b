"""Choices: whatever a page sends, they stay within their limits."""

import pytest

from trimtab.errors import InvalidArgument
from trimtab.play.choices import Choices


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"dropuot": 0.3}, "Did you mean 'dropout'?"),
        ({"dropout": 0.95}, "dropout must be from 0 to 0.9, received 0.95. Use 0.3."),
        ({"dropout": float("nan")}, "dropout must be a finite number, received nan. Use 0.3."),
        ({"learning_rate": "fast"}, "learning_rate must be a finite number, received 'fast'."),
        ({"learning_rate": 0}, "learning_rate must be from 1e-06 to 10, received 0. Use 0.01."),
        ({"learning_rate": 10**400}, "learning_rate must be a finite number"),
        ({"hidden": [10**9]}, "units of hidden layer 1 must be an integer from 1 to 512"),
        ({"hidden": [8, "many"]}, "units of hidden layer 2 must be an integer from 1 to 512"),
        ({"hidden": [8] * 7}, "at most 6 hidden layers, received 7 layers"),
        ({"hidden": {"0": 3}}, "hidden must be a list of units"),
        ({"rows": 10**6}, "rows must be an integer from 40 to 5000"),
        ({"batch_size": 32.5}, "batch_size must be an integer from 1 to 4096, received 32.5"),
        ({"batch_size": True}, "received True"),
        ({"optimizer": "adm"}, "Did you mean 'adam'?"),
        ({"batch_norm": ["before"]}, "batch_norm must be one of"),
        ({"data": "../secret.csv"}, "data must be the name of a toy or table"),
        ({"data": None}, "data must be the name of a toy or table"),
        ({"thinned": 1}, "thinned must be True or False"),
    ],
)
def test_what_is_refused(asked, said):
    with pytest.raises(InvalidArgument) as refused:
        Choices().changed(asked)
    assert said in str(refused.value)


def test_what_needs_a_new_network():
    choices = Choices()
    for asked in ({"learning_rate": 0.1}, {"dropout": 0.5}, {"speed": "slow"}, {"thinned": True}):
        assert choices.continues(choices.changed(asked))
    for asked in ({"hidden": [3]}, {"seed": 1}, {"batch_norm": "after"}, {"weight_decay": 0.1}):
        assert not choices.continues(choices.changed(asked))


def test_the_notation_of_the_layers():
    choices = Choices().changed({"hidden": [8, 4], "batch_norm": "after", "momentum": 0.5})
    assert choices.layers == "8 relu bn:0.5, 4 relu bn:0.5"
    assert choices.notation(dropout=True) == "8 relu bn:0.5 dropout:0, 4 relu bn:0.5 dropout:0"
    assert Choices(hidden=()).layers == ""
