"""`grainstats model`: list, evaluate, train, fine-tune, export and preview models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from grainstats.run.commands.choices import DeviceOption, JsonOption, ModelOption, PlainCommand, PlainGroup

if TYPE_CHECKING:
    from segment.training.evaluate import Evaluation

app = typer.Typer(
    cls=PlainGroup,
    help="List, evaluate, train, fine-tune, export and preview models.",
    no_args_is_help=True,
)

ThreadsOption = Annotated[int | None, Option("--threads", help="Threads of PyTorch. Default: all cores.")]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@app.command("list", cls=PlainCommand)
def list_models() -> None:
    """Name the released models, the default first, with what each was made for.

    Examples:

    - `grainstats model list`
    - `grainstats run films --out results --model unet-lite2`
    """
    from segment.unet import load_model, released_models

    default = load_model().name
    for name in released_models():
        model = load_model(name)
        mark = " (default)" if model.name == default else ""
        print(
            f"{name}{mark}  {model.digest[:12]}  best mean intercept {model.best_intercept_px:g} px  "
            f"outputs {', '.join(model.outputs)}"
        )
        print(f"    {_purpose(model.folder)}")


def _purpose(folder: Path) -> str:
    """The first sentence of a model's card."""
    card = folder / "CARD.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    prose = (part for part in paragraphs if part and not part.startswith(("#", "|")))
    return next(prose, "no card").split(". ")[0].rstrip(".")


