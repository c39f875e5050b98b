"""The epoch that early stopping keeps: from there on only the training loss falls."""

import numpy as np
from common import BLUE, GREY, ORANGE, axes, epochs, network, save, wine

x, y, x_valid, y_valid = wine()
history = network(width=256).fit(
    x, y, validation_data=(x_valid, y_valid), epochs=epochs(60), batch_size=64, verbose=0
).history  # fmt: skip
best = int(np.argmin(history["val_loss"]))

figure, panel = axes("epoch", "mean absolute error", f"Lowest after epoch {best + 1}; after that only the training loss falls")
panel.plot(range(1, len(history["loss"]) + 1), history["loss"], color=BLUE, label="loss")
panel.plot(range(1, len(history["loss"]) + 1), history["val_loss"], color=ORANGE, label="val_loss")
panel.axvline(best + 1, color=GREY, linestyle="--")
panel.legend(frameon=False)
save(figure)
