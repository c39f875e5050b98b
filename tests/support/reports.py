"""A report that takes no time, for tests that train for something else."""

from __future__ import annotations

#: What ``train`` calls to make the page.
MAKES = "trimtab.predictor.training.finishing.write_report"


def at_once(wish, data, predictor, held, seconds, say):
    """Stands in for ``write_report``: an empty page."""
    wish.path.write_text('<meta name="generator" content="trimtab">', "utf-8")
    say(wish.path, {})
    return []
