"""A script from start to trained Spotify model, as a reader of the lesson would run it.

`python -m benchmarks.cold_start PEER SOURCE EPOCHS`: reads a CSV with pandas, splits and scales
with scikit-learn (or reads the prepared arrays from an .npz file), imports the framework, trains
once, prints the smallest validation loss. The driver times the whole process from outside.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(peer_name: str, source: str, epochs: str) -> None:
    from benchmarks import peers
    from benchmarks.data import Data
    from benchmarks.lesson import spotify
    from benchmarks.runs import find

    peer_class = peers.load(peer_name)
    path = Path(source)
    data = Data.load(path) if path.suffix == ".npz" else spotify(path)
    peer = peer_class(find("spotify", int(epochs)), data)
    peer.build(seed=0)
    print(json.dumps(min(peer.fit())))


if __name__ == "__main__":
    main(*sys.argv[1:])
