"""What each exported column means: type, unit and a label in English and Japanese."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["string", "number", "integer", "boolean"]


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes
    ----------
    name : str
        With its unit as suffix.
    kind : {"string", "number", "integer", "boolean"}
    unit : str
        ``"nm"``, ``"1/um"`` ...; ``"1"`` for pure numbers, "" for text.
    en, ja : str
        Labels.
    """

    name: str
    kind: Kind
    unit: str
    en: str
    ja: str


#: name: (kind, English, Japanese); the unit is read from the name.
_LABELS: dict[str, tuple[Kind, str, str]] = {
    "sample_id": ("string", "sample", "試料"),
    "design_route": ("string", "who designed the sample: ai or researcher", "設計者(ai または researcher)"),
    "campaign": ("string", "campaign", "実験キャンペーン"),
    "date": ("string", "day on which the sample was made", "作製日"),
    "path": ("string", "file of the micrograph", "顕微鏡像のファイル"),
    "frame": ("integer", "frame in the file", "ファイル内のフレーム番号"),
    "micrograph_digest": ("string", "SHA-256 of the micrograph", "顕微鏡像の SHA-256"),
    "sha256": ("string", "SHA-256 of the file", "ファイルの SHA-256"),
    "vendor": ("string", "file format", "ファイル形式"),
    "rows": ("integer", "height, pixels", "画像の高さ(画素)"),
    "columns": ("integer", "width, pixels", "画像の幅(画素)"),
    "pixel_size_nm": ("number", "pixel size", "画素サイズ"),
    "scale_source": ("string", "source of the pixel size", "画素サイズの出典"),
    "scale_conflict": ("string", "conflict between sources of the pixel size", "画素サイズの不一致"),
    "analysis": ("string", "short digest of micrograph, model and recipe", "解析の識別子"),
    "pool": ("string", "short digest of a sample's pooled statistics", "試料統計の識別子"),
    "model_name": ("string", "segmentation model", "セグメンテーションモデル"),
    "model_digest": ("string", "digest of the model", "モデルのダイジェスト"),
    "judging_digest": (
        "string",
        "digest of the rules and null mosaics that judged",
        "判定規則のダイジェスト",
    ),
    "recipe_digest": ("string", "digest of the recipe", "解析設定のダイジェスト"),
    "text": ("string", "recipe (TOML)", "解析設定 (TOML)"),
    "code_version": ("string", "version of grainstats", "grainstats のバージョン"),
    "seed": ("integer", "seed of the random generator", "乱数シード"),
    "n_grains": ("integer", "grains", "結晶粒数"),
    "n_interior": ("integer", "grains not cut by the frame", "視野に収まる結晶粒数"),
    "n_images": ("integer", "micrographs", "画像数"),
    "n_eff": ("number", "effective number of grains", "有効結晶粒数"),
    "warnings": ("string", "warnings", "警告"),
    "is_current": ("boolean", "counts now, not superseded", "現行の解析"),
    "label": ("integer", "label of the grain", "結晶粒番号"),
    "y_px": ("number", "centroid, row", "重心(行)"),
    "x_px": ("number", "centroid, column", "重心(列)"),
    "area_nm2": ("number", "area", "面積"),
    "equivalent_diameter_nm": ("number", "equivalent circle diameter", "円相当径"),
    "perimeter_nm": ("number", "perimeter (Crofton)", "周囲長 (Crofton)"),
    "feret_max_nm": ("number", "largest Feret diameter", "最大フェレー径"),
    "feret_min_nm": ("number", "smallest Feret diameter", "最小フェレー径"),
    "aspect_ratio": ("number", "aspect ratio", "アスペクト比"),
    "orientation_deg": ("number", "orientation of the long axis", "長軸の方位"),
    "bbox_y0_px": ("integer", "bounding box, first row", "外接矩形の上端"),
    "bbox_x0_px": ("integer", "bounding box, first column", "外接矩形の左端"),
    "bbox_y1_px": ("integer", "bounding box, behind the last row", "外接矩形の下端"),
    "bbox_x1_px": ("integer", "bounding box, behind the last column", "外接矩形の右端"),
    "touches_frame": ("boolean", "cut by the frame", "視野の縁に接する"),
    "weight": ("number", "Miles-Lantuejoul weight", "Miles-Lantuéjoul の重み"),
    "line": ("integer", "test line", "測定線番号"),
    "angle_deg": ("number", "direction of the test line", "測定線の方向"),
    "y0_px": ("number", "start, row", "始点(行)"),
    "x0_px": ("number", "start, column", "始点(列)"),
    "length_nm": ("number", "intercept length", "切片長"),
    "censored": ("string", "ends cut by the frame: none, one or both", "視野の縁で切れた端 (none/one/both)"),
    "phase_ends": ("integer", "ends at a pore or second phase", "気孔・第二相に接する端の数"),
    "line_length_nm": ("number", "length of the test line", "測定線の長さ"),
    "level": ("string", "of an image or of a sample", "画像または試料"),
    "name": ("string", "name of the quantity", "量の名称"),
    "value": ("number", "value, in the unit of the row", "値(単位は各行)"),
    "ci_low": ("number", "95 % interval, lower end", "95 % 信頼区間の下限"),
    "ci_high": ("number", "95 % interval, upper end", "95 % 信頼区間の上限"),
    "unit": ("string", "unit of the row", "単位"),
    "method": ("string", "how it was measured", "測定方法"),
    "verdict": ("string", "uniform, bimodal or indeterminate", "判定 (uniform/bimodal/indeterminate)"),
    "reason": ("string", "reason", "理由"),
    "remedy": ("string", "remedy", "対処方法"),
    "digest": ("string", "digest", "ダイジェスト"),
    "p_value": ("number", "p against the null mosaics", "帰無モデルに対する p 値"),
    "mode_1_nm": ("number", "finer mode (equivalent diameter)", "細粒側モード(円相当径)"),
    "mode_2_nm": ("number", "coarser mode (equivalent diameter)", "粗粒側モード(円相当径)"),
    "mode_1_ci_low_nm": ("number", "finer mode, 95 % interval, lower end", "細粒側モードの 95 % 区間下限"),
    "mode_1_ci_high_nm": ("number", "finer mode, 95 % interval, upper end", "細粒側モードの 95 % 区間上限"),
    "mode_2_ci_low_nm": ("number", "coarser mode, 95 % interval, lower end", "粗粒側モードの 95 % 区間下限"),
    "mode_2_ci_high_nm": ("number", "coarser mode, 95 % interval, upper end", "粗粒側モードの 95 % 区間上限"),
    "mode_1_fraction": ("number", "area fraction of the finer mode", "細粒側モードの面積分率"),
    "mode_2_fraction": ("number", "area fraction of the coarser mode", "粗粒側モードの面積分率"),
    "mode_ratio": ("number", "coarser over finer mode", "モード比"),
    "power": ("number", "power of the test", "検出力"),
    "more_grains": ("integer", "grains still missing for a decision", "判定に不足する結晶粒数"),
    "null": ("string", "null of the test", "帰無モデル"),
    "stability": ("number", "share of perturbed segmentations that agree", "摂動に対する安定性"),
    "astm_e1181": ("string", "class of the distribution, ASTM E1181", "分布の分類 (ASTM E1181)"),
    "delta_g": ("number", "difference in ASTM G between the modes", "モード間の ASTM G の差"),
    "ala_g": ("number", "ASTM G of the largest grain (E930)", "最大粒の ASTM G (E930)"),
    "origin": ("string", "who proposed it: ai or researcher", "提案者(ai または researcher)"),
    "objective": ("string", "objective", "目的変数"),
    "model": ("string", "model", "モデル"),
    "snapshot_digest": ("string", "digest of the data used", "使用データのダイジェスト"),
    "parameters": ("string", "process parameters (JSON)", "プロセスパラメータ (JSON)"),
    "predictions": ("string", "predictions (JSON)", "予測 (JSON)"),
    "equivalent_diameter_mean_nm": ("number", "mean equivalent circle diameter", "平均円相当径"),
    "equivalent_diameter_median_nm": ("number", "median equivalent circle diameter", "円相当径の中央値"),
    "equivalent_diameter_area_weighted_mean_nm": (
        "number",
        "area-weighted mean equivalent circle diameter",
        "面積加重平均円相当径",
    ),
    "equivalent_diameter_cv": ("number", "coefficient of variation of the diameter", "円相当径の変動係数"),
    "grain_area_mean_nm2": ("number", "mean grain area", "平均結晶粒面積"),
    "aspect_ratio_mean": ("number", "mean aspect ratio", "平均アスペクト比"),
    "n_intercepts": ("number", "intercepts", "切片数"),
    "intercept_mean_nm": ("number", "mean lineal intercept", "平均切片長"),
    "intercept_median_nm": ("number", "median lineal intercept", "切片長の中央値"),
    "intercept_cv": ("number", "coefficient of variation of the intercept", "切片長の変動係数"),
    "boundary_density_per_um": ("number", "grain boundary length per area", "粒界密度"),
    "triple_junctions_per_um2": ("number", "triple junctions per area", "三重点密度"),
    "astm_g": ("number", "ASTM grain size number", "ASTM 結晶粒度番号"),
    "intercept_nm_corrected": (
        "number",
        "mean lineal intercept without the lost boundary",
        "平均切片長（見落とした粒界を補正）",
    ),
    "equivalent_diameter_nm_corrected": (
        "number",
        "mean equivalent circle diameter without the lost boundary",
        "平均円相当径（見落とした粒界を補正）",
    ),
    "boundary_density_per_um_corrected": (
        "number",
        "grain boundary length per area with the lost boundary",
        "粒界密度（見落とした粒界を補正）",
    ),
    "spacing_modality_p": (
        "number",
        "p value of one population, by the spacings",
        "粒界間隔による単一分布の p 値",
    ),
    "boundary_lost_share": ("number", "share of the boundary that was lost", "見落とした粒界の割合"),
    "equivalent_diameter_area_weighted_median_nm": (
        "number",
        "area-weighted median equivalent circle diameter",
        "円相当径の面積加重中央値",
    ),
    "intercept_length_weighted_mean_nm": (
        "number",
        "length-weighted mean lineal intercept",
        "長さ加重平均切片長",
    ),
    "intercept_circular_mean_nm": (
        "number",
        "mean intercept of three circles (ASTM E112)",
        "円形測定線の平均切片長",
    ),
    "astm_g_planimetric": ("number", "ASTM grain size number, planimetric", "ASTM 結晶粒度番号(面積法)"),
    "surface_density_per_um": (
        "number",
        "grain boundary area per volume, S_V",
        "単位体積あたりの粒界面積 S_V",
    ),
    "phase_surface_density_per_um": (
        "number",
        "area towards pores and second phases per volume",
        "単位体積あたりの異相界面積",
    ),
    "n_second_phase_parts": ("number", "parts of pores and second phases", "気孔・第二相の個数"),
    "second_phase_area_fraction": (
        "number",
        "area fraction of pores and second phases",
        "気孔・第二相の面積分率",
    ),
    "second_phase_boundary_share": (
        "number",
        "share of the grains' outlines on pores and second phases",
        "粒の輪郭のうち気孔・第二相に接する割合",
    ),
    "second_phase_diameter_mean_nm": (
        "number",
        "mean equivalent circle diameter of pores and second phases",
        "気孔・第二相の平均円相当径",
    ),
    "sphere_diameter_equal_nm": ("number", "diameter of equal spheres", "等球と仮定した球径"),
    "sphere_diameter_saltykov_nm": ("number", "mean sphere diameter (Saltykov)", "Saltykov 法による平均球径"),
    "misorientation_mean_deg": ("number", "mean misorientation of boundaries", "平均粒界方位差"),
    "misorientation_distance_from_random": (
        "number",
        "largest difference of the misorientations from those of random crystals",
        "ランダム方位差分布からの最大差",
    ),
    "high_angle_boundary_share": (
        "number",
        "share of boundary length at 15 degrees and more",
        "大角粒界の長さの割合",
    ),
    "sigma3_boundary_share": ("number", "share of boundary length that is Σ3", "Σ3 粒界の長さの割合"),
    "anisotropy_index": (
        "number",
        "anisotropy of boundary directions: 0 none, 1 parallel",
        "粒界方位の異方性指数",
    ),
    "anisotropy_intercept_ratio": ("number", "longest over shortest mean intercept", "平均切片長の異方比"),
    "anisotropy_direction_deg": ("number", "direction of elongation", "伸長方向"),
    "anisotropy_p": ("number", "p against no preferred direction", "異方性検定の p 値"),
    "moran_i": (
        "number",
        "Moran's I of grain sizes: > 0 clusters of like size",
        "粒径の空間自己相関 (Moran の I)",
    ),
    "clustering_p": ("number", "p against no clustering of sizes", "粒径クラスタリング検定の p 値"),
}

