"""Many Spotify networks, from after imports.

trimtab trains one a core in threads, or all as one population on its JAX engine; the others train
one after another. Each network is a new one and pays for its own compilation, as it does for
whoever trains many. On an accelerator all are trained once more in the same process, which shows
what is left once everything is compiled.
"""

from __future__ import annotations

from benchmarks.session import Session

ON_PROCESSOR = ("trimtab", "trimtab-jax", "keras-jax")
ON_ACCELERATOR = ("trimtab", "trimtab-jax", "jax-scan")  # Keras compiles each network anew


def measure(session: Session) -> None:
    settings = session.settings
    files = session.lesson_files(["spotify"])
    if not files:
        return
    case = f"{settings.networks} x spotify"
    cases = [case, f"already compiled, {case}"] if settings.accelerator else [case]
    load = {"run": "spotify", "epochs": settings.epochs, "file": str(files["spotify"])}
    peers = session.chosen(ON_ACCELERATOR if settings.accelerator else ON_PROCESSOR)
    for turn in range(1, settings.repeats + 1):
        seeds = [turn * settings.networks + index for index in range(settings.networks)]
        for peer in peers:
            with session.workers([peer], **load) as workers:
                for worker in workers.values():
                    for each in cases:
                        answer = session.ask(worker, "many", seeds=seeds)
                        if answer is None:
                            break
                        session.record(each, peer, turn, answer["seconds"], **answer)
