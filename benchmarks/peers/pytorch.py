"""A plain PyTorch loop as a careful user writes it.

Tensors in memory, one `randperm` an epoch, batches by indexing, the fused optimizer, losses
gathered without leaving the framework until the run is over. No `torch.compile`: on these networks
it took tens of seconds and made the loop no faster.
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
    def __init__(self, run: Run, data: Data) -> None:
        super().__init__(run, data)
        torch.set_num_threads(cores())
        self.x_train = torch.from_numpy(data.x_train)
        self.y_train = torch.from_numpy(data.y_train).unsqueeze(1)
        self.x_valid = torch.from_numpy(data.x_valid)
        self.y_valid = torch.from_numpy(data.y_valid).unsqueeze(1)

    def build(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(*modules(self.run, self.data.columns))
        for module in self.model:
            if isinstance(module, nn.Linear):  # Keras' initial weights
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        weights = self.model.parameters()
        self.optimizer: torch.optim.Optimizer
        if self.run.optimizer == "adam":
            self.optimizer = torch.optim.Adam(weights, lr=1e-3, eps=1e-7, fused=True)
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
        return [float(loss) for loss in losses]

    def _train_epoch(self) -> torch.Tensor:
        model, optimizer, size = self.model, self.optimizer, self.run.batch_size
        rows = len(self.x_train)
        total = torch.zeros(())
        model.train()
        for batch in torch.randperm(rows).split(size):
            loss = nn.functional.l1_loss(model(self.x_train[batch]), self.y_train[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        return total / rows

    def _validate(self) -> torch.Tensor:
        self.model.eval()
        size = self.run.batch_size
        with torch.inference_mode():
            total = torch.zeros(())
            for x, y in zip(self.x_valid.split(size), self.y_valid.split(size), strict=True):
                total += (self.model(x) - y).abs().sum()
            return total / len(self.x_valid)
