"""What a network is: layers, losses, metrics, optimizers, schedules, and the network of them."""
