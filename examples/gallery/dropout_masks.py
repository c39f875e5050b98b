"""The mask of one training step: each row of the batch loses other units."""

import numpy as np
from common import axes, save

import trimtab
from trimtab import layers

model = trimtab.Sequential([layers.Dropout(0.3)], seed=0)
kept = np.asarray(model(np.ones((24, 48)), training=True)) > 0

figure, panel = axes("unit", "row of the batch", f"Dropout 0.3: {1 - kept.mean():.0%} of 24 x 48 units dropped")
panel.imshow(kept, cmap="Blues", vmin=-0.3, vmax=1.4, aspect="auto")
panel.grid(False)
save(figure)
