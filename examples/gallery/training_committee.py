"""Networks of different seeds: their mean is better than nearly all of them, most of the gain with the first few."""

import numpy as np
from common import BLUE, ORANGE, axes, epochs, network, save, wine

x, y, x_valid, y_valid = wine()
members = []
for seed in range(12):
    model = network(width=128, seed=seed)
    model.fit(x, y, epochs=epochs(40), batch_size=64, verbose=0)
    members.append(model.predict(x_valid, verbose=0)[:, 0])
means = np.cumsum(members, axis=0) / np.arange(1, 13)[:, None]

figure, panel = axes("networks", "mean absolute error", "Networks of a committee (dots), and their mean (line)")
panel.plot(range(1, 13), [np.abs(each - y_valid).mean() for each in members], "o", color=BLUE)
panel.plot(range(1, 13), [np.abs(each - y_valid).mean() for each in means], color=ORANGE, linewidth=2)
save(figure)
