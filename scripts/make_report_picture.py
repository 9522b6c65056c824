"""Draw docs/start/report.jpg: the sample ai-02 of the demo's report, as a browser shows it, without tables.

    grainstats demo --out demo_out
    python scripts/make_report_picture.py demo_out/report.html [OUT]

Needs chromium on the path.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).parents[1] / "docs" / "start" / "report.jpg"
WIDTH, HEIGHT = 1000, 1600  #: of the window, pixels; what is empty below is cut off
SHOWN = """<style>
.bar-top, .head, main > :not(#sample-2), #sample-2 > p.small.soft { display: none; }
#sample-2 :is(h3, .numbers, details, .scroll, .keep ~ *, .save) { display: none; }
body, main, section.sample { margin: 0 !important; padding-top: 4px !important; border: 0 !important; }
</style></head>"""


def main(report: Path, out: Path) -> None:
    """Show the one sample, take the window, cut it to what is drawn."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        shown, taken = Path(folder, "page.html"), Path(folder, "page.png")
        shown.write_text(page.replace("</head>", SHOWN, 1), encoding="utf-8")
        window = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        subprocess.run(
            ["chromium", *window, f"--screenshot={taken}", shown.as_uri()],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        picture = Image.open(taken).convert("RGB")
    drawn = np.ptp(np.asarray(picture), axis=1).any(axis=1)
    picture.crop((0, 0, WIDTH, int(np.flatnonzero(drawn)[-1]) + 12)).save(out, quality=85)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else OUT)
