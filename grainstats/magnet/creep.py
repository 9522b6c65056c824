"""Decay of a trapped field by flux creep.

Logarithmic (Anderson & Kim 1964): share = 1 - S ln(t / t0).  Interpolated between it and collective creep
(Feigel'man et al. 1989; Yeshurun, Malozemoff & Shaulov, Reviews of Modern Physics 68 (1996) 911):
share = (1 + mu S ln(t / t0))^(-1 / mu).  mu = -1 gives the logarithm, and mu -> 0 a power law.  Both count
from t0, the time after magnetising at which the field was first read: S has no meaning without it.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from grainstats.magnet.stack import above_zero
from segment.errors import InputError

HOUR = 3600.0  #: seconds
TIMES = 13  #: at which the decay is told, evenly spaced in the logarithm; judgement


@dataclass(frozen=True)
class Creep:
    """A law of decay.

    Raises
    ------
    InputError
        A rate outside 0 ... 1, t0 not positive, mu below -1.

    Examples
    --------
    >>> creep = Creep(rate=0.002, t0_s=60)
    >>> round(creep.share(72), 3)
    0.983
    >>> round(creep.hours_to_lose(0.0145), 1)
    23.5
    """

    rate: float  #: S, the share lost per unit of ln t at t0
    t0_s: float  #: seconds from magnetising to the first reading
    mu: float | None = None  #: exponent of the interpolation; None: logarithmic

    def __post_init__(self) -> None:
        above_zero("creep rate", self.rate, or_zero=True)
        if self.rate >= 1:
            raise InputError("creep rate", f"{self.rate:g} is not a share below 1", "Give S, e.g. 0.005")
        above_zero("t0", self.t0_s, "s")
        if self.mu is not None and not (math.isfinite(self.mu) and self.mu >= -1):
            raise InputError(
                "mu", f"{self.mu:g} is below -1 or no number", "Give it from -1 (logarithmic) upwards"
            )

    @property
    def _mu(self) -> float:
        """The exponent; the law is then Box and Cox's transformation of 1 / share."""
        return -1.0 if self.mu is None else self.mu

    def share(self, hours: float) -> float:
        """What is left `hours` after magnetising; 1 up to t0, never below 0."""
        x = self.rate * math.log(max(hours * HOUR / self.t0_s, 1.0))
        return 1 / float(special.inv_boxcox(x, self._mu)) if 1 + self._mu * x > 0 else 0.0

    def hours_to_lose(self, lost: float) -> float:
        """Hours after magnetising at which the share `lost` is gone; inf where that is never or beyond 1e300
        h.

        `InputError`: `lost` is not between 0 and 1.
        """
        if not 0 < lost < 1:
            raise InputError("share to lose", f"{lost:g} is not between 0 and 1", "Give e.g. 0.03 for 3 %")
        if self.rate == 0:
            return math.inf
        exponent = float(special.boxcox(1 / (1 - lost), self._mu)) / self.rate
        return self.t0_s / HOUR * math.exp(exponent) if exponent < 600 else math.inf

    def times(self, hours: float) -> list[float]:
        """Hours from t0 to `hours`, evenly spaced in the logarithm; the last is exactly `hours`.

        `InputError`: `hours` is not after t0.
        """
        above_zero("hours", hours)
        first = self.t0_s / HOUR
        if hours <= first:
            raise InputError(
                "hours",
                f"{hours:g} h is not after t0 = {self.t0_s:g} s",
                "Give a time after the first reading",
            )
        return [*(float(t) for t in np.geomspace(first, hours, TIMES)[:-1]), float(hours)]
