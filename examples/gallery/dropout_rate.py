"""How much dropout? The lowest validation loss and the last one, by rate."""

import numpy as np
from common import BLUE, ORANGE, axes, epochs, network, save, wine

RATES, SEEDS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9), 2
found = np.empty((len(RATES), SEEDS, 2))
for row, rate in enumerate(RATES):
    for seed in range(SEEDS):
        x, y, x_valid, y_valid = wine(seed)
        history = network(rate, width=256, seed=seed).fit(
            x, y, validation_data=(x_valid, y_valid), epochs=epochs(60), batch_size=64, verbose=0
        )
        losses = history.history["val_loss"]
        found[row, seed] = min(losses), losses[-1]

figure, panel = axes("rate", "validation loss", f"Dropout rates, mean of {SEEDS} splits of Red Wine")
for column, (name, color) in enumerate((("lowest of all epochs", BLUE), ("after the last epoch", ORANGE))):
    panel.plot(RATES, found[..., column].mean(axis=1), "o-", color=color, label=name)
panel.legend(frameon=False)
save(figure)
