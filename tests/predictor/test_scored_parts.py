"""Scores that are not there: what is there instead, and how to get them."""

import copy
import pickle

import pytest

import trimtab
from trimtab.predictor.scored_parts import ScoresByPart

SMALL = {"layers": "8 relu", "epochs": 1}


def test_a_part_without_scores_says_what_there_is(tmp_path):
    predictor = trimtab.train("red-wine", **SMALL, fold=3, out=tmp_path / "m", report=False)
    for one in (predictor, trimtab.load(tmp_path / "m.trimtab"), copy.deepcopy(predictor)):
        with pytest.raises(
            KeyError,
            match=r"no scores of 'valid', only of 'folds': use scores\['folds'\], or "
            r"best_evidence, whichever there is\. Or train with valid=0\.2",
        ):
            one.scores["valid"]
        assert one.scores["folds"] is one.best_evidence
        assert "valid" not in one.scores and one.scores.get("valid") is None
    assert list(pickle.loads(pickle.dumps(predictor.scores))) == ["folds"]
    # What the message says works.
    assert trimtab.train("red-wine", **SMALL, valid=0.2).scores["valid"].rows > 0


def test_without_scores_at_all():
    with pytest.raises(KeyError, match=r"for all rows were trained on: train with test=0\.2"):
        ScoresByPart()["test"]
