"""Rates that change while a network trains, as they were used."""

import numpy as np
from common import axes, epochs, save

import trimtab
from trimtab import layers, schedules

EPOCHS = epochs(30)
WAYS = {
    "linear, 0.5 to 0": schedules.LinearDropout(0.5, 0.0, epochs=EPOCHS),
    "early: 0.3, then 0": schedules.EarlyDropout(0.3, epochs=EPOCHS // 3),
    "late: 0, then 0.3": schedules.LateDropout(0.3, epochs=EPOCHS // 3),
    "flat, then cosine to 0": schedules.FlatCosineDropout(0.4, epochs=EPOCHS),
}
x = np.random.default_rng(0).normal(size=(64, 2))
figure, panel = axes("epoch", "rate", "Dropout on a schedule")
for name, schedule in WAYS.items():
    model = trimtab.Sequential([layers.Dense(8), layers.Dropout(schedule, name="drop"), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(x, x[:, 0], epochs=EPOCHS, batch_size=16, verbose=0).history
    panel.plot(range(1, EPOCHS + 1), history["drop_rate"], label=name)
panel.legend(frameon=False, fontsize=8)
save(figure)
