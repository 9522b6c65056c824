"""The current density that a magnet holds in its own field, where J_c falls with the field.

The magnet is taken as fully penetrated: everywhere it carries the critical current density of the field
there. Current and field are found together by a damped fixed point, on three grids; the values in the limit
of small cells, and how far off they may be, come from how the grids differ (Richardson).  Steps are taken in
the logarithm of the current density, and each cell has its own damping: where its own field passes through
zero, a cell overshoots by far more than the others.
"""

import math

import numpy as np

from grainstats.magnet.cells import Cells
from grainstats.magnet.jc_laws import CurrentLaw
from grainstats.magnet.stack import Stack
from segment.errors import InputError

RINGS = (8, 16, 32)  #: cells across the radius of the three grids
MAX_CELLS = 6000  #: of the finest grid: seconds on one core
_PASSES = 300  #: of the damped fixed point
BISECTIONS = 60  #: halve a double down to its last bit
SETTLED = 1e-6  #: change of the current density in a pass, over its largest value; grids differ by more
#: largest damping of a step, and its factors after a step that turned back and after one that did not; of
#: .5 or .7 and 1.1 or 1.2 the quickest in 236 magnets, all of which settled
DAMPING, TURNED, KEPT = 0.5, 0.7, 1.1


def settle(cells: Cells, law: CurrentLaw) -> tuple[np.ndarray, np.ndarray]:
    """Current density, A/m², that is critical everywhere in its own field, and that field, tesla.

    Both of shape (n_discs, n_z, n_r).  `InputError`: no rest is reached: the law falls too steeply.

    >>> from grainstats.magnet.jc_laws import Kim
    >>> j, b = settle(Cells(Stack(30, 6), n_r=8, n_z=4), Kim(4e8, 1.0))
    >>> bool((abs(j * (1 + b) / 4e8 - 1) < 1e-4).all())
    True
    """
    j = np.full(cells.shape, _uniform_start(cells, law))
    damping, last = np.full(cells.shape, DAMPING), np.zeros(cells.shape)
    for _ in range(_PASSES):
        b = np.hypot(*cells.field(j))
        wanted = law(b)
        change = float(np.abs(wanted - j).max() / wanted.max())
        if change < SETTLED:
            return j, b
        step = np.log(wanted / j)
        damping = np.where(step * last < 0, damping * TURNED, np.minimum(damping * KEPT, DAMPING))
        last = step
        j = j * np.exp(damping * step)
    raise InputError(
        "J_c(B)",
        f"the current density still changes by {change:.2g} after {_PASSES} passes",
        "The law falls too steeply with the field; check its B0 or its table",
    )


def _uniform_start(cells: Cells, law: CurrentLaw) -> float:
    """The uniform current density that is critical in the mean field it makes; bisection."""
    per_j = float(np.hypot(*cells.field(np.ones(cells.shape))).mean())
    high = float(law(np.zeros(1))[0])
    low = high * 1e-12
    for _ in range(BISECTIONS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if law(np.array([per_j * middle]))[0] > middle else (low, middle)
    return middle


def grids(stack: Stack) -> tuple[Cells, Cells, Cells]:
    """Three grids, each twice as fine as the one before, with nearly square cells."""
    width = (stack.diameter_mm - stack.bore_mm) / 2
    ratio = stack.thickness_mm / width
    layers = max(1, round(RINGS[0] * ratio))
    rings = RINGS[0]
    while rings > 4 and 16 * rings * layers * stack.n_discs > MAX_CELLS:
        rings -= 1
        layers = max(1, round(rings * ratio))
    layers = min(layers, max(1, MAX_CELLS // (16 * rings * stack.n_discs)))
    first, second, third = (Cells(stack, rings * k, layers * k) for k in (1, 2, 4))
    return first, second, third


def extrapolate(coarse: np.ndarray, middle: np.ndarray, fine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value in the limit of small cells, and its error, from three grids that each halve the cells.

    The order is the one that the three values show, held between 1 and 2; the error is what extrapolating
    changed, which is more than what it left wherever the values behave.
    """
    a, b = middle - coarse, fine - middle
    ratio = np.divide(a, b, out=np.full_like(fine, 4.0), where=np.abs(b) > 0)
    step = np.clip(np.abs(ratio), 2.0, 4.0)
    value = fine + b / (step - 1)
    return value, np.abs(value - fine)