@app.command(cls=PlainCommand)
def evaluate(
    images: Annotated[Path, Option("--images", help="Folder of images.")],
    boundaries: Annotated[Path, Option("--boundaries", help="Folder of tracings of the same names.")],
    model: ModelOption = None,
    persistence: Annotated[
        float | None, Option(min=0.0, max=1.0, help="As of segment. Default: the model's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score a model against tracings by hand: boundary F1 at 4 px, ratios of intercept and diameter.

    Examples:

    - `grainstats model evaluate --images films --boundaries traced`
    - `grainstats model evaluate --images films --boundaries traced --model own --json`
    """
    from segment.training.evaluate import evaluate as evaluate_folder
    from segment.unet import load_model

    results = []
    for one in evaluate_folder(load_model(model), images, boundaries, persistence=persistence):
        results.append(one)
        for text in one.warnings:
            _say(f"warning: {one.image}: {text}")
        if not as_json:
            print(_line(one))
    f1 = sum(one.score.f1 for one in results) / len(results)
    if as_json:
        rows = [{key: None if v != v else v for key, v in one.row().items()} for one in results]  # no NaN
        print(json.dumps({"mean_f1": f1, "images": rows}, indent=2, allow_nan=False))
    else:
        print(f"mean boundary F1 {f1:.3f} over {len(results)} image{'s' if len(results) > 1 else ''}")


def _line(one: Evaluation) -> str:
    score = one.score
    return (
        f"{one.image:24s} F1 {score.f1:.3f}  precision {score.precision:.3f}  recall {score.recall:.3f}  "
        f"intercept ratio {score.intercept_ratio:.3f}  diameter ratio {score.diameter_ratio:.3f}  "
        f"read at scale {one.scale:.2f}"
    )


@app.command(cls=PlainCommand)
def train(
    recipe: Annotated[Path, Option("--recipe", help="TOML, as models/unet-lite2/recipe.toml.")],
    data: Annotated[Path, Option("--data", help="Folder that holds the recipe's real data sets.")],
    out: Annotated[Path, Option("--out", help="Folder for the cache, checkpoints and the log.")],
    start: Annotated[
        list[Path] | None,
        Option(
            "--start",
            help="Checkpoint or model folder to start from instead of ImageNet; several: their mean.",
        ),
    ] = None,
    cache: Annotated[
        Path | None, Option("--cache", help="Folder of synthetic micrographs to share between runs.")
    ] = None,
    device: DeviceOption = "auto",
    workers: Annotated[int, Option(min=1, help="Processes that draw micrographs.")] = 1,
    threads: ThreadsOption = None,
) -> None:
    """Train a model from a recipe; called again, it goes on where it was stopped.

    Examples:

    - `grainstats model train --recipe recipe.toml --data data --out training`
    - `grainstats model train --recipe recipe.toml --data data --out training --device cuda`
    """
    from segment.training.data.cache import drawing, wait_for
    from segment.training.data.crops import CropSource, read_real
    from segment.training.fit import averaged_weights, fit
    from segment.training.recipe import read_training_recipe
    from segment.unet.architecture import require_torch

    require_torch()
    chosen = read_training_recipe(recipe)
    real = [(one, read_real(data, one)) for one in chosen.real]
    weights = averaged_weights(start) if start else None
    drawn = cache or out / "cache"
    _say(f"drawing {chosen.synthetic} synthetic micrographs into {drawn}")
    source = CropSource(chosen, drawn, real, chosen.seed)
    with drawing(drawn, chosen.synthetic, seed=chosen.seed, workers=workers, styles=chosen.styles):
        wait_for(drawn, chosen.at_first or chosen.synthetic)
        done = fit(chosen, source, out, start=weights, device=device, threads=threads, say=_say)
    print(done)


@app.command(cls=PlainCommand)
def finetune(
    images: Annotated[Path, Option("--images", help="Folder of one to ten images.")],
    boundaries: Annotated[Path, Option("--boundaries", help="Folder of tracings of the same names.")],
    out: Annotated[Path, Option("--out", help="New folder for the model.")],
    model: ModelOption = None,
    steps: Annotated[int, Option(min=1, help="Steps of training, eight crops each.")] = 150,
    minutes: Annotated[float, Option(min=0.0, help="Stop after so many minutes; 0: by the steps.")] = 0.0,
    check: Annotated[bool, Option(help="Score the old and the new model for CARD.md, or not.")] = True,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Adapt a model to your own corrected images without forgetting the rest.

    Tracings are ImageJ regions (.roi, .zip, overlays in a TIFF), masks of lines or label maps.

    Examples:

    - `grainstats model finetune --images films --boundaries traced --out own`
    - `grainstats model finetune --images films --boundaries traced --out own --minutes 5`
    """
    from segment.training.finetune import finetune as finetune_model
    from segment.unet import load_model

    done = finetune_model(
        load_model(model),
        images,
        boundaries,
        out,
        steps=steps,
        minutes=minutes,
        check=check,
        device=device,
        threads=threads,
        say=_say,
    )
    print(done)


@app.command(cls=PlainCommand)
def export(
    checkpoint: Annotated[Path, Option("--checkpoint", help="last.pt of `model train`.")],
    recipe: Annotated[Path, Option("--recipe", help="The recipe of that run.")],
    out: Annotated[Path, Option("--out", help="The model folder.")],
    data: Annotated[Path | None, Option("--data", help="The real sets, to record their digests.")] = None,
) -> None:
    """Turn a checkpoint into a model folder that runs without PyTorch.

    Examples:

    - `grainstats model export --checkpoint training/last.pt --recipe recipe.toml --out own`
    - `grainstats run films --out results --model own`
    """
    from segment.training.agreement import record_agreement
    from segment.training.export import export_model
    from segment.training.recipe import read_training_recipe

    origin, released = "grainstats model train", _is_default(out)
    trained = read_training_recipe(recipe)
    print(export_model(trained, checkpoint, out, origin=origin, default=released, data=data))
    agreement = record_agreement(out)
    if agreement is not None:
        _say(f"agreement of bf16 with f32: {agreement:.4f}")


def _is_default(out: Path) -> bool:
    """Whether the folder is the default model's: an own model beside it must not take its place."""
    from segment.unet import load_model, released_models

    return bool(released_models()) and load_model().folder == out.resolve()


@app.command(cls=PlainCommand)
def preview(
    out: Annotated[Path, Option("--out", metavar="FILE", help="PNG to write.")] = Path("preview.png"),
    style: Annotated[list[str] | None, Option("--style", help="Only this style; may be repeated.")] = None,
    seed: Annotated[int, Option(min=0, help="Seed of the generator.")] = 0,
) -> None:
    """Draw a contact sheet of the synthetic micrographs that models are trained on.

    Examples:

    - `grainstats model preview --out styles.png`
    - `grainstats model preview --style sem_film --seed 3`
    """
    import cv2

    from segment.errors import InputError
    from segment.training.synthetic.preview import contact_sheet
    from segment.training.synthetic.styles import STYLES

    unknown = sorted(set(style or []) - set(STYLES))
    if unknown:
        raise InputError("--style", f"{', '.join(unknown)} is no style", f"Known: {', '.join(STYLES)}")
    sheet = contact_sheet(seed, styles=tuple(style or ()))
    try:
        written = cv2.imwrite(str(out), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    except cv2.error:  # a suffix of no picture
        written = False
    if not written:
        raise InputError(out, "cannot be written", "Name a PNG in a folder that exists")
    print(out)
