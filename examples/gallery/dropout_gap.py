"""Without dropout the training loss runs away from the validation loss; with it they stay together."""

from common import BLUE, ORANGE, axes, epochs, network, save, wine

x, y, x_valid, y_valid = wine()
figure, panels = axes("epoch", "mean absolute error", "The gap between training and validation", 2, sharey=True)
for rate, panel in zip((0.0, 0.4), panels):
    history = network(rate, width=128).fit(
        x, y, validation_data=(x_valid, y_valid), epochs=epochs(60), batch_size=64, verbose=0
    )
    for name, color in (("loss", BLUE), ("val_loss", ORANGE)):
        panel.plot(history.history[name], color=color, label=name)
    panel.set_title(f"dropout {rate}", fontsize=10)
panels[0].legend(frameon=False)
save(figure)
