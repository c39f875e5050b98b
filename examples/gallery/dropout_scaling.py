"""What is kept is scaled up, so that the mean stays; the spread is what dropout adds."""

import numpy as np
from common import BLUE, GREY, ORANGE, axes, save

import trimtab
from trimtab import layers

units = np.abs(np.random.default_rng(0).normal(size=64))
figure, panel = axes("sum of 64 units", "masks", "Sums behind dropout in training, and the sum in inference")
for rate, color in ((0.2, BLUE), (0.5, ORANGE)):
    model = trimtab.Sequential([layers.Dropout(rate)], seed=1)
    sums = np.asarray(model(np.tile(units, (4000, 1)), training=True)).sum(axis=1)
    panel.hist(sums, bins=50, alpha=0.6, color=color, label=f"rate {rate}: mean {sums.mean():.1f}")
panel.axvline(units.sum(), color=GREY, label=f"inference: {units.sum():.1f}")
panel.legend(frameon=False)
save(figure)
