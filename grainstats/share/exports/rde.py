"""RDE data sets for ARIM (NIMS) in MultiDataTile form: one data set per sample, one tile per micrograph.

::

    <sample>/data/tasksupport/    invoice.schema.json, metadata-def.json, rdeconfig.yaml
    <sample>/data/                first tile:   invoice/ meta/ structured/ main_image/ thumbnail/
    <sample>/data/divided/0001/   second tile:  the same folders

The first tile's ``structured/`` also holds the sample's own tables. Micrographs themselves are not copied,
and excluded ones have no tile.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from grainstats.share.catalogue import field_of
from grainstats.share.db.database import Database
from grainstats.share.exports import rde_documents as documents
from grainstats.share.exports.tables import ExportTable, export_tables
from grainstats.share.safe_paths import picture_below, short_name, told_apart
from segment.errors import InputError

_THUMBNAIL_PX = 320  #: longer edge
_CONFIG = """system:
  extended_mode: MultiDataTile
  save_raw: false
  save_nonshared_raw: false
  save_thumbnail_image: false
  magic_variable: false
"""
_PROVENANCE = (
    *("path", "micrograph_digest", "pixel_size_nm", "scale_source", "model_name"),
    *("model_digest", "recipe_digest", "code_version", "seed", "analysis"),
)
_VERDICT = (
    *("verdict", "reason", "p_value", "mode_1_nm", "mode_1_fraction"),
    *("mode_2_nm", "mode_2_fraction", "mode_ratio", "power"),
)


@dataclass(frozen=True, eq=False)
class _Source:
    """The small tables in full, and what is needed beside them."""

    tables: dict[str, pd.DataFrame]
    measured: dict[str, ExportTable]
    analyses: pd.DataFrame
    overlays: dict[str, str]
    dates: dict[str, str]
    files: Path | None

    def of(self, table: str, **where: str) -> pd.DataFrame:
        """Rows of a small table whose columns have these values."""
        frame = self.tables[table]
        for column, value in where.items():
            frame = frame[frame[column] == value]
        return frame


def export_rde(db: Database, out: Path, files: Path | None) -> None:
    """Write a data set for every sample that has an analysed micrograph; `InputError` where there is none.

    The overlays' stored paths are relative to `files`.
    """
    source = _read(db, files)
    if source.analyses.empty:
        raise InputError(
            db.safe_url, "no micrograph of any sample has been analysed", "Fill it with grainstats run"
        )
    names = _folder_names(list(dict.fromkeys(source.analyses["sample_id"])))
    for sample_id, folder in names.items():
        _write_dataset(source, sample_id, out / folder / "data")
    for name in ("grains", "intercepts"):
        _write_measured(source, name, names, out)
    for sample_id, folder in names.items():
        _write_pictures(source, sample_id, out / folder / "data")


def _read(db: Database, files: Path | None) -> _Source:
    exported = {table.name: table for table in export_tables(db)}
    measured = {name: exported.pop(name) for name in ("grains", "intercepts")}
    tables = {name: pd.concat(list(table.parts())) for name, table in exported.items()}
    analyses = tables["analyses"]
    micrographs = tables["micrographs"].set_index("micrograph_digest")
    left_out = analyses["micrograph_digest"].map(micrographs["excluded"]).notna()
    current = analyses[analyses["is_current"] & analyses["sample_id"].notna() & ~left_out]
    known = db.analyses()
    overlays = {
        k: a["overlay"] for k, a in zip(known["analysis"], known["artefacts"], strict=True) if "overlay" in a
    }
    dates = known.groupby("sample_id")["created_at"].max().str[:10].to_dict()
    return _Source(tables, measured, current.reset_index(drop=True), overlays, dates, files)


def _folder_names(sample_ids: list[str]) -> dict[str, str]:
    """A folder per sample, named after it as far as file systems allow."""
    plain = (re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", short_name(name)).strip(" .") for name in sample_ids)
    return dict(zip(sample_ids, told_apart(name or "sample" for name in plain), strict=True))


def _tiles(source: _Source, sample_id: str, data: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Folder and analysis of each tile, in the order of the micrographs' paths."""
    rows = source.analyses[source.analyses["sample_id"] == sample_id].to_dict("records")
    for place, row in enumerate(rows):
        yield (data if place == 0 else data / "divided" / f"{place:04d}"), row


