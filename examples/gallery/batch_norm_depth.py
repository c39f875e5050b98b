"""What deep layers get: without batch normalization signals shrink from layer to layer."""

from common import BLUE, ORANGE, axes, concrete, network, save

x, _, _, _ = concrete()
figure, panel = axes("hidden layer", "standard deviation before relu", "Twelve layers before any training")
for normalized, color in ((False, ORANGE), (True, BLUE)):
    model = network(normalized=normalized, depth=12, width=32)
    model.build(8)
    if normalized:
        model.refresh_statistics(x)
    kind = "BatchNormalization" if normalized else "Dense"
    rows = [row.standard_deviation for row in model.probe(x) if row.kind == kind][:12]
    panel.plot(range(1, 13), rows, "o-", color=color, label="with batch normalization" if normalized else "without")
panel.set_yscale("log")
panel.legend(frameon=False)
save(figure)
