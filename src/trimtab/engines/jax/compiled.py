"""Compiled functions, kept in memory and on disk for each structure and placement."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import jax

from trimtab.engines.jax import inference, training
from trimtab.engines.jax.compute import Setup
from trimtab.engines.jax.devices import Placement

#: Smallest number of steps or blocks that a call is compiled for.
LEAST_CAPACITY = 16


class Capacities:
    """The sizes that calls are compiled for; few, because compiling takes seconds."""

    def __init__(self) -> None:
        self._capacities: dict[Any, set[int]] = {}

    def capacity(self, number: int, *kind: Any) -> int:
        """A size with room for ``number`` steps: a known one, or the next power of two.

        Args:
            number: of steps or blocks.
            kind: everything else that the shapes of the call depend on.
        """
        known = self._capacities.setdefault(kind, set())
        enough = [capacity for capacity in known if capacity >= number]
        if enough:
            return min(enough)
        capacity = max(LEAST_CAPACITY, 1 << (number - 1).bit_length())
        known.add(capacity)
        return capacity


class Functions(Capacities):
    """The functions of an engine; each is compiled at its first call with new shapes.

    ``train`` takes the memory of its weights for the new ones.
    """

    def __init__(self, setup: Setup, placement: Placement) -> None:
        super().__init__()
        everywhere = placement.everywhere

        def compiled(f: Callable[..., Any], *static: str, **options: Any) -> Any:
            # Results are whole on each device, so that any process can read them.
            return jax.jit(
                partial(f, setup), static_argnames=static, out_shardings=everywhere, **options
            )

        self.train = compiled(training.train, "padded", "predictions", donate_argnums=0)
        self.predict = compiled(inference.predict)
        self.evaluate = compiled(inference.evaluate)
        self.forward = compiled(inference.forward, "training")
        self.samples = compiled(inference.samples, "capacity")
        self.look = compiled(inference.look, "training")
        self.look_back = compiled(inference.look_back, "training")


_Made = TypeVar("_Made")


@lru_cache(maxsize=32)
def _shared(make: Callable[[Setup, Placement], _Made], setup: Setup, placement: Placement) -> _Made:
    return make(setup, placement)


def functions(
    make: Callable[[Setup, Placement], _Made], setup: Setup, placement: Placement
) -> _Made:
    """The compiled functions of a structure, shared by all engines that have it.

    Programs with custom code share nothing; their functions go when their engine goes.

    Args:
        make: makes them: :class:`Functions`, or those of a population.
        setup: what to compile for.
        placement: the devices.
    """
    use_disk()
    if not setup.program.native:
        return make(setup, placement)
    made: _Made = _shared(make, setup, placement)
    return made


@cache
def use_disk() -> None:
    """Keeps compiled code on disk for later processes, unless JAX already has a folder for it.

    The folder is ``TRIMTAB_CACHE_DIR`` or the user's cache folder; with an empty
    ``TRIMTAB_CACHE_DIR`` nothing is kept.
    """
    config: Any = jax.config
    if config.jax_compilation_cache_dir or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    folder = cache_folder()
    if folder is None:
        return
    config.update("jax_compilation_cache_dir", str(folder))
    # By default JAX keeps only what took a second or more to compile.
    config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def cache_folder() -> Path | None:
    """The folder for compiled code; None if it is not kept."""
    told = os.environ.get("TRIMTAB_CACHE_DIR")
    if told is not None:
        return Path(told) / "jax" if told.strip() else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    if not base:
        return None
    return Path(base).expanduser() / "trimtab" / "jax"
