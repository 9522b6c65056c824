"""Fields of a uniform current against closed forms, published figures and sums over loops."""

import numpy as np
import pytest
from scipy import special

from grainstats.magnet import Stack, axis_field_per_j, field_map, magnet
from grainstats.magnet.current_sheets import MU_0
from segment.errors import InputError

PAIR = Stack(diameter_mm=30, thickness_mm=6, n_discs=2)


def loop_field(a, r, z):
    """Radial and axial field of a circular loop of radius `a` per ampere, T / A; lengths in metres."""
    outer2, inner2 = (a + r) ** 2 + z**2, (a - r) ** 2 + z**2
    k, e = (integral(4 * a * r / outer2) for integral in (special.ellipk, special.ellipe))
    scale = MU_0 / (2 * np.pi * np.sqrt(outer2))
    b_z = scale * (k + (a**2 - r**2 - z**2) / inner2 * e)
    return scale * z / r * (-k + (a**2 + r**2 + z**2) / inner2 * e) if r > 0 else np.zeros_like(b_z), b_z


def _sum_of_loops(stack, r_mm, z_mm, n=60):
    """Field per A/m² by Gauss points over the rings' sections; the point must lie outside them."""
    x, w = np.polynomial.legendre.leggauss(n)
    half, middle = (stack.diameter_mm - stack.bore_mm) / 4, (stack.diameter_mm + stack.bore_mm) / 4
    total = np.zeros(2)
    for low, high in stack.faces_mm():
        radius, height = np.meshgrid(middle + half * x, (low + high) / 2 + (high - low) / 2 * x)
        weight = np.outer(w * (high - low) / 2, w * half) * 1e-6
        field = loop_field(radius * 1e-3, r_mm * 1e-3, (z_mm - height) * 1e-3)
        total += [float((b * weight).sum()) for b in field]
    return total


def test_two_discs_at_mid_plane():
    assert axis_field_per_j(PAIR, 0.0) == pytest.approx(1.2420e-8, rel=2e-5)
    assert magnet(30, 6, stack=2, field_T=2.0).j_A_per_m2 == pytest.approx(1.61e8, rel=2e-3)


def test_one_millimetre_between_the_discs():
    apart = axis_field_per_j(Stack(30, 6, n_discs=2, gap_mm=1), 0.0)
    assert apart / axis_field_per_j(PAIR, 0.0) == pytest.approx(0.83, abs=0.005)


def test_faces_of_two_discs_in_contact_are_no_faces():
    z = np.linspace(-20, 20, 9)
    np.testing.assert_allclose(axis_field_per_j(PAIR, z), axis_field_per_j(Stack(30, 12), z), rtol=1e-12)


@pytest.mark.parametrize("bore", [0.0, 4.0])
def test_long_cylinder(bore):
    field = axis_field_per_j(Stack(30, 3e4, bore_mm=bore), 0.0)
    assert field == pytest.approx(MU_0 * (30 - bore) / 2 * 1e-3, rel=1e-6)


@pytest.mark.parametrize("bore", [0.0, 5.0])
@pytest.mark.parametrize("z", [0.5, 7.0, 40.0])
def test_axis_against_loops(bore, z):
    stack = Stack(30, 6, bore_mm=bore, n_discs=2, gap_mm=2)
    assert _sum_of_loops(stack, 0.0, z, n=200)[1] == pytest.approx(
        float(axis_field_per_j(stack, z)), rel=1e-6
    )


@pytest.mark.parametrize(("r", "z"), [(20, 3), (10, 0), (5, 8), (0.5, 0.2)])
def test_map_against_loops(r, z):
    stack = Stack(30, 6, bore_mm=4, n_discs=2, gap_mm=1.5)
    field = field_map(stack, 1e8, [r], [z])
    expected = _sum_of_loops(stack, r, z, n=200) * 1e8
    np.testing.assert_allclose([field.b_r_T[0, 0], field.b_z_T[0, 0]], expected, rtol=1e-5, atol=1e-7)


