"""The steps one by one: read, segment, judge; the one between them is `grainstats.measure.measure`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from segment.choices import Device, Null
from segment.errors import InputError, UncalibratedError

if TYPE_CHECKING:
    from grainstats.infer import ModalityVerdict
    from grainstats.measure import Measurement
    from grainstats.measure.any_map import PathInput
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.unet import Model

#: kinds of Pillow's pictures whose numbers are no grey levels or RGB, and what they are turned into
_IN_COLOURS = {"P": "RGBA", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB"}


def read(
    source: PathInput | np.ndarray | Iterable[PathInput | np.ndarray], *, pixel_size_nm: float | None = None
) -> list[Micrograph]:
    """Read micrographs: a file, a folder, a pattern, an array, or several of these.

    Parameters
    ----------
    source : path, ndarray, or iterable of them
        Any format that `grainstats info` knows; a stack gives one micrograph a frame. An array holds the grey
        levels of one image, shape (rows, columns), or RGB, shape (rows, columns, 3); images of xarray,
        PyTorch, Dask and Pillow are arrays, too.
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres; None: what each file says.

    Returns
    -------
    list of Micrograph
        In the order of the files' names; arrays come first.

    Raises
    ------
    segment.errors.InputError
        A file cannot be used; the message names file, reason and remedy.

    Examples
    --------
    >>> import grainstats as gs
    >>> fields = gs.read(gs.example_micrographs() / "ai-02")
    >>> [field.name for field in fields]
    ['ai-02-field-1', 'ai-02-field-2']
    """
    from segment.micrograph import find_micrographs, micrograph_of_array, read_micrographs
    from segment.micrograph.pixel_size import given_size

    if pixel_size_nm is not None:
        pixel_size_nm = given_size(pixel_size_nm)
    several = one_by_one(source)
    arrays = [one for one in several if isinstance(one, np.ndarray)]
    paths = [str(one) for one in several if not isinstance(one, np.ndarray)]
    given = [micrograph_of_array(one, pixel_size_nm=pixel_size_nm) for one in arrays]
    found = find_micrographs(paths) if paths else ()
    return given + [image for path in found for image in read_micrographs(path, pixel_size_nm=pixel_size_nm)]


def _as_array(thing: Any) -> Any:
    """Images of xarray, PyTorch, Dask or Pillow as arrays; all else as it is."""
    if (mode := getattr(thing, "mode", None)) in _IN_COLOURS and hasattr(thing, "convert"):
        thing = thing.convert(_IN_COLOURS[mode])
    plain = isinstance(thing, str | PathLike | np.ndarray) or hasattr(thing, "columns")
    is_image = hasattr(thing, "__array__") or hasattr(thing, "__array_interface__")
    return np.asarray(thing) if is_image and not plain else thing


def one_by_one(source: PathInput | np.ndarray | Iterable[Any]) -> list[Any]:
    """What was given, as a list; a path or an array is one thing."""
    source = _as_array(source)
    if isinstance(source, str | PathLike | np.ndarray):
        return [source]
    plain = isinstance(source, Iterable) and not isinstance(source, Mapping | bytes)
    found = [_as_array(one) for one in source] if plain and not hasattr(source, "columns") else [source]
    odd = [type(one).__name__ for one in found if not isinstance(one, str | PathLike | np.ndarray)]
    if odd or not found:
        kind = f"type {odd[0]}" if odd else "an empty list"
        raise InputError(kind, "no micrograph", "Give a folder, files, or arrays of grey levels")
    return found


def check_choice(name: str, value: str, choices: Any) -> None:
    """`InputError`: the value is none of a `Literal`."""
    if value not in get_args(choices):
        raise InputError(name, f"{value!r} is none", f"Give one of: {', '.join(get_args(choices))}")


def segment(
    image: Micrograph | PathInput | np.ndarray,
    *,
    pixel_size_nm: float | None = None,
    model: Model | str | PathLike[str] | None = None,
    persistence: float | None = None,
    device: Device = "auto",
) -> GrainMap:
    """Find the grains of one micrograph or orientation map.

    Parameters
    ----------
    image : Micrograph, path or ndarray
        One image; see `read`. The path of an orientation map (.ang, .ctf, HDF5) is cut by misorientation, at
        5 degrees; `segment.orientation.grain_map_of` takes other rules.
    pixel_size_nm : float, optional
        In nanometres. The segmentation itself needs none.
    model : Model, str or path, optional
        A loaded model, the name of a released one, or a model folder; None: the default.
    persistence : float, optional
        How deep the valley between two cells must be to part them, 0 ... 1; None: the model's own.
    device : {"auto", "cpu", "cuda"}
        Where the network runs; "auto": CUDA, if any.

    Returns
    -------
    GrainMap
        ``labels`` (1 ... n; 0 is no grain), boundary ``probability``, ``warnings`` of reading and of cells.

    Raises
    ------
    segment.errors.InputError
        The file or model cannot be used, or the file holds several images.

    Examples
    --------
    >>> import grainstats as gs
    >>> field = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
    >>> grains = gs.segment(field)
    >>> grains.n_grains > 500
    True
    """
    from segment.micrograph import Micrograph
    from segment.micrograph.pixel_size import given_size
    from segment.orientation import grain_map_of, is_orientation_map, read_orientation_map
    from segment.pipeline import segment_micrograph
    from segment.unet import Model, load_model

    check_choice("device", device, Device)
    if not (persistence is None or (isinstance(persistence, int | float) and 0 <= persistence <= 1)):
        raise InputError("persistence", f"{persistence!r} is none", "Give a number from 0 to 1")
    if pixel_size_nm is not None:
        pixel_size_nm = given_size(pixel_size_nm)
    if isinstance(image, str | PathLike) and is_orientation_map(image):
        return grain_map_of(read_orientation_map(image, pixel_size_nm))
    if isinstance(image, Micrograph):
        micrograph = image
    else:
        found = read(image, pixel_size_nm=pixel_size_nm)
        if len(found) != 1:
            source = str(image) if isinstance(image, str | PathLike) else f"a {type(image).__name__}"
            raise InputError(
                source, f"holds {len(found)} images", "Read them with gs.read and segment each by itself"
            )
        micrograph = found[0]
    if pixel_size_nm is not None:
        micrograph = replace(micrograph, pixel_size_nm=pixel_size_nm, pixel_size_source="manual")
    opened = model if isinstance(model, Model) else load_model(None if model is None else str(model))
    grains = segment_micrograph(micrograph, opened, device=device, persistence=persistence)[1]
    return replace(grains, warnings=micrograph.notes + micrograph.scale_warnings + grains.warnings)


def judge(
    images: Measurement | GrainMap | Iterable[Measurement | GrainMap],
    *,
    null: Null = "section",
    seed: int = 0,
) -> ModalityVerdict:
    """Judge one sample by all its images: is its boundary network uniform or bimodal?

    Parameters
    ----------
    images : Measurement or GrainMap, or several of them
        What `measure` or `segment` gave for every image of the sample, in any order. One area counts once.
    null : {"section", "columnar"}
        Uniform microstructure to compare with: plane sections of a three-dimensional structure, or a film
        whose grains run through its thickness.
    seed : int
        Mixed with the images' content into the seed of the modes' intervals.

    Returns
    -------
    ModalityVerdict
        ``verdict`` ("uniform", "bimodal" or "indeterminate"), ``reason``, ``p_value``, ``stability``,
        ``power``, ``modes_nm`` (nanometres).

    Raises
    ------
    segment.errors.InputError
        Nothing was given, or a map has no pixel size, or is none.

    Examples
    --------
    >>> import numpy as np, grainstats as gs
    >>> squares = np.kron(np.arange(1, 26).reshape(5, 5), np.ones((20, 20), int))
    >>> verdict = gs.judge(gs.measure(squares, pixel_size_nm=2.0))
    >>> verdict.verdict, verdict.n_interior
    ('indeterminate', 9)
    """
    from grainstats.infer import SampleImage, judge_sample
    from grainstats.infer.modality.odd_scales import odd_images
    from grainstats.measure import Measurement, measure
    from segment.grain_map import GrainMap
    from segment.registration.overlap import each_area_once

    check_choice("null", null, Null)
    found: list[Measurement] = []
    for image in images if isinstance(images, Iterable) else [images]:
        if not isinstance(image, Measurement | GrainMap):
            kind = type(image).__name__
            raise InputError(f"a {kind}", "neither measured nor segmented", "Give it to gs.measure first")
        found.append(image if isinstance(image, Measurement) else measure(image))
    if not found:
        raise InputError("an empty list", "nothing to judge", "Give what gs.measure made of each image")
    if any(m.unit != "nm" for m in found):
        raise UncalibratedError("a map", "was measured in pixels", "Measure it with its pixel size")
    names = [m.image_id or f"image {number}" for number, m in enumerate(found, 1)]
    own, said = each_area_once([m.places() for m in found], names)
    fields = [SampleImage.of_measurement(found[place]) for place in own]
    said += odd_images([names[place] for place in own], [field.grains for field in fields])
    return judge_sample(fields, null=null, seed=seed, said=said)
