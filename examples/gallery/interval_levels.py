"""Intervals keep their word at every level: asked for, and found on new rows."""

import numpy as np
from common import BLUE, GREY, axes, epochs, network, save, wine

x, y, x_held, y_held = wine(share=0.5)
model = network(0.2)
model.fit(x, y, epochs=epochs(20), batch_size=64, verbose=0)
half, levels, covered = len(x_held) // 2, np.arange(0.1, 0.96, 0.1), []
for level in levels:
    found = model.predict_interval(x_held[half:], float(level), (x_held[:half], y_held[:half]), samples=50, seed=0)
    low, high = np.ravel(found.lower), np.ravel(found.upper)
    covered.append(np.mean((y_held[half:] >= low) & (y_held[half:] <= high)))

figure, panel = axes("level asked for", "share of targets inside", "Calibrated intervals on Red Wine")
panel.axline((0, 0), slope=1, color=GREY, linestyle="--")
panel.plot(levels, covered, "o-", color=BLUE)
save(figure)
