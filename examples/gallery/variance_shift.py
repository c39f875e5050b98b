"""Dropout before batch normalization: in inference the variance is smaller than the one it learned."""

import numpy as np
from common import BLUE, GREY, axes, epochs, save, wine

import trimtab
from trimtab import layers

x, y, _, _ = wine()
rates, ratios = np.arange(0.0, 0.75, 0.1), []
for rate in rates:
    stack = [layers.Dense(64), layers.ReLU(), layers.Dropout(float(rate)), layers.BatchNormalization(name="norm")]
    model = trimtab.Sequential([*stack, layers.Dense(1)], seed=0)
    model.compile(optimizer="adam", loss="mae")
    model.fit(x, y, epochs=epochs(8), batch_size=64, verbose=0)
    ratios.append(model.probe(x, y)["norm"].variance_ratio)

figure, panel = axes("dropout rate", "variance in inference / in training", "The variance shift of a batch normalization behind dropout")
panel.plot(rates, ratios, "o-", color=BLUE)
panel.axhline(1, color=GREY, linewidth=0.8)
panel.set_ylim(0, 1.1)
save(figure)
