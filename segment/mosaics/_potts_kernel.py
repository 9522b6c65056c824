"""The compiled sweep of Potts growth; apart, for Numba takes half a second to import."""

import numba
import numpy as np

#: the 20 pixels within a distance of sqrt(5): on 4 or 8 neighbours flat boundaries would stick to the lattice
_NEIGHBOURS = np.array(
    [(y, x) for y in range(-2, 3) for x in range(-2, 3) if 0 < y * y + x * x <= 5], dtype=np.int64
)


@numba.njit(cache=True)
def sweep(
    labels: np.ndarray, abnormal: np.ndarray, temperature: float, mobility: float, rng: np.random.Generator
) -> None:
    """As many attempts as there are boundary pixels, at random ones of them; changes `labels` in place."""
    rows, columns = labels.shape
    sites = np.empty(labels.size, np.int64)
    count = 0
    for y in range(rows):
        for x in range(columns):
            own = labels[y, x]
            if (
                labels[y, (x + 1) % columns] != own
                or labels[(y + 1) % rows, x] != own
                or labels[y, x - 1] != own
                or labels[y - 1, x] != own
            ):
                sites[count] = y * columns + x
                count += 1
    for _ in range(count):
        site = sites[int(rng.random() * count)]
        y, x = site // columns, site % columns
        own = labels[y, x]
        step = _NEIGHBOURS[int(rng.random() * _NEIGHBOURS.shape[0])]
        other = labels[(y + step[0]) % rows, (x + step[1]) % columns]
        if other == own:
            continue
        if mobility < 1 and not (abnormal[own] or abnormal[other]) and rng.random() >= mobility:
            continue
        gain = 0
        for k in range(_NEIGHBOURS.shape[0]):
            near = labels[(y + _NEIGHBOURS[k, 0]) % rows, (x + _NEIGHBOURS[k, 1]) % columns]
            gain += (near == own) - (near == other)
        if gain <= 0 or (temperature > 0 and rng.random() < np.exp(-gain / temperature)):
            labels[y, x] = other
