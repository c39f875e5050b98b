"""A network as units and lines, its colours the activations of one wine."""

from pathlib import Path

from common import epochs, network, wine

x, y, _, _ = wine()
model = network(0.3, width=128)
model.fit(x, y, epochs=epochs(10), batch_size=64, verbose=0)
Path("network_units.svg").write_text(model.draw(x[:1], units=7).svg)
print("network_units.svg")
