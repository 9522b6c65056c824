"""What lies outside the specimen: a phase that fills a whole side of the stack, and little of its middle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FILLS = 0.95  #: share of a side; a porous body shows its porosity there
MIDDLE = 0.5  #: of the middle third along each axis, which a phase of the specimen fills as its sides


def outside_note(phase: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """A warning where a phase looks like the surroundings; ``names[k]`` is that of value k."""
    sides = {
        "first slice": phase[0],
        "last slice": phase[-1],
        "top": phase[:, 0],
        "bottom": phase[:, -1],
        "left": phase[:, :, 0],
        "right": phase[:, :, -1],
    }
    middle = phase[tuple(slice(n // 3, n - n // 3) for n in phase.shape)]
    notes = []
    for code, name in enumerate(names):
        full = [side for side, face in sides.items() if (face == code).mean() >= FILLS]
        if full and (middle == code).mean() < MIDDLE:
            notes.append(
                f"{name} fills the stack's {', '.join(full)}, but not its middle: what lies outside the "
                f"specimen counts as {name}; crop the slices to the specimen"
            )
    return tuple(notes)