_SUFFIXES = {"_nm2": "nm2", "_nm": "nm", "_px": "px", "_deg": "deg", "_per_um2": "1/um2", "_per_um": "1/um"}
_TEXT_PREFIXES = {"param": "プロセスパラメータ", "prop": "特性", "prop_sd": "特性の標準偏差"}


def field_of(name: str) -> Field:
    """Meaning of a column, also of ``param:<name>_<unit>`` and of names without a label of their own."""
    if quantity := re.fullmatch(r"(param|prop|prop_sd):(.+)_([^_]+)", name):
        return _quantity_field(name, *quantity.groups())
    if name.startswith("sample_") and name not in _LABELS:
        image = field_of(name.removeprefix("sample_"))
        return replace(image, name=name, en=f"sample: {image.en}", ja=f"試料全体の{image.ja}")
    kind, en, ja = _LABELS.get(name, ("number", name.replace("_", " "), name))
    unit = next((u for suffix, u in _SUFFIXES.items() if name.endswith(suffix)), "1")
    return Field(name, kind, "" if kind in {"string", "boolean"} else unit, en, ja)


def _quantity_field(column: str, prefix: str, name: str, unit: str) -> Field:
    word = {"param": "process parameter", "prop": "property", "prop_sd": "standard deviation of"}[prefix]
    kind: Kind = "string" if unit == "category" else "number"
    shown = "" if kind == "string" else unit
    return Field(column, kind, shown, f"{word} {name}", f"{_TEXT_PREFIXES[prefix]} {name}")
