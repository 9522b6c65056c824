"""Time and memory, for airspeed velocity: ``asv run``, or ``asv run -E existing`` as installed."""
