"""A callback that shows a training while it runs: as a page, or as text in a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from trimtab import distributed
from trimtab.core import checks
from trimtab.core.live_line import is_live
from trimtab.core.lost_terminal import without_terminal
from trimtab.core.notebook import Display, in_notebook
from trimtab.core.words import brief, count, figure
from trimtab.engines.base import Rows
from trimtab.errors import InvalidArgument
from trimtab.insight.coach.codes import Code
from trimtab.insight.coach.course import COURSE_RULES, Course, Curves
from trimtab.insight.coach.course.curves import overfitting, still_falling
from trimtab.insight.coach.findings import Finding, Findings
from trimtab.insight.coach.watching import Coach
from trimtab.live.board import Run
from trimtab.live.panel import Panel
from trimtab.live.view import View, link, live_view
from trimtab.training.callback import Callback, Logs
from trimtab.training.settings import FitSettings

__all__ = ["Live"]

#: Share of the time of a training that looks at layers and rules about curves may take, and that
#: the check before the first step and all rules at the end may take.
SHARE, AROUND = 0.01, 0.005

#: Seconds that the first look, and the first run of the rules, are taken to cost; the check, and
#: more for a million rows; all rules at the end; those of the curves alone.
_GUESS, _CHECK, _MILLION, _END, _CURVES = 0.02, 0.05, 1.0, 0.1, 0.01

#: Seconds between two looks at least, and how many times later the next one is.
_APART = (0.3, 1.08)

#: Multiplications and additions of a training in a second, roughly: it tells fits that take a
#: while from those that do not.
_SPEED = 5e10

#: What is said while it trains. The other rules ask what can only be known at the end.
_MIDWAY = (
    Code.EXPLODING_ACTIVATIONS,
    Code.VANISHING_GRADIENTS,
    Code.DEAD_UNITS,
    Code.SATURATED_UNITS,
    Code.JUMPING_VALIDATION,
    Code.OVERFITTING,
)


class Live(Coach):
    """Shows a training while it runs: curves, layers, findings as they come, time left, a stop.

    It prints the address of a page on this machine, and opens it where somebody sits in front of
    it. All fits of a process with this callback are on the one page, the newest first. In a
    terminal without a browser it draws the same as text instead of the progress line.

    Training does not change. An epoch takes some 30 millionths of a second longer, and looks and
    rules at most 1 % of the time. A page that is closed, slow or opened late slows nothing. It is
    served by the standard library, to this machine alone, under an address with a secret; its
    button ends the fit after the epoch.

    Of a fit that takes longer than some twenty seconds it finds what
    :class:`~trimtab.callbacks.Coach` finds; of a shorter one, what the curves and a few looks at
    the layers say in the time there is. Rows that come in batches are shown without findings.

    Args:
        name: heading of the run; by default its number.
        port: of the page, where this callback opens it; 0: any that is free. Over SSH, forward it:
            ``ssh -L 8765:127.0.0.1:8765 HOST``.
        browser: False opens no browser; True opens one wherever this runs; None opens one where
            somebody sits at this machine.

    Attributes:
        url: the address of the page, once a fit has begun.
        findings: as :class:`~trimtab.callbacks.Coach` has it.
        watched: the same.

    Raises:
        InvalidArgument: an argument breaks its rule, or, at ``fit``, the port is in use.

    Example:
        >>> import numpy as np
        >>> import trimtab
        >>> from trimtab import layers
        >>> x = np.random.default_rng(0).normal(size=(400, 3))
        >>> model = trimtab.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse")
        >>> live = trimtab.callbacks.Live("first try", browser=False)
        >>> history = model.fit(
        ...     x, x[:, 0], epochs=3, callbacks=[live], verbose=0
        ... )  # doctest: +ELLIPSIS
        Live view: http://127.0.0.1:...
        >>> live.url.startswith("http://127.0.0.1:")
        True
    """

    needs_rows = False

    def __init__(self, name: str | None = None, port: int = 0, browser: bool | None = None) -> None:
        super().__init__(verbose=0)
        if not (name is None or isinstance(name, str)):
            raise InvalidArgument(
                f"Live: name must be a text, received {brief(name)}. Use name='dropout 0.3'."
            )
        self.name = name or ""
        self.port = checks.integer("Live: port", port, minimum=0, maximum=65535)
        self.browser = None if browser is None else checks.boolean("Live: browser", browser)
        self.url = ""
        self._view: View | None = None
        self._run: Run | None = None
        self._panel: Panel | None = None

    def _reset(self) -> None:
        super()._reset()
        self._begun = 0.0
        self._inside = 0.0  # seconds that looking took while it trained
        self._cost = {"look": _GUESS, "rules": _GUESS}
        self._epochs_done = 0
        self._looks = False  # whether there can be any
        self._looked_at = 0.0  # seconds from the begin
        self._shown = 0

    # -- what fit hands over --------------------------------------------------------------------

    def draws(self) -> bool:
        """Whether it draws the progress itself, so that ``fit`` shows none."""
        view = self._opened()
        return view is not None and is_live() and not view.opened and not in_notebook()

    def _opened(self) -> View | None:
        """The page; None in the processes that only help another one."""
        if not distributed.is_main():
            return None
        if self._view is None:
            first = not self.url
            self._view = live_view(self.port)
            self._view.show(self.browser)
            self.url = self._view.url
            if first and in_notebook():
                Display().show(link(self.url), self.url)
            elif first:
                with without_terminal():
                    print(f"Live view: {self.url}", flush=True)
        return self._view

    def set_fit(
        self, settings: FitSettings, validation: Rows | None, callbacks: Sequence[Callback]
    ) -> None:
        super().set_fit(settings, validation, callbacks)
        if self._rows is None:  # they come in batches: nothing was reset
            self._reset()
            self._settings = settings

    def on_train_begin(self, logs: Logs | None = None) -> None:
        view = self._opened()
        if view is None:
            return
        self._run = view.board.run(self.name)
        self._run.facts(self._told())
        if self.draws():
            self._panel = Panel(self._run, view.url)
        if self._rows is not None and self._settings is not None:
            self._looks = True
            cost = _CHECK + _MILLION * len(self._rows) / 1e6
            if cost <= AROUND * self._expected():
                self._check()
                self._begin_looking()
                self._find(self._before)
                self._post_layers()
        self._begun = time.perf_counter()

    def _expected(self) -> float:
        """Seconds that the fit may take: right to a factor of a few."""
        assert self._rows is not None
        epochs = (self._epochs or 1) - self._first_epoch
        return 6.0 * int(self.model.count_params()) * len(self._rows) * epochs / _SPEED

    def _told(self) -> list[tuple[str, str]]:
        """What is trained, on what."""
        said = [("network", f"{type(self.model).__name__}, {self.model.count_params():,} weights")]
        if self._rows is not None:
            more = "" if self._valid is None else f", validated on {len(self._valid):,}"
            said.append(("rows", f"{len(self._rows):,}{more}"))
        settings, optimizer = self._settings, self.model.optimizer
        if settings is not None and self._rows is not None:
            said.append(("batches", f"of {settings.batch_size:,} rows"))
        rate = f"learning rate {float(optimizer.learning_rate):.3g}"
        return [*said, ("optimizer", f"{type(optimizer).__name__}, {rate}")]

    # -- while it trains ------------------------------------------------------------------------

    def wants_steps(self) -> bool:
        return True

    def watch_steps(self, steps: int, loss: float) -> None:
        run, whole = self._run, int(self.params.get("steps") or 0)
        if run is None or not whole:
            return
        done = self._epochs_done + steps / whole
        run.step(self._shown + 1, self._epochs, min(steps / whole, 1.0), self._left(done))
        self._draw()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._run is not None:
            self._shown = epoch
            super().on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        run = self._run
        if run is None:
            return
        self._epochs_done += 1
        told = {name: value for name, value in (logs or {}).items() if "/" not in name}
        told.setdefault("learning_rate", self.watched.rates[-1])
        left = self._left(self._epochs_done)
        started = time.perf_counter()
        looks = len(self.watched.looks)
        if self._lab is None and self._looks and self._affords("look"):
            self._looks = self._make_ready(epoch + 1)
            self._cost["look"] = time.perf_counter() - started
        super().on_epoch_end(epoch, logs)
        if len(self.watched.looks) > looks:
            self._post_layers()
            self._looked_at = started - self._begun
            self._cost["look"] = time.perf_counter() - started
        if self._rows is not None and self._affords("rules"):
            self._judge()
        self._inside += time.perf_counter() - started
        run.epoch(epoch + 1, self._epochs, told, left=left, best=self._best())
        self._draw()
        if run.stopping:
            self.model.stop_training = True

    @property
    def _epochs(self) -> int | None:
        epochs = self.params.get("epochs")
        return epochs if isinstance(epochs, int) else None

    def _left(self, done: float) -> float | None:
        """Seconds to the last epoch."""
        if not done or self._epochs is None:
            return None
        seconds = time.perf_counter() - self._begun
        return seconds / done * max(self._epochs - self._first_epoch - done, 0.0)

    def _is_due(self, number: int) -> bool:
        # Ever less often: a page is told all looks each time.
        return time.perf_counter() - self._begun >= _APART[0] + _APART[1] * self._looked_at

    def _may_spend(self, cost: float) -> bool:
        return self._affords("look")

    def _affords(self, what: str) -> bool:
        """Whether a look, or the rules, take no more than their share of the time so far."""
        seconds = time.perf_counter() - self._begun
        return self._inside + self._cost[what] <= SHARE * seconds

    def _judge(self) -> None:
        """Runs the rules that can be run on the way."""
        started = time.perf_counter()
        history = self.model.history
        if history is not None and self._rows is not None and len(history.epoch) > 1:
            course = Course.of_history(
                history, self._facts(), self._rows, self._valid, self.watched
            )
            found = [each for code in _MIDWAY for each in COURSE_RULES[code](course)]
            self._find([*self._before, *found])
        self._cost["rules"] = time.perf_counter() - started

    def _best(self) -> int | None:
        """The epoch with the lowest validation loss, from 1."""
        return None if self._lowest is None else self._lowest[0] + 1

    def _post_layers(self) -> None:
        assert self._run is not None
        seen = dict(sorted(self.watched.looks.items()))
        if self.watched.first is not None:
            seen = {self._first_epoch: self.watched.first, **seen}
        if not seen:
            return
        curves: dict[str, dict[str, list[float | None]]] = {}
        for place, table in enumerate(seen.values()):
            for row in table:
                for name, value in row.quantities().items():
                    line = curves.setdefault(name, {}).setdefault(row.layer, [])
                    line += [None] * (place - len(line))
                    line.append(value)
        self._run.layers([max(epoch, 1) for epoch in seen], curves)

    def _find(self, findings: Sequence[Finding]) -> None:
        assert self._run is not None
        self._run.find(
            {"severity": str(each.severity), "title": f"{each.title}:", "text": f"{each.sentence}."}
            for each in findings
        )

    def _draw(self) -> None:
        if self._panel is not None:
            with without_terminal():
                self._panel.draw()

    # -- at the end -----------------------------------------------------------------------------

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._run is None:
            return
        if self._rows is not None:
            share = AROUND * (time.perf_counter() - self._begun)
            if share >= _END:
                super().on_train_end(logs)
            elif share >= _CURVES:
                self.findings = Findings([*self._before, *self._of_curves()])
            else:
                self.findings = Findings(self._before)
            self._find(list(self.findings))
        self._run.end(self._ended())

    def _of_curves(self) -> list[Finding]:
        """What the curves alone say, in some milliseconds."""
        history = self.model.history
        if history is None or not history.epoch:
            return []
        logs, number = history.history, len(history.epoch)
        curves = Curves.of(
            logs.get("loss", [])[-number:],
            logs.get("val_loss", [])[-number:],
            first=history.epoch[0] + 1,
            planned=self._epochs,
        )
        course = Course(curves)
        return [*overfitting(course), *still_falling(course)]

    def _ended(self) -> list[str]:
        done, epochs = self._epochs_done, self._epochs
        planned = None if epochs is None else epochs - self._first_epoch
        asked = self._run is not None and self._run.stopping
        if planned == done:
            said = f"All {count(done, 'epoch')} are done." if done > 1 else "The epoch is done."
        elif asked or self.model.stop_training:
            said = f"Stopped after {count(done, 'epoch')}" + (", as asked." if asked else ".")
        else:
            said = f"Interrupted after {count(done, 'whole epoch')}."
        if self._lowest is not None:
            epoch, value = self._lowest
            said += f" The lowest validation loss was {figure(value)}, in epoch {epoch + 1}."
        return [said]

    def release(self) -> None:
        if self._panel is not None:
            with without_terminal():
                self._panel.close()
        if self._run is not None:
            self._run.end(["Training ended with an error; the terminal says which."], well=False)
        self._panel = self._run = self._view = None
        super().release()

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_view": None, "_run": None, "_panel": None}