def test_map_inside_obeys_the_field_equations():
    h, stack = 0.01, Stack(30, 6)
    r, z = np.array([6 - h, 6, 6 + h]), np.array([1 - h, 1, 1 + h])
    field = field_map(stack, 1e8, r, z)
    curl = (field.b_r_T[2, 1] - field.b_r_T[0, 1] - field.b_z_T[1, 2] + field.b_z_T[1, 0]) / (2 * h * 1e-3)
    assert curl == pytest.approx(MU_0 * 1e8, rel=1e-4)
    flux = (r[2] * field.b_r_T[1, 2] - r[0] * field.b_r_T[1, 0]) / (2 * h * 6e-3) * 1
    assert flux + (field.b_z_T[2, 1] - field.b_z_T[0, 1]) / (2 * h * 1e-3) == pytest.approx(0, abs=1e-2)


def test_map_on_the_axis_is_the_closed_form():
    z = np.array([-8.0, 0.0, 6.0, 30.0])
    field = field_map(PAIR, 1e8, [0.0], z)
    np.testing.assert_allclose(field.b_z_T[:, 0], 1e8 * axis_field_per_j(PAIR, z), rtol=1e-9)
    np.testing.assert_allclose(field.b_r_T, 0, atol=1e-12)


def test_far_field_is_a_dipole():
    state = magnet(30, 6, stack=2, jc=1e8)
    field = state.field_map(np.array([2000.0]), np.array([0.0]))
    assert field.b_z_T[0, 0] == pytest.approx(-MU_0 * state.moment_A_m2 / (4 * np.pi * 2.0**3), rel=1e-3)


def test_known_magnets_of_the_literature():
    # Weiss et al., Superconductor Science and Technology 28 (2015) 112001: Ba-122, 10 mm x 18 mm, 1 T
    assert magnet(10, 18, field_T=1.0).j_A_per_m2 == pytest.approx(1.7e8, rel=0.1)
    # an MgB2 disc of 20 mm x 5.5 mm with 4.21 T (2025)
    assert magnet(20, 5.5, field_T=4.21, probe="top").j_A_per_m2 == pytest.approx(9e8, rel=0.5)


@pytest.mark.parametrize(("probe", "height"), [("middle", 0.0), ("top", 7.0), ("2.5", 2.5), (-1, -1.0)])
def test_probe(probe, height):
    state = magnet(20, 4, stack=3, gap_mm=1, jc=2e8, probe=probe)
    assert state.probe_mm == height
    assert state.b_probe_T == pytest.approx(2e8 * float(axis_field_per_j(state.stack, height)))
    assert np.isclose(state.z_mm, height).any()


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ({"diameter_mm": -1}, "diameter"),
        ({"thickness_mm": 0}, "thickness"),
        ({"bore_mm": 30}, "bore"),
        ({"bore_mm": -2}, "bore"),
        ({"gap_mm": -0.1}, "gap"),
        ({"stack": 0}, "stack"),
        ({"stack": 1.5}, "stack"),
        ({"stack": 100_000}, "stack"),
        ({"diameter_mm": float("nan")}, "diameter"),
        ({"diameter_mm": 1e300}, "diameter"),
        ({"thickness_mm": 1e-300}, "thickness"),
        ({"stack": 2, "gap_mm": 1e200}, "gap"),
        ({"probe": "side"}, "probe"),
        ({"jc": 0}, "current density"),
        ({"jc": None}, "current density"),
        ({"field_T": 2.0}, "current density"),
        ({"jc": 1e300}, "current density"),
        ({"jc": None, "kim": (1e15, 1.0)}, "J0 of Kim's law"),
        ({"jc": None, "field_T": -2.0}, "field"),
        ({"jc": None, "field_T": 1.0, "probe": 1e4}, "current density for that field"),
        ({"probe": 1e200}, "probe"),
        ({"creep_rate": 0.01}, "creep rate"),
        ({"hours": 3}, "hours"),
        ({"strength_MPa": 0}, "strength"),
    ],
)
def test_refused(sizes, named):
    with pytest.raises(InputError) as caught:
        magnet(**{"diameter_mm": 30, "thickness_mm": 6, "jc": 1e8, **sizes})
    assert caught.value.source == named


def test_sizes_in_metres_are_told():
    assert any("in millimetres" in w for w in magnet(0.03, 0.006, jc=1e8).warnings)
    assert magnet(30, 6, jc=1e8).warnings == ()
