"""Rows that repeat others: where copies stand on both sides of a split, a network only has to remember."""

import numpy as np
from common import BLUE, ORANGE, axes, epochs, network, save

from trimtab import datasets

table = datasets.load_red_wine()
rows = table.to_numpy(np.float32)
rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
bottle = table.groupby(list(table.columns)).ngroup().to_numpy()
found = {"at random": [], "copies on one side": []}
for seed in range(8):
    generator = np.random.default_rng(seed)
    held = {
        "at random": generator.random(len(rows)) < 0.3,
        "copies on one side": (generator.random(bottle.max() + 1) < 0.3)[bottle],
    }
    for name, valid in held.items():
        model = network(width=256, seed=seed)
        model.fit(rows[~valid, :-1], rows[~valid, -1], epochs=epochs(30), batch_size=64, verbose=0)
        found[name].append(model.evaluate(rows[valid, :-1], rows[valid, -1], verbose=0))

figure, panel = axes("", "validation loss", f"Red Wine, {len(rows) - bottle.max() - 1} of {len(rows):,} rows are copies")
panel.boxplot(list(found.values()), tick_labels=list(found), medianprops={"color": ORANGE}, boxprops={"color": BLUE})
save(figure)
