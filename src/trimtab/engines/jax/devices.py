"""The devices that a network runs on, and how arrays are distributed over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from trimtab.core.words import brief
from trimtab.errors import InvalidArgument

_ROWS = "rows"

#: Rows of one block of predictions on one device; the last block is padded with zeros. The size is
#: fixed, because the bits of a row depend on it.
_CPU_BLOCK = 256
_ACCELERATOR_BLOCK = 4096


@dataclass(frozen=True)
class Placement:
    """Devices of one network. Batches are split over them by rows; each has all the rest.

    Computations are written for the whole batch; XLA splits them and adds the communication.
    Dropout masks depend on the row's number in the whole batch, and statistics are sums over all
    of it, so results do not depend on the number of devices.
    """

    devices: tuple[Any, ...]

    @property
    def shards(self) -> int:
        return len(self.devices)

    @property
    def on_cpu(self) -> bool:
        return bool(self.devices[0].platform == "cpu")

    @property
    def block(self) -> int:
        """Rows of one block of predictions on one device."""
        return _CPU_BLOCK if self.on_cpu else _ACCELERATOR_BLOCK

    @cached_property
    def mesh(self) -> Mesh:
        return Mesh(np.array(self.devices), (_ROWS,))

    @cached_property
    def everywhere(self) -> NamedSharding:
        """A copy on each device."""
        return self._sharding()

    def by_rows(self, axis: int) -> NamedSharding:
        """This axis split over the devices."""
        return self._sharding(*[None] * axis, _ROWS)

    def split(self, axis: int, rows: int) -> NamedSharding:
        """This axis split over the devices; a copy on each if the rows do not divide evenly."""
        return self.by_rows(axis) if rows % self.shards == 0 else self.everywhere

    def _sharding(self, *axes: str | None) -> NamedSharding:
        specification: Any = PartitionSpec
        return NamedSharding(self.mesh, specification(*axes))

    @cached_property
    def several_processes(self) -> bool:
        return len({device.process_index for device in self.devices}) > 1

    def put(self, array: NDArray[Any], sharding: NamedSharding | None = None) -> jax.Array:
        """A copy of a host array on the devices.

        With several processes, every process must have the whole array.
        """
        array = np.array(array)  # a copy of its own: devices may share memory with it
        return self.share(array, sharding)

    def share(self, array: NDArray[Any], sharding: NamedSharding | None = None) -> jax.Array:
        """Like :meth:`put`, for an array that the caller does not change afterwards."""
        sharding = self.everywhere if sharding is None else sharding
        if self.several_processes:
            return jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])
        there: jax.Array = jax.device_put(array, sharding)
        return there


def placement(devices: Any = None) -> Placement:
    """The placement for ``compile(devices=...)``.

    Args:
        devices: None for the first device (all, if several processes train together), ``"all"``,
            or a list of numbers or JAX devices.

    Raises:
        InvalidArgument: an unknown device, or one that is listed twice.
    """
    known = jax.devices()
    if devices is None:
        return Placement(tuple(known if jax.process_count() > 1 else known[:1]))
    if isinstance(devices, str) and devices == "all":
        return Placement(tuple(known))
    chosen = [_device(each, known, devices) for each in _listed(devices, known)]
    if len(set(chosen)) != len(chosen):
        raise InvalidArgument(f"devices must not list a device twice, received {brief(devices)}.")
    return Placement(tuple(chosen))


def _listed(devices: Any, known: Sequence[Any]) -> list[Any]:
    if isinstance(devices, Sequence) and not isinstance(devices, str) and len(devices) > 0:
        return list(devices)
    raise InvalidArgument(
        f"devices must be None, 'all' or a list of devices, received {brief(devices)}. "
        f"Use devices='all' for {_count(known)}, or devices=[0] for the first."
    )


def _device(device: Any, known: Sequence[Any], given: Any) -> Any:
    if device in known:
        return device
    if isinstance(device, int | np.integer) and not isinstance(device, bool):
        if 0 <= device < len(known):
            return known[int(device)]
        raise InvalidArgument(
            f"devices={given!r}: there is no device {device}; JAX sees {_count(known)}, "
            "numbered from 0."
        )
    raise InvalidArgument(
        f"devices must hold numbers or JAX devices, received {brief(device)} in {brief(given)}."
    )


def _count(known: Sequence[Any]) -> str:
    kind = known[0].device_kind
    return f"1 device ({kind})" if len(known) == 1 else f"{len(known)} devices ({kind})"
