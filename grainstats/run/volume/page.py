"""The page of one volume: figures, three orthogonal slices, and a slider through the stack."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from grainstats.run.volume.analysis import VolumeAnalysis
from grainstats.run.volume.slices import data_uri, palette, sized, slice_picture

MOST_SLICES = 64  #: in the slider
MOST_BYTES = 8_000_000  #: of all pictures together

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; }
td, th { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
.verdict { font-size: 1.15rem; font-weight: 600; }
.views { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; } figcaption { font-size: .85rem; opacity: .8; }
img { max-width: 100%; height: auto; image-rendering: auto; }
.views img { max-height: 20rem; }
input[type=range] { width: min(32rem, 100%); }
li { margin: .2rem 0; }
"""

_SCRIPT = """
const slices = [...document.querySelectorAll('#stack img')], slider = document.getElementById('z');
function show() {
  slices.forEach((s, k) => s.hidden = k !== +slider.value);
  document.getElementById('at').textContent = slices[slider.value].dataset.z;
}
slider.addEventListener('input', show); show();
"""


def volume_page(found: VolumeAnalysis, name: str) -> str:
    """The whole page as one self-contained document of less than 10 MB."""
    document = found.document
    verdict = document["modality"]
    warnings = "".join(f"<li>{escape(w)}</li>" for w in document["warnings"])
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(name)}: grains in three dimensions</title><style>{_STYLE}</style></head><body>
<h1>{escape(name)}</h1>
<p class="verdict">Grain size: {verdict["verdict"]}</p>
<p>{escape(verdict["reason"])}</p>
{f"<h2>Look at these first</h2><ul>{warnings}</ul>" if warnings else ""}
<h2>Figures</h2>
<table>{_rows(document)}</table>
<h2>Three slices through the middle</h2>
<div class="views">{_views(found)}</div>
<h2>Through the stack</h2>
{_slider(found)}
<script>{_SCRIPT}</script>
</body></html>
"""


def _rows(d: dict[str, Any]) -> str:
    x, y, z = d["voxel_size_nm"]
    slices, rows, columns = d["shape"]
    size, surface, faces = d["equivalent_diameter_nm"], d["s_v_per_um"], d["faces_per_grain"]
    told = [
        (
            "Volume",
            f"{columns} × {rows} × {slices} voxels of {x:g} × {y:g} × {z:g} nm ({d['voxel_size_source']})",
        ),
        ("Grains", f"{d['n_grains']}, {d['n_interior']} seen whole"),
        ("Equivalent diameter, mean", _value(size["mean"], "nm", size["ci"])),
        ("Equivalent diameter, median", _value(size["median"], "nm", None)),
        ("Equivalent diameter, by volume", _value(size["volume_weighted_mean"], "nm", None)),
        ("Surface per volume", _value(surface["value"], "1/µm", surface["ci"])),
        ("Neighbours of a grain", _value(faces["mean"], "", faces["ci"])),
        ("Mean chord along x, y, z", ", ".join(_value(d["mean_chord_nm"][a], "nm", None) for a in "xyz")),
        ("Triple lines", _value(d["triple_lines_per_um2"], "1/µm²", None)),
        *((p["name"].capitalize(), f"{p['fraction']:.1%} of the volume") for p in d["phases"]),
    ]
    sections = d["sections"]
    if sections["over_volume"] is not None:
        words = (
            f"{sections['n_cells']} cells of {sections['n']} sections have a mean circle diameter of "
            f"{sections['equivalent_diameter_nm']:.4g} nm, {sections['over_volume']:.0%} of the grains' own"
        )
        told.append(("What sections would have shown", words))
    return "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in told)


def _value(value: float | None, unit: str, ci: list[float] | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.4g} {unit}".strip() + ("" if ci is None else f" (95 %: {ci[0]:.4g} to {ci[1]:.4g})")


def _views(found: VolumeAnalysis) -> str:
    """The middle slice across z, y and x."""
    edge, out = found.volume.voxel_size.zyx, []
    for axis, title in ((0, "x right, y down"), (1, "x right, z down"), (2, "y right, z down")):
        where = found.volume.labels.shape[axis] // 2
        edges = [e for k, e in enumerate(edge) if k != axis]
        picture = sized(_picture(found, axis, where), (edges[0], edges[1]))
        caption = f"{title}, {'zyx'[axis]} = slice {where + 1}"
        out.append(
            f'<figure><img alt="{caption}" src="{data_uri(picture)}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return "".join(out)


def _slider(found: VolumeAnalysis) -> str:
    n = len(found.volume.labels)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_SLICES)).astype(int))
    _, height, width = found.volume.voxel_size.zyx
    images, used = [], 0
    for z in chosen:
        picture = data_uri(sized(_picture(found, 0, int(z)), (height, width)))
        used += len(picture)
        if used > MOST_BYTES:
            break
        images.append(f'<img hidden alt="slice {z + 1}" data-z="{z + 1}" src="{picture}">')
    return (
        f'<p><input id="z" type="range" min="0" max="{len(images) - 1}" value="0" aria-label="slice"> '
        f'slice <span id="at">1</span> of {n}</p><div id="stack">{"".join(images)}</div>'
    )


def _picture(found: VolumeAnalysis, axis: int, where: int) -> np.ndarray:
    labels = found.volume.labels.take(where, axis=axis)
    grey = None if found.grey is None else found.grey.take(where, axis=axis)
    return slice_picture(labels, grey, palette(found.volume.n_grains))
