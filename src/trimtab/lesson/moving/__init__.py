"""Moving pictures of the lesson: a GIF and a page each, made from training runs as they were."""

from trimtab.lesson.moving import batch_norm, committee, dropout
from trimtab.lesson.moving.picture import Motion, Moving, write_gif, write_page

__all__ = ["MOVING", "Motion", "Moving", "write_gif", "write_page"]

MOVING: dict[str, Moving] = {
    each.name: each
    for each in (
        Moving(
            "dropout",
            "Dropout: another network in each step",
            "A network of four columns of units, joined by lines. In each training step some "
            "hidden units are crossed out and have no lines: dropout left them out. Below, the "
            "loss of the batch falls and jumps from step to step.",
            dropout.motion,
        ),
        Moving(
            "batch-norm",
            "Batch normalization: what a layer gets while it trains",
            "Above, two histograms of the inputs of a network's last relu: without batch "
            "normalization they are narrow or drift from step to step, with it their mean stays "
            "near 0 and their spread near 1. Below, the validation loss of both networks.",
            batch_norm.motion,
        ),
        Moving(
            "committee",
            "Dropout as a committee: many thinned networks and their mean",
            "Above, a curve with noisy points around it. Thin lines, the predictions of thinned "
            "networks, are added one by one; a thick line is their mean. Below, the error of each "
            "thinned network as a dot and that of the mean as a line, which falls.",
            committee.motion,
        ),
    )
}
