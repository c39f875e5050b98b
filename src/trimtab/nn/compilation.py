"""What a network is compiled with: optimizer, loss, metrics and engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab import config
from trimtab.core import checks
from trimtab.core.named_arguments import named_arguments
from trimtab.core.words import listed
from trimtab.engines import choosing
from trimtab.errors import InvalidArgument, NotCompiled
from trimtab.nn import losses, optimizers
from trimtab.nn.losses.base import Loss
from trimtab.nn.losses.several import SeveralLosses
from trimtab.nn.meters import Meters
from trimtab.nn.metrics import resolve_metric
from trimtab.nn.outputs import losses_of, meters_of, metric_list, metrics_of
from trimtab.nn.structure import Structure

__all__ = ["Compiled"]


class Compiled(Structure):
    """Layers with an optimizer, a loss and metrics.

    Attributes:
        optimizer, loss: what :meth:`compile` received.
        compiled_rate: learning rate that the optimizer had then; None if it follows a schedule.
    """

    compiled_rate: float | None = None

    def __init__(self, name: str, seed: int | None) -> None:
        super().__init__(name, seed)
        self.optimizer: Any = None
        self.loss: Any = None
        self._loss: Any = None
        self._metric_specs: tuple[Any, ...] = ([], [])
        self._meters: Meters | None = None

    @named_arguments
    def compile(
        self,
        optimizer: Any = None,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: Any = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        *,
        engine: str = "auto",
        devices: Any = None,
        precision: str | None = None,
    ) -> None:
        """Sets optimizer, loss, metrics and engine.

        A new optimizer starts at step 0 without momentum. Passing the optimizer that the model
        already has keeps its state.

        Args:
            optimizer: a name, a configuration or an optimizer. Required, where Keras
                takes ``rmsprop``: it decides what comes out.
            loss: a name, a configuration or a loss. Of several outputs one for all, a list, or a
                dict by the output's name; None for an output without a loss.
            loss_weights: of several outputs, what their losses are multiplied by in the sum; a
                list, or a dict by name.
            metrics: names, metrics, or functions of ``(y_true, y_pred)``; they ignore sample
                weights. Of several outputs a list of lists, or a dict by name.
            weighted_metrics: the same, using sample weights.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: accepted for
                compatibility with Keras, without effect.
            engine: ``native`` (C++ on the CPU), ``jax`` (CPUs, GPUs, TPUs; needs the extra
                ``trimtab[jax]``), or ``auto``. ``auto`` takes the engine named by
                ``TRIMTAB_ENGINE``, else jax if a custom layer or loss, ``devices`` or
                ``precision`` needs it, else native.
            devices: for the jax engine: None for the first device (all of them if several
                processes train together), ``"all"``, or a list of numbers or JAX devices. The rows
                of a batch are split over them; the results stay the same.
            precision: ``float32``, or ``mixed_bfloat16`` for accelerators: products and
                activations in bfloat16; weights, statistics, loss and optimizer in float32. None:
                the policy of ``trimtab.config.set_dtype_policy``, ``float32`` by default.

        Raises:
            InvalidArgument: an unknown name (the message gives the nearest known one), or an
                engine that cannot run this network.
        """
        if optimizer is None:
            raise InvalidArgument(
                "compile needs an optimizer; Keras takes 'rmsprop' where none is named. "
                "Use optimizer='adam'."
            )
        if loss is None:
            raise InvalidArgument("compile needs a loss. Use loss='mae' or another one.")
        heads = self.heads if self.built else []
        several = len(heads) > 1
        precision = config.dtype_policy() if precision is None else config.check_policy(precision)
        choice = {"engine": engine, "devices": devices, "precision": precision}
        choosing.check_choice(**choice)
        new_optimizer = optimizers.get(optimizer)
        given = (("metrics", metrics), ("weighted_metrics", weighted_metrics))
        new_loss: Loss | SeveralLosses
        specs: tuple[Any, ...]
        if several:
            new_loss = losses_of(loss, loss_weights, heads)
            specs = tuple(metrics_of(which, each, heads) for which, each in given)
        else:
            name = heads[0].name if heads else None
            checks.unsupported("compile", loss_weights=_only("loss_weights", loss_weights, name))
            new_loss = losses.get(_only("loss", loss, name))
            specs = tuple(
                metric_list(_only(which, each, name, lists=True)) for which, each in given
            )
        new_loss.check_trainable()
        operation = new_loss.lower()
        # Refuse unknown names now, not at the first fit.
        if isinstance(new_loss, SeveralLosses):
            meters_of(new_loss, specs, heads)
        else:
            width = self.output_width() if self.built else 1
            for spec in specs[0] + specs[1]:
                resolve_metric(spec, operation, width)

        self.pull()
        if self.optimizer is not new_optimizer or (self._loss.lower(), self._metric_specs) != (
            operation,
            specs,
        ):
            self.position = None  # else another engine resumes in the middle of an epoch
        if new_optimizer is not self.optimizer:
            self.runner.forget()
            self.restart_runs()
        self.optimizer, self.loss, self._loss = new_optimizer, loss, new_loss
        follows = new_optimizer.schedule is not None
        self.compiled_rate = None if follows else float(new_optimizer.learning_rate)
        self._metric_specs, self._meters = specs, None
        self.runner.choose(**choice)

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` was called."""
        return self.optimizer is not None

    def need_compile(self, method: str) -> None:
        """Refuses to go on with a network that is not compiled.

        Args:
            method: what needs it, for the message.

        Raises:
            NotCompiled: :meth:`compile` was not called.
        """
        if not self.compiled:
            raise NotCompiled(
                f"{method} needs a compiled model. Call "
                "model.compile(optimizer='adam', loss='mae') first."
            )

    def changed(self) -> None:
        super().changed()
        self._meters = None

    @property
    def loss_function(self) -> Any:
        """The compiled loss as an object, or None."""
        return self._loss

    @property
    def metric_specs(self) -> tuple[Any, ...]:
        """What was passed as ``metrics`` and ``weighted_metrics``.

        As lists; of several outputs as dicts from the output's name to a list.
        """
        return self._metric_specs

    @property
    def meters(self) -> Meters:
        """The compiled metrics, for the training loop."""
        if self._meters is None:
            heads = self.heads
            if len(heads) > 1:
                self._meters = meters_of(self._loss, self._metric_specs, heads)
                return self._meters
            operation = self._loss.lower()
            width = self.output_width()
            plain, weighted = (
                [resolve_metric(spec, operation, width) for spec in specs]
                for specs in self._metric_specs
            )
            self._meters = Meters(plain, weighted)
        return self._meters

    @property
    def metrics(self) -> list[Any]:
        """The compiled metrics; empty before the model is built."""
        return self.meters.metrics if self.compiled and self.built else []

    @property
    def named_metrics(self) -> dict[str, Any]:
        """The compiled metrics by the names they are reported under."""
        return dict(zip(self.meters.names, self.metrics, strict=True)) if self.metrics else {}

    @property
    def metrics_names(self) -> list[str]:
        """Names of the numbers that :meth:`evaluate` returns, in order."""
        self.need_compile("metrics_names")
        return ["loss", *(self.meters.names if self.built else [])]

    def reset_metrics(self) -> None:
        """Resets the running metrics; each epoch and each evaluation does this by itself."""
        if self.compiled and self.built:
            self.meters.reset()

    def scalar_or_list(self, logs: dict[str, float]) -> Any:
        """The loss alone, or loss and metrics in the order of :attr:`metrics_names`."""
        numbers = [logs[name] for name in ["loss", *self.meters.names]]
        return numbers[0] if len(numbers) == 1 else numbers


def _only(what: str, given: Any, name: str | None, *, lists: bool = False) -> Any:
    """What belongs to the one output there is, out of a list of one or a dict by its name."""
    if isinstance(given, Mapping) and "class_name" not in given:
        if len(given) != 1 or name not in (None, *given):
            keys = listed([repr(key) for key in given], last=" and ")
            raise InvalidArgument(
                f"compile: {what} is a dict with {keys}, and the "
                f"model has one output{'' if name is None else f', {name!r}'}. Pass "
                f"{what}={next(iter(given.values()), None)!r}."
            )
        given = next(iter(given.values()))
    if isinstance(given, list | tuple) and not lists:
        if len(given) != 1:
            raise InvalidArgument(
                f"{what} must be one, received {len(given)}: a model has one output."
            )
        given = given[0]
    if what == "loss_weights" and given in (1, 1.0):
        return None
    return given
