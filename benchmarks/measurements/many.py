"""Sixteen Spotify networks, from after imports: trimtab one a core in threads, others in a row.

Each network is a new one and pays for its own compilation, as it does for whoever trains many.
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
    load = {"run": "spotify", "epochs": settings.epochs, "file": str(files["spotify"])}
    peers = session.chosen(ON_ACCELERATOR if settings.accelerator else ON_PROCESSOR)
    for turn in range(1, settings.repeats + 1):
        seeds = [turn * settings.networks + index for index in range(settings.networks)]
        for peer in peers:
            if answer := session.ask_fresh(peer, load, "many", seeds=seeds):
                session.record(case, peer, turn, answer["seconds"], **answer)
