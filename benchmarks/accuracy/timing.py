"""`time`: peers one after another on the same table, in rounds, on a machine that is left alone.

Runs of `run` may share the machine with others; these may not. They are kept apart (`times/`), with
the number of their round, and only the first split is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from benchmarks.accuracy import peers, store
from benchmarks.accuracy.runner import JobFailed, Plan, result

SPLIT = 0
BUSY = 0.5  # load before the first run that is told


def folder_of(results: Path) -> Path:
    return results / "times"


def time(plan: Plan, rounds: int) -> int:
    """Rounds that are there already are not run again; the number of runs that failed."""
    load = machine.load_average()
    if load is not None and load > BUSY:
        print(f"the load of this machine is {load:.1f} before the first run", flush=True)
    plan = replace(plan, splits=[SPLIT], results=folder_of(plan.results))
    done, failed = store.known(store.read(plan.results)), 0
    for turn in range(1, rounds + 1):
        for table in sorted(plan.tables, key=lambda table: table.rows):
            for variant in ordered(plan.variants, turn):
                key = (table.name, SPLIT, variant, turn)
                known = store.is_known(key, dict(plan.options), table.sha256, done)
                if not peers.entry_of(variant).meets(table, SPLIT) or (known and not plan.again):
                    continue
                try:
                    row = result(plan, table, SPLIT, variant) | {"round": turn}
                    store.append(row, plan.results)
                except (JobFailed, ValueError) as failure:
                    failed += 1
                    print(f"round {turn}: {table.name} {variant}: failed: {failure}", flush=True)
                else:
                    seconds = row["fit_seconds"] + row["predict_seconds"]
                    print(f"round {turn}: {table.name} {variant}: {seconds:.1f} s", flush=True)
    return failed


def ordered(variants: Sequence[str], turn: int) -> list[str]:
    """Every other round the other way round, so that nobody always comes first."""
    return list(variants) if turn % 2 else list(reversed(variants))
