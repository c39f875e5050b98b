"""Ten seeds, the same rows and settings: how much of a result is luck."""

import numpy as np
from common import BLUE, ORANGE, axes, epochs, network, save, wine

x, y, x_valid, y_valid = wine()
curves = [
    network(0.2, seed=seed).fit(
        x, y, validation_data=(x_valid, y_valid), epochs=epochs(40), batch_size=64, verbose=0
    ).history["val_loss"]
    for seed in range(10)
]  # fmt: skip
lowest = [min(curve) for curve in curves]

figure, panel = axes("epoch", "validation loss", f"Ten seeds: lowest losses from {min(lowest):.3f} to {max(lowest):.3f}")
panel.plot(np.transpose(curves), color=BLUE, alpha=0.4, linewidth=0.8)
panel.plot(np.mean(curves, axis=0), color=ORANGE, linewidth=2.4)
save(figure)