def _write_dataset(source: _Source, sample_id: str, data: Path) -> None:
    samples = source.tables["samples"]
    row = source.of("samples", sample_id=sample_id).to_dict("records")[0]
    sample_level = _sample_metadata(source, sample_id)
    constant, variable = dict.fromkeys(sample_level), dict[str, None]()
    for tile, analysis in _tiles(source, sample_id, data):
        facts = {**sample_level, **{name: analysis[name] for name in _PROVENANCE}}
        described = source.of("descriptors", analysis=str(analysis["analysis"]))
        values = dict(zip(described["name"], described["value"], strict=True))
        constant |= dict.fromkeys(facts)
        variable |= dict.fromkeys(values)
        _json(tile / "meta" / "metadata.json", documents.metadata(facts, values))
        name = f"{sample_id} {_stem(str(analysis['path']))}"
        notes = documents.invoice(name, sample_id, source.dates[sample_id], row)
        _json(tile / "invoice" / "invoice.json", notes)
        _csv(described, tile / "structured" / "image_descriptors.csv")
        _csv(source.of("analyses", analysis=str(analysis["analysis"])), tile / "structured" / "analysis.csv")
    for table in ("samples", "verdicts", "sample_results"):
        _csv(source.of(table, sample_id=sample_id), data / "structured" / f"{table}.csv")
    used = source.of("analyses", sample_id=sample_id)["recipe_digest"]
    recipes = source.tables["recipes"]
    _csv(recipes[recipes["recipe_digest"].isin(used)], data / "structured" / "recipes.csv")
    found = source.of("descriptors", sample_id=sample_id, level="sample")
    _csv(found, data / "structured" / "sample_descriptors.csv")
    _json(data / "tasksupport" / "metadata-def.json", documents.metadata_definition(constant, variable))
    schema = documents.invoice_schema([field_of(str(column)) for column in samples])
    _json(data / "tasksupport" / "invoice.schema.json", schema)
    (data / "tasksupport" / "rdeconfig.yaml").write_text(_CONFIG, encoding="utf-8")


def _sample_metadata(source: _Source, sample_id: str) -> dict[str, Any]:
    """What is the same for all tiles of a sample."""
    values: dict[str, Any] = {"sample_id": sample_id}
    for verdict in source.of("verdicts", sample_id=sample_id).to_dict("records"):
        values |= {name: verdict[name] for name in _VERDICT}
        values |= {f"sample_{name}": verdict[name] for name in ("n_images", "n_interior")}
    found = source.of("descriptors", sample_id=sample_id, level="sample")
    return values | {f"sample_{n}": v for n, v in zip(found["name"], found["value"], strict=True)}


def _write_measured(source: _Source, name: str, names: Mapping[str, str], out: Path) -> None:
    """Grains or intercepts of every tile, read one sample at a time."""
    tiles = {
        row["analysis"]: tile
        for sample_id, folder in names.items()
        for tile, row in _tiles(source, sample_id, out / folder / "data")
    }
    for part in source.measured[name].parts():
        of_samples = part[part["analysis"].isin(list(tiles))]
        for analysis, rows in of_samples.groupby("analysis", sort=True):
            _csv(rows, tiles[analysis] / "structured" / f"{name}.csv")


def _write_pictures(source: _Source, sample_id: str, data: Path) -> None:
    for tile, row in _tiles(source, sample_id, data):
        stored = source.overlays.get(str(row["analysis"]))
        overlay = picture_below(source.files, stored) if source.files is not None else None
        if overlay is not None:
            _write_picture(tile, _stem(str(row["path"])), overlay)


def _write_picture(tile: Path, stem: str, overlay: Path) -> None:
    """Main image and thumbnail of a tile: the boundaries over the micrograph."""
    from PIL import Image

    main, small = tile / "main_image", tile / "thumbnail"
    main.mkdir(parents=True)
    small.mkdir()
    shutil.copyfile(overlay, main / f"{stem}{overlay.suffix}")
    with Image.open(overlay) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    picture.save(small / f"{stem}.png")


def _stem(path: str) -> str:
    """File name without folder and suffix, whatever system the path came from."""
    kind = PureWindowsPath if "\\" in path else PurePosixPath
    return kind(path).stem


def _json(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _csv(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
