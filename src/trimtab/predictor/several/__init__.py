"""Several targets: scores, baselines, losses and intervals of each, held together."""
