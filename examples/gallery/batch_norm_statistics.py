"""Moving averages lag behind: with momentum 0.99 it takes the validation loss epochs to show what was learned."""

from common import axes, epochs, network, save, wine

x, y, x_valid, y_valid = wine()
figure, panel = axes("epoch", "validation loss", "One network, three kinds of statistics")
for name, momentum, statistics in (
    ("momentum 0.99", 0.99, "moving"),
    ("momentum 0.9", 0.9, "moving"),
    ("population statistics", 0.99, "population"),
):
    history = network(normalized=True, momentum=momentum).fit(
        x, y, validation_data=(x_valid, y_valid), epochs=epochs(30), batch_size=128,
        statistics=statistics, verbose=0,
    )
    panel.plot(history.history["val_loss"], label=name)
panel.legend(frameon=False)
save(figure)
