"""What a network of several members says of each: the interface of a committee."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.tasks import BINARY
from trimtab.core.types import Doubles, Floats
from trimtab.engines import choosing
from trimtab.engines.base import EngineState
from trimtab.insight.uncertainty.moments import RunningMoments
from trimtab.insight.uncertainty.task import Task, task_of
from trimtab.nn.network import Network
from trimtab.program.slice import Slice

__all__ = ["Membership"]


class Membership(Network):
    """A network whose members can be looked at one by one; a plain network has one."""

    @property
    def task(self) -> Task:
        """What the model predicts, according to its loss."""
        return task_of(self)

    def predict_members(self, x: Any) -> Floats:
        """The predictions of each member, ``(members, rows, outputs)``, in inference mode.

        :meth:`predict` returns their mean: of numbers, or of probabilities. A plain network is its
        only member.

        Args:
            x: rows.

        Example:
            >>> import numpy as np
            >>> import trimtab
            >>> from trimtab import layers
            >>> model = trimtab.Sequential(
            ...     [layers.Dense(8, "relu", input_shape=[2]), layers.Dense(1)], members=3, seed=1
            ... )
            >>> x = np.eye(2)
            >>> each = model.predict_members(x)
            >>> each.shape, bool(np.allclose(each.mean(axis=0), model.predict(x)))
            ((3, 2, 1), True)
        """
        features = self.features(x)
        program = self.inference_engine().program
        if len(self) == 1:
            return self.predict_rows(features)[None]
        self.pull()
        whole = self.runner.state(program, self.weights)
        part = Slice.between(program, 0, program.ops[-1].inputs[0])
        choice = dict(self.runner.choice)
        choice["engine"] = choosing.choose(program, **choice)
        engine = self.runner.make(part.program, **choice)
        empty = np.zeros(0, np.float32)
        own = part.parameters_in(whole.parameters), part.state_in(whole.state)
        engine.load(EngineState(*own, empty, 0))
        side_by_side = engine.predict(features)
        each = side_by_side.reshape(len(features), len(self), -1)
        return np.ascontiguousarray(each.transpose(1, 0, 2))

    def predict_rows(self, features: Floats) -> Floats:
        """The mean prediction for rows that are converted already."""
        return self.inference_engine().predict(features)

    def moments(self, x: Any) -> tuple[Doubles, Doubles]:
        """Mean and standard deviation over the members, ``(rows, outputs)`` each.

        For classes, those of probabilities, ``(rows, classes)``; a binary output counts as two
        classes.

        Args:
            x: rows.
        """
        each = self.task.values(self.predict_members(x))
        moments = RunningMoments(each[0])
        moments.add(each)
        return moments.result()

    def spread(self, x: Any) -> Floats:
        """Standard deviation of the members' predictions (or probabilities), ``(rows, outputs)``.

        It shows where the members disagree, and is 0 for a plain network. It is not calibrated: use
        :meth:`predict_interval` for a confidence.

        Args:
            x: rows.
        """
        spread = self.moments(x)[1]
        return (spread[:, 1:] if self.task.kind == BINARY else spread).astype(np.float32)
