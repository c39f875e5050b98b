"""Plain SGD at learning rates from 0.001 to 3: with batch normalization small rates get further, and none diverges."""

import numpy as np
from common import BLUE, ORANGE, axes, concrete, epochs, network, save

import trimtab

RATES = np.geomspace(0.001, 3, 8)
x, y, x_valid, y_valid = concrete()
figure, panel = axes("learning rate", "validation loss", "Four layers after SGD on Concrete; no dot: diverged")
for normalized, color in ((False, ORANGE), (True, BLUE)):
    losses = []
    for rate in RATES:
        model = network(normalized=normalized, depth=4, optimizer=trimtab.optimizers.SGD(float(rate)))
        model.fit(x, y, epochs=epochs(15), batch_size=64, verbose=0)
        losses.append(model.evaluate(x_valid, y_valid, verbose=0))
    name = "with batch normalization" if normalized else "without"
    panel.plot(RATES, np.where(np.isfinite(losses), losses, np.nan), "o-", color=color, label=name)
panel.set(xscale="log", ylim=(0, 1.5))
panel.legend(frameon=False)
save(figure)
