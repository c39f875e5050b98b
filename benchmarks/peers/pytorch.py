"""A plain PyTorch loop as a careful user writes it.

Tensors in memory (the accelerator's where there is one), one `randperm` an epoch, batches by
indexing, the fused optimizer, losses gathered without leaving the framework until the run is over.
No `torch.compile`: on these networks it took tens of seconds and made the loop no faster.
"""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.data import Data
from benchmarks.networks import BatchNormalization, Dense, Dropout, Run
from benchmarks.peers import Peer, cores


def modules(run: Run, columns: int) -> list[nn.Module]:
    stack: list[nn.Module] = []
    width = columns
    for layer in run.layers:
        match layer:
            case Dense(units, relu):
                stack.append(nn.Linear(width, units))
                if relu:
                    stack.append(nn.ReLU())
                width = units
            case Dropout(rate):
                stack.append(nn.Dropout(rate))
            case BatchNormalization(momentum, epsilon):
                # PyTorch's momentum is the weight of the new value, Keras' that of the old one.
                stack.append(nn.BatchNorm1d(width, eps=epsilon, momentum=1 - momentum))
    return stack


class PeerOf(Peer):
    capturable = False  #: whether the optimizer can be part of a CUDA graph

    def __init__(self, run: Run, data: Data) -> None:
        super().__init__(run, data)
        torch.set_num_threads(cores())
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.x_train = torch.from_numpy(data.x_train).to(self.device)
        self.y_train = torch.from_numpy(data.y_train).unsqueeze(1).to(self.device)
        self.x_valid = torch.from_numpy(data.x_valid).to(self.device)
        self.y_valid = torch.from_numpy(data.y_valid).unsqueeze(1).to(self.device)

    def build(self, seed: int) -> None:
        self.model = nn.Sequential(*modules(self.run, self.data.columns)).to(self.device)
        self._draw(seed)
        weights = self.model.parameters()
        self.optimizer: torch.optim.Optimizer
        if self.run.optimizer == "adam":
            self.optimizer = torch.optim.Adam(
                weights, lr=1e-3, eps=1e-7, fused=True, capturable=self.capturable
            )
        else:
            self.optimizer = torch.optim.SGD(weights, lr=1e-2, fused=True)

    def reset(self, seed: int) -> None:
        self.build(seed)  # eager: nothing was compiled

    def fit(self) -> list[float]:
        losses = []
        for _ in range(self.run.epochs):
            self._train_epoch()
            if self.data.validates:
                losses.append(self._validate())
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return [float(loss) for loss in losses]

    def set_threads(self, count: int) -> None:
        torch.set_num_threads(count)

    @staticmethod
    def facts() -> dict[str, str]:
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        return {"PyTorch device": device}

    def _draw(self, seed: int) -> None:
        """Keras' initial weights and moving statistics, in place."""
        torch.manual_seed(seed)
        for module in self.model:
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.BatchNorm1d):
                module.reset_parameters()

    def _train_epoch(self) -> None:
        rows, size = len(self.x_train), self.run.batch_size
        self.model.train()
        total = torch.zeros((), device=self.device)
        for batch in torch.randperm(rows, device=self.device).split(size):
            total += self._step(batch)

    def _step(self, batch: torch.Tensor) -> torch.Tensor:
        """One update; returns the batch's summed loss."""
        loss = nn.functional.l1_loss(self.model(self.x_train[batch]), self.y_train[batch])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach() * len(batch)

    def _validate(self) -> torch.Tensor:
        self.model.eval()
        size = self.run.batch_size
        with torch.inference_mode():
            total = torch.zeros((), device=self.device)
            for x, y in zip(self.x_valid.split(size), self.y_valid.split(size), strict=True):
                total += (self.model(x) - y).abs().sum()
            return total / len(self.x_valid)
