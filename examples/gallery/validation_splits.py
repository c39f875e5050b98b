"""One split is one draw: the score of the same network on twenty random splits."""

import numpy as np
from common import BLUE, ORANGE, axes, epochs, network, save, wine

SPLITS, losses = 20, {}
for share in (0.9, 0.7):
    losses[share] = []
    for seed in range(SPLITS):
        x, y, x_valid, y_valid = wine(seed, share)
        model = network(0.2, seed=0)
        model.fit(x, y, epochs=epochs(15), batch_size=64, verbose=0)
        losses[share].append(model.evaluate(x_valid, y_valid, verbose=0))

figure, panel = axes("validation loss", "splits", "Twenty splits of Red Wine, validated on 10 % or 30 % of the rows")
bins = np.linspace(min(map(min, losses.values())), max(map(max, losses.values())), 13)
for (share, found), color in zip(losses.items(), (ORANGE, BLUE)):
    panel.hist(found, bins, color=color, alpha=0.6, label=f"{1 - share:.0%}: {np.mean(found):.3f} ± {np.std(found):.3f}")
panel.legend(frameon=False)
save(figure)
