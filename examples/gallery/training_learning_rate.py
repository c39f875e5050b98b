"""Learning rates that are too low, about right and too high."""

from common import axes, epochs, network, save, wine

import trimtab

x, y, _, _ = wine()
figure, panel = axes("epoch", "training loss", "Adam at four learning rates")
for rate in (0.00003, 0.001, 0.03, 0.3):
    model = network(optimizer=trimtab.optimizers.Adam(rate))
    losses = model.fit(x, y, epochs=epochs(30), batch_size=64, verbose=0).history["loss"]
    panel.plot(losses, label=f"{rate:g}")
panel.set_ylim(0, 1.2)
panel.legend(title="learning rate", frameon=False)
save(figure)
