"""What ``torch.nn`` has no module for, in a line of PyTorch each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Affine", "Codes", "Columns", "Graph", "Join", "Length", "Residual"]


class Affine(nn.Module):  # type: ignore[misc]
    """``x * scale + offset``, with fixed numbers: ``Rescaling``, ``Normalization``, ``2 * x + 1``.

    Args:
        scale, offset: one number, or one for each column.
        shift: is subtracted before the product.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, shift: Any = 0.0) -> None:
        super().__init__()
        for name, numbers in (("scale", scale), ("offset", offset), ("shift", shift)):
            self.register_buffer(name, torch.as_tensor(numbers, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.shift) * self.scale + self.offset


class Length(nn.Module):  # type: ignore[misc]
    """Each row by its length: ``UnitNormalization``."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.normalize(x, dim=1)


class Columns(nn.Module):  # type: ignore[misc]
    """Some of the columns: ``x[:, 2:5]``.

    Args:
        start, stop, step: which ones.
    """

    def __init__(self, start: int | None, stop: int | None, step: int | None) -> None:
        super().__init__()
        self.columns = slice(start, stop, step)

    def forward(self, x: Tensor) -> Tensor:
        return x[:, list(range(x.shape[1])[self.columns])]  # steps may go backwards


class Codes(nn.Module):  # type: ignore[misc]
    """Columns of codes as learned vectors, side by side, behind the columns that pass.

    Args:
        tables: one ``nn.Embedding`` for each column of codes.
        passing: number of columns in front of them.
    """

    def __init__(self, tables: Iterable[nn.Embedding], passing: int = 0) -> None:
        super().__init__()
        self.tables = nn.ModuleList(tables)
        self.passing = passing

    def forward(self, x: Tensor) -> Tensor:
        codes = x[:, self.passing :].long()
        vectors = [table(codes[:, number]) for number, table in enumerate(self.tables)]
        return torch.cat([x[:, : self.passing], *vectors], dim=1)


class Residual(nn.Module):  # type: ignore[misc]
    """A block added to its input.

    Args:
        block: the block.
        projection: of the input, where the widths differ.
    """

    def __init__(self, block: nn.Module, projection: nn.Module) -> None:
        super().__init__()
        self.block, self.projection = block, projection

    def forward(self, x: Tensor) -> Tensor:
        return self.projection(x) + self.block(x)


class Join(nn.Module):  # type: ignore[misc]
    """Several values as one, column by column or side by side; one column goes with any.

    Args:
        how: the layer's class in trimtab.
    """

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, *values: Tensor) -> Tensor:
        if self.how == "Concatenate":
            return torch.cat(values, dim=1)
        total = values[0]
        for other in values[1:]:
            if self.how in ("Add", "Average"):
                total = total + other
            elif self.how == "Subtract":
                total = total - other
            elif self.how == "Multiply":
                total = total * other
            elif self.how == "Maximum":
                total = torch.maximum(total, other)
            else:
                total = torch.minimum(total, other)
        return total / len(values) if self.how == "Average" else total

    def extra_repr(self) -> str:
        return self.how


class Dot(nn.Module):  # type: ignore[misc]
    """The scalar product of two tensors, row by row.

    Args:
        normalize: whether each row is brought to length 1 first.
    """

    def __init__(self, normalize: bool) -> None:
        super().__init__()
        self.normalize = normalize

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        if self.normalize:
            a, b = (nn.functional.normalize(each, dim=1, eps=1e-12) for each in (a, b))
        return (a * b).sum(dim=1, keepdim=True)


class Graph(nn.Module):  # type: ignore[misc]
    """Modules that are connected as a graph.

    Called on a tensor for each input, in order, it returns a tensor, or a list or dict of them.

    Args:
        modules: name -> module; one that is called several times is shared.
        calls: name of a module and numbers of the values that it reads; each makes the next value,
            and the inputs are the first ones.
        inputs: number of inputs.
        outputs: numbers of the values that are returned.
        names: of the outputs, where they are a dict.
    """

    def __init__(
        self,
        modules: dict[str, nn.Module],
        calls: Sequence[tuple[str, tuple[int, ...]]],
        inputs: int,
        outputs: Sequence[int],
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(modules)
        self.calls, self.inputs = tuple(calls), inputs
        self.outputs, self.names = tuple(outputs), names

    def forward(self, *inputs: Tensor) -> Any:
        if len(inputs) != self.inputs:
            raise TypeError(f"the network takes {self.inputs} inputs, received {len(inputs)}")
        values = list(inputs)
        for name, numbers in self.calls:
            values.append(self.layers[name](*(values[number] for number in numbers)))
        ends = [values[number] for number in self.outputs]
        if self.names is not None:
            return dict(zip(self.names, ends, strict=True))
        return ends[0] if len(ends) == 1 else ends
