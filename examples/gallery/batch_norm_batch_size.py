"""Batch normalization and the size of batches: statistics of a few rows are mostly noise."""

import numpy as np
from common import BLUE, ORANGE, axes, concrete, epochs, network, save

SIZES = (2, 4, 8, 16, 64, 256)
x, y, x_valid, y_valid = concrete()
figure, panel = axes("rows of a batch", "validation loss", "The same number of steps for all sizes")
for normalized, color in ((False, ORANGE), (True, BLUE)):
    losses = []
    for size in SIZES:
        model, steps = network(normalized=normalized), 20 * epochs(15)
        rows = np.random.default_rng(0).integers(len(x), size=(steps, size)).ravel()
        model.fit(x[rows], y[rows], epochs=1, batch_size=size, shuffle=False, verbose=0)
        losses.append(model.evaluate(x_valid, y_valid, verbose=0))
    panel.plot(SIZES, losses, "o-", color=color, label="with batch normalization" if normalized else "without")
panel.set_xscale("log", base=2)
panel.legend(frameon=False)
save(figure)
