"""Pages from templates: one style sheet, one script, and a policy that lets the browser run nothing else."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grainstats._version import __version__
from grainstats.run.report import wording
from grainstats.run.report.image_overlays import encoded

if TYPE_CHECKING:
    import jinja2
    from PIL import Image

REPORT = "report.html"  #: of a run, in its output folder
POLICY = "@policy@"  #: in the templates' <meta http-equiv="Content-Security-Policy">
FILTERS = (
    wording.about,
    wording.counted,
    wording.length_with_interval,
    wording.rounded,
    wording.p_words,
    wording.probability,
    wording.sentence,
    wording.setting,
    wording.signed,
    wording.unit_words,
)


def fill_template(template: str, **values: Any) -> str:
    """A template of ``templates/`` filled in; values are escaped where its name ends with ``.html.j2``.

    A name that is missing is an error.
    """
    return _environment().get_template(template).render(values)


def render_page(template: str, **values: Any) -> str:
    """A whole page, complete in itself, with its policy (Content Security Policy, Level 3).

    A report shows names and metadata from anywhere.  They are escaped; should one slip through, the browser
    runs no script and applies no style but those whose hash stands in the page's head.  Pictures come from
    the page itself or, for the full resolution, from beside it.
    """
    date = f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}"
    page = fill_template(
        template, version=__version__, date=date, css=_source("css"), js=_source("js"), **values
    )
    policy = (
        "default-src 'none'; img-src data: 'self'; "
        f"style-src {_hashes('style', page)}; script-src {_hashes('script', page)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return page.replace(POLICY, policy, 1)


def data_uri(content: bytes, kind: str) -> str:
    """A file inside the page; `kind` is its media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def jpeg_uri(picture: Image.Image, longest_px: int, quality: int = 82) -> str:
    """A picture inside the page, no side longer than `longest_px`."""
    small = picture.convert("RGB")
    small.thumbnail((longest_px, longest_px))
    return data_uri(encoded(small, "JPEG", quality=quality), "image/jpeg")


def _hashes(tag: str, page: str) -> str:
    """Of the first such element, which stands before (style) or after (script) all that comes from data."""
    source = _source({"style": "css", "script": "js"}[tag])
    if f"<{tag}>{source}</{tag}>" not in page:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@lru_cache(maxsize=2)
def _source(kind: str) -> str:
    from markupsafe import Markup

    return Markup((Path(__file__).parent / f"templates/report.{kind}").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("grainstats.run.report"),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=jinja2.StrictUndefined,
        finalize=_spaced,
        bytecode_cache=_compiled_templates(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in FILTERS} | {"in_nm": wording.length}
    return environment


def _spaced(value: Any) -> Any:
    """A text as the templates write it, with 5 % and ≤; what is HTML already stays."""
    plain = isinstance(value, str) and not hasattr(value, "__html__")
    return re.sub(r"(?<=\d)%(?=[\s,.;:)]|$)", " %", value.replace("p <= ", "p ≤ ")) if plain else value


def _compiled_templates() -> jinja2.BytecodeCache | None:
    """Where templates are kept compiled, as Python keeps modules; None where nobody may write there."""
    import jinja2

    folder = Path(__file__).parent / "templates/__pycache__"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    names = "spaced_%s.cache"  # another name than before `_spaced`, which is compiled into them
    return jinja2.FileSystemBytecodeCache(str(folder), names) if os.access(folder, os.W_OK) else None
