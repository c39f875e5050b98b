"""Which display a fit has: by ``verbose``, and by where the program runs."""

from __future__ import annotations

from trimtab.core.live_line import is_live
from trimtab.core.notebook import in_notebook
from trimtab.distributed import is_main
from trimtab.training.notebook_progress import NotebookProgress
from trimtab.training.progress import LineProgress, LiveProgress, Progress

__all__ = ["make_progress"]


def make_progress(verbose: str | int) -> Progress:
    """The progress display for ``verbose`` 1, 2 or ``auto``.

    Of several processes that train together one shows it.
    """
    if not is_main():
        return Progress()
    if verbose != 2 and in_notebook():
        return NotebookProgress()
    live = verbose == 1 or (verbose == "auto" and is_live())
    return LiveProgress() if live and is_live() else LineProgress()
