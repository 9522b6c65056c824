"""Creep, energy, moment and hoop stress against closed forms."""

import numpy as np
import pytest
from scipy import special

from grainstats.magnet import Creep, Stack, field_map, magnet
from grainstats.magnet.current_sheets import MU_0
from grainstats.magnet.magnetised import largest_hoop_stress
from segment.errors import InputError


@pytest.mark.parametrize(
    ("rate", "t0_s", "hours", "share", "within"),
    [(0.0041, 60, 24, 0.97, 5e-4), (0.0060, 600, 24, 0.97, 5e-4), (0.002, 60, 72, 0.983, 5e-4)],
)
def test_logarithmic(rate, t0_s, hours, share, within):
    assert Creep(rate, t0_s).share(hours) == pytest.approx(share, abs=within)


@pytest.mark.parametrize("mu", [None, -1, -0.5, 0, 0.5, 1, 1.5])
def test_time_to_lose_is_the_inverse(mu):
    creep = Creep(0.02, 60, mu)
    assert 1 - creep.share(creep.hours_to_lose(0.05)) == pytest.approx(0.05)
    assert creep.share(60 / 3600) == 1


def test_interpolated_formula():
    x = 0.02 * np.log(1000 * 3600 / 60)
    assert Creep(0.02, 60, 1.5).share(1000) == pytest.approx((1 + 1.5 * x) ** (-1 / 1.5))
    assert Creep(0.02, 60, 1e-9).share(1000) == pytest.approx(Creep(0.02, 60, 0).share(1000))


def test_decay_list_ends_at_the_hours_asked_for():
    state = magnet(30, 6, jc=1e8, creep_rate=0.002, t0_s=60, hours=72)
    assert state.decay[0] == pytest.approx((60 / 3600, 1.0))
    assert state.decay[-1][0] == 72
    shares = [share for _, share in state.decay]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("bad", [{"rate": -0.1}, {"rate": 1.0}, {"t0_s": 0}, {"mu": -2}])
def test_creep_refused(bad):
    with pytest.raises(InputError):
        Creep(**{"rate": 0.01, "t0_s": 60, **bad})


def test_hours_before_the_first_reading_are_refused():
    with pytest.raises(InputError, match="hours"):
        magnet(30, 6, jc=1e8, creep_rate=0.01, t0_s=7200, hours=1)


def test_moment_and_magnetisation():
    state = magnet(30, 6, bore_mm=6, stack=2, jc=1e8)
    assert state.moment_A_m2 == pytest.approx(1e8 * np.pi / 3 * (15**3 - 3**3) * 12 * 1e-12)
    assert magnet(30, 6, jc=1e8).magnetisation_A_per_m == pytest.approx(1e8 * 0.015 / 3)


def test_energy_of_a_long_cylinder():
    """mu0 pi J² a⁴ / 12 in a unit of length; the ends of a finite one differ by as much for every length."""
    a = 1e-3
    longer, shorter = (magnet(2 * a * 1e3, length, jc=1e9).energy_J for length in (30, 20))
    assert (longer - shorter) / 0.01 == pytest.approx(MU_0 * np.pi * 1e18 * a**4 / 12, rel=0.01)


@pytest.mark.parametrize("thickness", [1e-5, 1e-3, 1e-2])
def test_energy_of_a_film(thickness):
    """C mu0 K² a³ with C = pi/2 · integral of h² over q, h(q) = integral of r J1(qr) from 0 to 1."""
    q = np.linspace(1e-6, 400, 400_001)
    h = np.pi / (2 * q) * (special.j1(q) * special.struve(0, q) - special.j0(q) * special.struve(1, q))
    c = np.pi / 2 * np.trapezoid(h**2, q)
    film = magnet(20, thickness, jc=1e10)
    assert film.energy_J == pytest.approx(c * MU_0 * (1e7 * thickness) ** 2 * 1e-6, rel=2e-3)


@pytest.mark.parametrize(("width", "height"), [(0.1, 0.1), (0.1, 1.0), (0.5, 0.05)])
def test_energy_of_a_thin_ring(width, height):
    """L = mu0 r (ln(8 r / g) - 2); the section is g = .2235 of the sum of its edges from itself (Grover)."""
    ring, r = magnet(30, height, bore_mm=30 - 2 * width, jc=1e9), (15 - width / 2) * 1e-3
    inductance = MU_0 * r * (np.log(8 * r / (0.2235e-3 * (width + height))) - 2)
    assert ring.energy_J == pytest.approx(inductance * (1e3 * width * height) ** 2 / 2, rel=2e-3)


def test_energy_grows_with_the_square():
    assert magnet(30, 6, jc=2e8).energy_J == pytest.approx(4 * magnet(30, 6, jc=1e8).energy_J)


def test_hoop_stress_of_a_long_cylinder():
    a, j, nu = 1e-3, 1e9, 0.3
    edges = np.linspace(0, a, 401)
    force = j * MU_0 * j * (a - (edges[1:] + edges[:-1]) / 2)
    expected = (MU_0 * j * a) ** 2 / MU_0 * (7 + 5 * nu) / 24
    assert largest_hoop_stress(edges, force, nu) == pytest.approx(expected, rel=1e-4)


def test_hoop_stress_of_a_thin_ring():
    """Force times radius, as in any thin hoop."""
    edges = np.linspace(0.0999, 0.1, 21)
    assert largest_hoop_stress(edges, np.full(20, 1e7)) == pytest.approx(1e7 * 0.1, rel=2e-3)


def test_strength_is_compared():
    weak, strong = (magnet(30, 6, stack=2, jc=1e9, strength_MPa=s) for s in (10, 1000))
    assert weak.hoop_stress_MPa == strong.hoop_stress_MPa > 10
    assert "crack" in weak.warnings[0]
    assert not strong.warnings


def test_stress_of_a_disc_is_that_of_its_own_field():
    """At the centre 1/2 [(1 + nu) int f dr + (1 - nu) / a² int f r² dr], with the force f = J B_z."""
    r, nu = (np.arange(200) + 0.5) * 0.015 / 200, 0.3
    b_z = field_map(Stack(30, 6), 1e8, r * 1e3, (np.arange(40) + 0.5) * 6 / 40 - 3).b_z_T
    force = 1e8 * b_z.mean(axis=0) * 0.015 / 200
    expected = ((1 + nu) * force.sum() + (1 - nu) * (force * r**2).sum() / 0.015**2) / 2
    assert magnet(30, 6, jc=1e8).hoop_stress_MPa * 1e6 == pytest.approx(expected, rel=2e-4)
