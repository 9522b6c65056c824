"""Numbers of known materials, each with where it comes from; "assumed" where no source gives one."""

from __future__ import annotations

from typing import Any

ASSUMED = "assumed: no source gives a number"

#: value and source by key of the law file
PRESETS: dict[str, dict[str, tuple[Any, str]]] = {
    "ba122-co": {
        "theta_c_deg": (9.0, "Katase et al., Nature Communications 2 (2011) 409: Co-doped Ba-122 bicrystals"),
        "theta_0_deg": (9.0, "about 9 deg: Katase et al., arXiv:1011.5721v1, abstract"),
        "plateau": (0.05, ASSUMED),
        "laue": ("4/mmm", "crystal structure, I4/mmm"),
    },
    "ba122-k": {
        "theta_c_deg": (
            24.0,
            "Hatano et al. (2024): K-doped Ba-122 bicrystals carry over 0.1 MA/cm2 to 24 deg at 28 K; that "
            "they carry it undiminished is assumed",
        ),
        "theta_0_deg": (9.0, ASSUMED),
        "plateau": (0.05, ASSUMED),
        "laue": ("4/mmm", "crystal structure, I4/mmm"),
    },
    "cuprate": {
        "theta_c_deg": (4.0, "3 to 5 deg: Hilgenkamp & Mannhart, Reviews of Modern Physics 74 (2002) 485"),
        "theta_0_deg": (4.0, "YBa2Cu3O7, about 4 deg: Katase et al., arXiv:1011.5721v1, abstract"),
        "laue": ("mmm", "crystal structure, Pmmm"),
    },
}
