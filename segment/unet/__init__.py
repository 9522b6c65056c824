"""The network at work: weights, tiles, runtimes."""
