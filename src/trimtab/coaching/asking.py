"""What a coaching is asked for: budget and design, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trimtab import config
from trimtab.core import checks
from trimtab.core.durations import seconds_in
from trimtab.core.live_line import is_live
from trimtab.trials.comparing import seed_list
from trimtab.trials.designs import DESIGNS

__all__ = ["BOOSTED", "LIMIT", "WATCHED", "Asked"]

#: Time for a coaching where neither trials nor a limit are given.
LIMIT = "5m"

#: Share of the time that the watched training may take, and gradient boosting.
WATCHED, BOOSTED = 0.15, 0.05


@dataclass(frozen=True)
class Asked:
    """Budget and design.

    Attributes:
        seconds: for all; infinite: as many trials as were asked for.
        trials: at most; infinite: as many as there is time for.
        splits: pairs that report; None: as many as the budget allows.
        seeds: of each split.
        design, test: see :func:`trimtab.trials.compare`.
        smallest: difference that matters; None: 1 % of the base's metric.
        seed: of the splits and of the final network.
        jobs: trials at a time.
        drawn: whether a table is drawn meanwhile.
    """

    seconds: float
    trials: float
    splits: int | None
    seeds: tuple[int, ...]
    design: str
    test: float
    smallest: float | None
    seed: int
    jobs: int
    drawn: bool

    @classmethod
    def of(
        cls,
        *,
        trials: Any,
        time_limit: Any,
        splits: Any,
        seeds: Any,
        design: Any,
        test: Any,
        smallest: Any,
        seed: Any,
        jobs: Any,
        verbose: Any,
    ) -> Asked:
        """Checks the arguments of :func:`trimtab.coach`.

        Raises:
            InvalidArgument: one breaks its rule.
        """
        if time_limit is None and trials is None:
            time_limit = LIMIT
        return cls(
            math.inf if time_limit is None else seconds_in("time_limit", time_limit),
            math.inf if trials is None else checks.positive_integer("trials", trials),
            None if splits is None else checks.integer("splits", splits, minimum=2, maximum=1000),
            tuple(seed_list(seeds)),
            checks.choice("design", design, DESIGNS),
            checks.probability("test", test, hint="Use test=0.25."),
            None if smallest is None else checks.positive_number("smallest", smallest),
            checks.integer("seed", seed, minimum=0, maximum=2**32 - 1),
            config.get_threads() if jobs is None else checks.positive_integer("jobs", jobs),
            verbose == 1 or (verbose == "auto" and is_live()),
        )
