"""What the report shows, as plain values: the template only lays it out."""

from __future__ import annotations

from dataclasses import dataclass

from grainstats.run.report.methods import Methods
from grainstats.run.report.page_policy import with_policy
from grainstats.run.report.page_split import Part


@dataclass(frozen=True)
class VerdictWords:
    """A verdict as the page says it.

    Attributes
    ----------
    kind : {"uniform", "bimodal", "indeterminate"}
        Also the CSS class.
    word : str
        One or two words.
    short : str
        A clause for the table of samples; may be empty.
    """

    kind: str
    word: str
    short: str = ""


@dataclass(frozen=True)
class ImageView:
    """One embedded picture; `view` and `layer` are data URIs of the same size."""

    anchor: str
    name: str
    view: str
    layer: str
    width: int
    height: int
    facts: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quantity:
    """One row of a sample's table, formatted."""

    name: str
    value: str
    interval: str
    method: str


@dataclass(frozen=True)
class SampleSection:
    """Everything the page says about one sample."""

    anchor: str
    sample_id: str
    design: str
    verdict: VerdictWords
    n_interior: int
    n_images: int
    modes: tuple[str, ...]
    spacing: str
    spacing_chart: str
    p: str
    power: str
    paragraphs: tuple[str, ...]
    area_chart: str
    area_caption: str
    number_chart: str
    rows: tuple[Quantity, ...]
    images: tuple[ImageView, ...]
    images_title: str


@dataclass(frozen=True)
class FailureRow:
    path: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class InputRow:
    path: str
    sample_id: str
    pixel_size: str
    digest: str


@dataclass(frozen=True)
class Code:
    """A value set in a typewriter face."""

    code: str


@dataclass(frozen=True)
class ProposalRow:
    """One proposal as the page says it."""

    number: int
    route: str
    who: str
    by: str
    settings: str
    predicted: str
    interval: str
    state: str
    sample_id: str
    measured: str
    hit: str
    reason: str
    recorded: str


@dataclass(frozen=True)
class LoopSection:
    """Progress of both loops towards one property; `routes` are (CSS class, name), charts SVG."""

    name: str
    unit: str
    direction: str
    words: tuple[str, ...]
    routes: tuple[tuple[str, str], ...]
    progress: str
    predictions: str
    predictions_caption: str
    proposals: tuple[ProposalRow, ...]


@dataclass(frozen=True)
class MagnetRow:
    """A magnet of one sample: what it was measured to trap, and what a uniform circulation would."""

    sample_id: str
    size: str
    probe: str
    measured_T: float
    needed_A_per_m2: float
    jc_A_per_m2: float | None
    computed_T: float | None


@dataclass(frozen=True)
class MagnetSection:
    """Magnets of the samples; `chart` is a data URL, empty where no current density was measured."""

    rows: tuple[MagnetRow, ...]
    chart: str


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    lede: str
    date: str
    version: str
    samples: tuple[SampleSection, ...]
    failures: tuple[FailureRow, ...]
    warnings: tuple[str, ...]
    methods: Methods
    provenance: tuple[tuple[str, str | Code], ...]
    recipe: tuple[tuple[str, str], ...]
    inputs: tuple[InputRow, ...]
    loops: tuple[LoopSection, ...] = ()
    magnets: MagnetSection | None = None
    parts: tuple[Part, ...] = ()

    @property
    def has_images(self) -> bool:
        """Asked by the template."""
        return any(sample.images for sample in self.samples)


def render(page: Page) -> str:
    """The page as one HTML text, style and script inside.

    Values are escaped; charts, which this package draws itself, are not.
    """
    import jinja2
    from markupsafe import Markup

    loader = jinja2.PackageLoader("grainstats.run.report")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    inside = {kind: Markup(loader.get_source(environment, f"report.{kind}")[0]) for kind in ("css", "js")}
    rendered = environment.get_template("report.html.j2").render(report=page, **inside)
    return with_policy(rendered, str(inside["js"]))
