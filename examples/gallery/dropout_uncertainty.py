"""Thinned networks agree where there are rows, and disagree where there are none."""

import numpy as np
from common import BLUE, GREY, ORANGE, axes, epochs, network, save

generator = np.random.default_rng(0)
x = np.concatenate([generator.uniform(-3, -0.5, 60), generator.uniform(1, 2, 40)])[:, None]
y = np.sin(2 * x[:, 0]) + 0.1 * generator.normal(size=len(x))
model = network(0.1, width=128, depth=3)
model.fit(x, y, epochs=epochs(400), batch_size=50, verbose=0)
grid = np.linspace(-5, 4, 200)[:, None]
samples = model.predict_samples(grid, samples=200, seed=1)[:, :, 0]

figure, panel = axes("x", "prediction", "Predictions of 200 thinned networks: their mean, and where 90 % lie")
panel.fill_between(grid[:, 0], *np.quantile(samples, (0.05, 0.95), axis=0), color=BLUE, alpha=0.3)
panel.plot(grid, samples.mean(axis=0), color=BLUE)
panel.plot(x, y, "o", color=ORANGE, markersize=3)
panel.axhline(0, color=GREY, linewidth=0.6)
save(figure)
