"""The magnet's shape: one or several equal discs or rings on one axis.

Heights are measured from the mid-plane of the whole stack, upwards: z = 0 lies in the middle of the middle
disc of an odd stack, and between the two middle discs of an even one.
"""

import math
from dataclasses import dataclass

from segment.errors import InputError

MOST_DISCS = 1000  #: of a stack: a minute with J_c(B)
SMALLEST_MM, LARGEST_MM = 1e-6, 1e5  #: of a disc: one nanometre to a hundred metres


@dataclass(frozen=True)
class Stack:
    """Equal discs or rings, one above the other.

    Raises
    ------
    InputError
        A size that is not positive and finite, a bore as wide as the disc, no disc or more than `MOST_DISCS`.

    Examples
    --------
    >>> stack = Stack(diameter_mm=30.0, thickness_mm=6.0, n_discs=2, gap_mm=1.0)
    >>> stack.height_mm
    13.0
    >>> stack.faces_mm()
    ((-6.5, -0.5), (0.5, 6.5))
    """

    diameter_mm: float  #: outer diameter
    thickness_mm: float  #: of one disc
    bore_mm: float = 0.0  #: inner diameter; 0 for a disc
    n_discs: int = 1
    gap_mm: float = 0.0  #: between neighbouring discs; of no effect where there is one disc

    def __post_init__(self) -> None:
        above_zero("diameter", self.diameter_mm, "mm")
        above_zero("thickness", self.thickness_mm, "mm")
        above_zero("bore", self.bore_mm, "mm", or_zero=True)
        above_zero("gap", self.gap_mm, "mm", or_zero=True)
        for name in ("diameter", "thickness", "gap"):
            size = getattr(self, f"{name}_mm")
            if size > LARGEST_MM or (name != "gap" and size < SMALLEST_MM):
                raise InputError(name, f"{size:g} mm is no size of a magnet", "Give millimetres")
        if self.bore_mm >= self.diameter_mm:
            raise InputError(
                "bore",
                f"{self.bore_mm:g} mm is not smaller than the diameter, {self.diameter_mm:g} mm",
                "Give the inner diameter of the ring",
            )
        if not (math.isfinite(self.n_discs) and self.n_discs == int(self.n_discs) >= 1):
            raise InputError("stack", f"{self.n_discs} is no number of discs", "Give 1, 2, 3 ...")
        if self.n_discs > MOST_DISCS:
            filled = self.thickness_mm / (self.thickness_mm + self.gap_mm)
            raise InputError(
                "stack",
                f"{self.n_discs} discs are more than {MOST_DISCS}, each of which is cut into cells",
                f"Give one disc of {self.height_mm:.6g} mm, with {filled:.4g} times the current density",
            )

    @property
    def height_mm(self) -> float:
        """From the lowest face to the highest."""
        return self.n_discs * self.thickness_mm + (self.n_discs - 1) * self.gap_mm

    @property
    def volume_m3(self) -> float:
        """Of the superconductor, without bore and gaps."""
        ring = math.pi / 4 * (self.diameter_mm**2 - self.bore_mm**2)
        return ring * self.thickness_mm * self.n_discs * 1e-9

    def faces_mm(self) -> tuple[tuple[float, float], ...]:
        """Height of the lower and the upper face of each disc, from the lowest disc to the highest."""
        pitch = self.thickness_mm + self.gap_mm
        lowest = -self.height_mm / 2
        return tuple(
            (lowest + k * pitch, lowest + k * pitch + self.thickness_mm) for k in range(self.n_discs)
        )

    def probe_mm(self, probe: str | float) -> float:
        """Height of the probe on the axis: "middle" of the stack, centre of its "top" face, or millimetres.

        `InputError`: neither a name nor a height within 100 m.
        """
        if probe == "middle":
            return 0.0
        if probe == "top":
            return self.height_mm / 2
        try:
            height = float(probe)
        except ValueError:
            height = math.nan
        if not abs(height) <= LARGEST_MM:
            raise InputError(
                "probe",
                f"{probe!r} is no place",
                "Give middle, top, or a height in mm above the mid-plane of the stack",
            )
        return height


def above_zero(name: str, value: float, unit: str = "", *, or_zero: bool = False) -> float:
    """The value, or an error that names it.

    `InputError`: not positive (or, `or_zero`, negative) or not finite.
    """
    if math.isfinite(value) and (value > 0 or (or_zero and value == 0)):
        return value
    reason, remedy = (
        ("is negative or no number", "Give 0 or more")
        if or_zero
        else ("is not a positive number", "Give one above 0")
    )
    raise InputError(name, " ".join(f"{value:g} {unit} {reason}".split()), remedy)
