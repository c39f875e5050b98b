"""Advice in the words of Python."""

import shlex

import pandas as pd
import pytest

import trimtab
from trimtab.errors import InvalidData
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.own_words import own_words
from trimtab.predictor.training.python_words import in_python_words, python_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Use --test 0.2.", "Use test=0.2."),
        ("Use --test 0.2 or --fold 5 for it.", "Use test=0.2 or fold=5 for it."),
        ("Train it with --valid or --test.", "Train it with valid or test."),
        ("--drop id if it is none", "drop=['id'] if it is none"),
        ("--drop 'a b', or --id id", "drop=['a b'], or id=['id']"),
        ("--copies together keeps them", "copies='together' keeps them"),
        ("(--scaling robust)", "(scaling='robust')"),
        ("--type year=category", "types={'year': 'category'}"),
        ("--type 'a=b=category'.", "types={'a=b': 'category'}."),
        ("--cost fraud=50 says", "cost={'fraud': 50} says"),
        ("--missing '?'", "missing=['?']"),
        ("--class-weight balanced", "class_weight='balanced'"),
        ("fold=5 (--fold 5)", "fold=5 (--fold 5)"),
        ("cost={'A': 50} (--cost A=50)", "cost={'A': 50} (--cost A=50)"),
        ("(out=, --out)", "(out=, --out)"),
        ("pip install --upgrade trimtab", "pip install --upgrade trimtab"),
        ("no flag -- at all", "no flag -- at all"),
        ("a --- b --- test", "a --- b --- test"),
        ("--missing '?' (missing=['?'])", "--missing '?' (missing=['?'])"),
        ("--no-raw, or --raw", "--no-raw, or raw=True"),
    ],
)
def test_words(text, words):
    assert python_words(text) == words
    assert python_words(words) == words


@pytest.mark.parametrize("name", ["a", "a b", "it's", 'say "a"', "Straße", "a,b", "$x", "a.b"])
def test_any_name_comes_through(name):
    words = python_words(f"If so, use --drop {shlex.quote(name)}.")
    assert words.startswith("If so, use drop=[") and words.endswith("].")
    value = eval(words.removeprefix("If so, use drop=").removesuffix("."))
    assert value == [name] and TrainOptions(drop=value).drop == (name,)


@pytest.mark.parametrize("text", ["--drop 'a b'", "--type 'a b=category'", "--test 0.2"])
def test_back_again(text):
    assert own_words(python_words(text)) == text


def test_errors_say_arguments():
    table = pd.DataFrame({"x": range(40), "y": ["a", "b"] * 20})
    with pytest.raises(InvalidData) as caught:
        trimtab.train(table, "y", types={"y": "text"}, epochs=1, effort="quick")
    assert "--" not in str(caught.value)


def test_other_errors_stay():
    with pytest.raises(KeyError, match="--drop x"), in_python_words(True):
        raise KeyError("--drop x")
    with pytest.raises(InvalidData, match="--drop x"), in_python_words(False):
        raise InvalidData("--drop x")
