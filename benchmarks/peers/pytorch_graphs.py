"""The PyTorch loop with its steps recorded as CUDA graphs: the whole step is one launch.

Row order and position live on the device, so a replayed step finds its rows by itself. A short last
batch is a graph of its own, and so is validation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from benchmarks.data import Data
from benchmarks.networks import Run
from benchmarks.peers import pytorch

WARM_UPS = 3  # libraries make their plans and work space at the first calls, outside the recording


def captured(work: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """`work` as a graph. Its result lies in the same memory after every replay."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()

    def replay() -> torch.Tensor:
        graph.replay()
        return result

    return replay


class PeerOf(pytorch.PeerOf):
    capturable = True

    def __init__(self, run: Run, data: Data) -> None:
        if not torch.cuda.is_available():
            raise RuntimeError("CUDA graphs need a CUDA device.")
        super().__init__(run, data)

    def build(self, seed: int) -> None:
        """Records the graphs. That trains a few steps, so the network is set back afterwards."""
        super().build(seed)
        rows, size = len(self.x_train), self.run.batch_size
        self.order = torch.arange(rows, device=self.device)
        self.position = torch.zeros((), dtype=torch.int64, device=self.device)
        self.total = torch.zeros((), device=self.device)
        sizes = dict.fromkeys(len(batch) for batch in self.order.split(size))
        self.steps = {count: captured(partial(self._next, count)) for count in sizes}
        if self.data.validates:
            self.validation = captured(super()._validate)
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """In place: a graph has the addresses of what it was recorded with."""
        self._draw(seed)
        for slots in self.optimizer.state.values():
            for slot in slots.values():
                if isinstance(slot, torch.Tensor):
                    slot.zero_()

    def _next(self, count: int) -> torch.Tensor:
        """The step on the next rows in order; the position wraps around while warming up."""
        self.model.train()
        places = self.position + torch.arange(count, device=self.device)
        self.total += self._step(self.order[places % len(self.order)])
        self.position += count
        return self.total

    def _train_epoch(self) -> None:
        rows, size = len(self.order), self.run.batch_size
        self.order.copy_(torch.randperm(rows, device=self.device))
        self.position.zero_()
        self.total.zero_()
        for start in range(0, rows, size):
            self.steps[min(size, rows - start)]()

    def _validate(self) -> torch.Tensor:
        return self.validation().clone()
