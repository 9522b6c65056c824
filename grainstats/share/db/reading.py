"""Reading the database: every table as a DataFrame in a fixed order, with the keys that lead back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from grainstats.share.db import schema as t
from grainstats.share.db.bulk import INTERCEPT_COLUMNS, intercepts_from_bytes
from grainstats.share.db.engine import DatabaseError, in_transaction, safe_url
from grainstats.share.db.records import AnalysisKey, digest_of, plain
from grainstats.share.db.schema import OPTIMIZER_COLUMNS
from segment.segmentation import Segmentation

if TYPE_CHECKING:
    from grainstats.infer.modality.verdict import ModalityVerdict

#: Stands for "of no sample" where a sample's id is asked for; no sheet can name a sample so.
NO_SAMPLE = ""
#: sample, digest and code of a sample's result
_RESULT = (
    t.sample_result.c.sample_id,
    t.sample_result.c.digest.label("sample_result"),
    t.sample_result.c.code_version,
)


def _columns(columns: Any, names: str) -> list[Any]:
    return [columns[name] for name in names.split()]


def _counting(table: Any, *columns: Any) -> Any:
    """Columns of the rows that belong to analyses that count now, and of their micrographs."""
    current = t.current_analysis.c
    query = sa.select(*columns).join(t.current_analysis, current.analysis_id == table.c.analysis_id)
    return query.join(t.micrograph, t.micrograph.c.digest == current.micrograph_digest)


def _of_samples(table: Any, *columns: Any) -> Any:
    """Columns of the rows that belong to sample results that count now, and of these results."""
    number, current = t.sample_result.c.id, t.current_sample_result
    query = sa.select(*columns).select_from(table).join(t.sample_result, number == table.c.sample_result_id)
    return query.join(current, current.c.sample_result_id == number)


class Readers:
    """The reading half of `Database`; "current" rows only, unless asked otherwise."""

    _engine: Engine

    def _frame(self, query: sa.Select, *order: str) -> pd.DataFrame:
        def read(connection: sa.Connection) -> pd.DataFrame:
            result = connection.execute(query)
            names, rows = list(result.keys()), result.all()
            if not rows:
                return pd.DataFrame({name: np.empty(0, kinds.get(name, object)) for name in names})
            columns = zip(names, zip(*rows, strict=True), strict=True)
            return pd.DataFrame(
                {name: np.array(own, kinds[name]) if name in kinds else list(own) for name, own in columns}
            )

        kinds = {c.key: float for c in query.selected_columns if isinstance(c.type, sa.Float)}
        kinds |= {c.key: bool for c in query.selected_columns if isinstance(c.type, sa.Boolean)}
        with self._as_written():
            frame = in_transaction(self._engine, read, write=False)
        return frame.sort_values(list(order), kind="stable", ignore_index=True) if order else frame

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        """`DatabaseError` where a row holds what this program does not write."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            what = f"a row in it is damaged, or was written by another program ({error})"
            remedy = "Restore a copy of the database, or run the images again into a new one"
            raise DatabaseError(safe_url(self._engine.url), what, remedy) from error

    def samples(self) -> pd.DataFrame:
        """One row per sample, as wide as samples.csv.

        Columns ``sample_id, design_route, campaign`` and, where any is known, ``date``; then
        ``param:<name>_<unit>``, ``prop:<name>_<unit>`` and ``prop_sd:<name>_<unit>`` (one standard
        deviation), sorted; NaN where nothing is known.
        """
        columns = ["sample_id", "design_route", "campaign", "date"]
        base = self.experiments()[columns].sort_values("sample_id", kind="stable")
        wide = base.set_index("sample_id")
        if wide["date"].isna().all():
            wide = wide.drop(columns="date")
        for name, values in _wide_columns(self.designs(), self.properties()):
            wide[name] = pd.Series(values).reindex(wide.index)
        return wide.reset_index()

    def experiments(self) -> pd.DataFrame:
        """Samples in the order in which they were made: sample_id, design_route, campaign, date, created_at.

        By date where the sheet gives one, else by the day they were first stored; then by their place in the
        sheet. ``date`` is None where the sheet gave none. A name of which nothing else is left is no sample.
        """
        s, d = t.sample.c, t.design.c
        columns = (s.sample_id, d.route.label("design_route"), d.campaign, s.made_on.label("date"))
        query = sa.select(*columns, s.created_at, s.position).outerjoin(t.design, d.id == s.design_id)
        owners = [sa.select(own) for own in (t.micrograph.c.sample_id, t.measured_property.c.sample_id)]
        owners.append(_of_samples(t.sample_result_analysis, t.sample_result.c.sample_id))
        query = query.where(sa.or_(d.id.is_not(None), *map(s.sample_id.in_, owners)))
        frame = self._frame(query)
        frame["day"] = frame["date"].fillna(frame["created_at"].str[:10])
        order = ["day", "created_at", "position", "sample_id"]
        return frame.sort_values(order, kind="stable", ignore_index=True).drop(columns=["day", "position"])

    def designs(self) -> pd.DataFrame:
        """Row per sample and parameter: sample_id, design_route, campaign, name, value, category, unit."""
        s, d, p = t.sample.c, t.design.c, t.design_parameter.c
        of_sample = (s.sample_id, d.route.label("design_route"), d.campaign)
        query = sa.select(*of_sample, p.name, p.value, p.category, p.unit)
        query = query.join(t.design, d.id == s.design_id).join(t.design_parameter, p.design_id == d.id)
        return self._frame(query, "sample_id", "name")

    def properties(self) -> pd.DataFrame:
        """One row per sample and property: sample_id, name, value, uncertainty, unit."""
        p = t.measured_property.c
        query = sa.select(p.sample_id, p.name, p.value, p.uncertainty, p.unit)
        return self._frame(query, "sample_id", "name")

    def micrographs(self) -> pd.DataFrame:
        """One row per micrograph: sample_id, path, frame, digests, vendor, shape and calibration.

        ``pictures``: list of the pictures of a field (path, sha256, frame, tilt_deg), None for a single one;
        ``excluded``: why the micrograph counts in no statistic, None where it does.
        """
        m = t.micrograph.c
        names = "sha256 vendor rows columns pixel_size_nm scale_source scale_conflict pictures excluded"
        query = sa.select(
            m.sample_id, m.path, m.frame, m.digest.label("micrograph_digest"), *_columns(m, names)
        )
        return self._frame(query, "sample_id", "path", "frame", "micrograph_digest")

    def analyses(self, *, current: bool = True) -> pd.DataFrame:
        """One row per analysis with its provenance; ``current=False``: superseded ones too.

        Columns: sample_id, path, analysis (short key that exported rows carry), analysis_id (internal, for
        `Database.put_verdict`), micrograph_digest, model_digest, model_name, recipe_digest, code_version,
        seed, pixel_size_nm, scale_source, n_grains, warnings (list), artefacts (dict), created_at,
        is_current.
        """
        a, m, c = t.analysis.c, t.micrograph.c, t.current_analysis.c
        query = (
            sa.select(
                *_columns(m, "sample_id path"),
                a.id.label("analysis_id"),
                *_columns(a, "micrograph_digest model_digest"),
                t.model.c.name.label("model_name"),
                *_columns(a, "recipe_digest code_version seed pixel_size_nm scale_source n_grains"),
                *_columns(a, "warnings artefacts created_at"),
                c.analysis_id.is_not(None).label("is_current"),
            )
            .join(t.micrograph, m.digest == a.micrograph_digest)
            .join(t.model, t.model.c.digest == a.model_digest)
            .join(t.current_analysis, c.analysis_id == a.id, isouter=not current)
        )
        keys = ["micrograph_digest", "model_digest", "recipe_digest"]
        frame = self._frame(query, "sample_id", "path", *keys)
        with self._as_written():
            for name, kind in (("artefacts", dict), ("warnings", list)):
                if not all(isinstance(value, kind) for value in frame[name]):
                    raise TypeError(f"{name} of an analysis: no {kind.__name__}")
        frame.insert(2, "analysis", [AnalysisKey(*row).digest for row in frame[keys].itertuples(index=False)])
        return frame

    def recipes(self) -> pd.DataFrame:
        """Every recipe that an analysis refers to: recipe_digest, text (TOML)."""
        r = t.recipe.c
        return self._frame(sa.select(r.digest.label("recipe_digest"), r.text), "recipe_digest")

    def grains(self, sample_id: str | None = None) -> pd.DataFrame:
        """Grains of the current analyses (of one sample): sample_id, analysis_id, label, measured columns.

        The sample ``""`` stands for micrographs that belong to none.
        """
        return self._rows(t.grain, "label", sample_id)

    def intercepts(self, sample_id: str | None = None) -> pd.DataFrame:
        """Intercepts of the current analyses, columns as `grainstats.measure.intercept_table` wrote them."""
        stored = self._rows(t.analysis_intercepts, "analysis_id", sample_id)
        columns = ["sample_id", "analysis_id", *INTERCEPT_COLUMNS]
        if stored.empty:
            return pd.DataFrame(columns=columns)
        with self._as_written():
            found, counts = intercepts_from_bytes(stored["content"])
            owner = stored[columns[:2]].loc[stored.index.repeat(counts)].reset_index(drop=True)
            return pd.concat([owner, found[columns[2:]]], axis=1)

    def by_sample(self, table: Literal["grains", "intercepts"]) -> Iterator[pd.DataFrame]:
        """Grains or intercepts sample by sample: millions of rows never stand in memory together."""
        owners = self._frame(sa.select(t.micrograph.c.sample_id).distinct(), "sample_id")["sample_id"]
        for sample_id in owners:
            frame = getattr(self, table)(sample_id if isinstance(sample_id, str) else NO_SAMPLE)
            if len(frame):
                yield frame

    def _rows(self, table: Any, second: str, sample_id: str | None) -> pd.DataFrame:
        query = _counting(table, t.micrograph.c.sample_id, *table.columns)
        if sample_id is not None:
            owner = t.micrograph.c.sample_id
            query = query.where(owner.is_(None) if sample_id == NO_SAMPLE else owner == sample_id)
        return self._frame(query, "sample_id", "analysis_id", second)

    def descriptors(
        self,
        level: Literal["image", "sample"] = "image",
        sample_id: str | None = None,
        name: str | None = None,
    ) -> pd.DataFrame:
        """Named numbers of current analyses (``"image"``) or results (``"sample"``), of one sample or all.

        With `name`, only the descriptor that is called so.

        Columns: sample_id, then path and analysis_id (image) or sample_result (sample; digest), then name,
        value, ci_low, ci_high, unit, method.
        """
        d = t.descriptor.c
        numbers = (d.name, d.value, d.ci_low, d.ci_high, d.unit, d.method)
        order: tuple[str, ...]
        query: Any
        if level == "image":
            owner, order = t.micrograph.c.sample_id, ("sample_id", "path", "analysis_id", "name")
            query = _counting(t.descriptor, owner, t.micrograph.c.path, d.analysis_id, *numbers)
        else:
            (owner, result, _), order = _RESULT, ("sample_id", "name")
            query = _of_samples(t.descriptor, owner, result, *numbers)
        if sample_id is not None:
            query = query.where(owner == sample_id)
        if name is not None:
            query = query.where(d.name == name)
        return self._frame(query, *order)

    def verdicts(self) -> pd.DataFrame:
        """Current verdicts: sample_id, sample_result, code_version, every field of `ModalityVerdict`."""
        from grainstats.infer.modality.verdict import ModalityVerdict

        query = _of_samples(t.verdict, *_RESULT, t.verdict.c.result)
        frame = self._frame(query, "sample_id")
        names = [field.name for field in dataclasses.fields(ModalityVerdict)]
        with self._as_written():
            results = frame.pop("result").tolist()
            if not all({"verdict", "reason"} <= set(result) for result in results):
                raise KeyError("a verdict without its reason")
            fields = pd.DataFrame(results, columns=names, index=frame.index)
        return frame.join(fields)

    def sample_results(self) -> pd.DataFrame:
        """Which analyses each sample's statistics came from, and what judged them.

        Columns: sample_id, sample_result, code_version, judging_digest, analysis_id.
        """
        behind = (t.sample_result.c.judging_digest, t.sample_result_analysis.c.analysis_id)
        query = _of_samples(t.sample_result_analysis, *_RESULT, *behind)
        return self._frame(query, "sample_id", "analysis_id")

    def segmentations(self, analysis_ids: Iterable[int]) -> dict[int, Segmentation | None]:
        """How the images of these analyses were cut, by analysis_id; None: by no model.

        Analyses of which nothing is kept are left out.
        """
        s = t.analysis_segmentation.c
        query = sa.select(s.analysis_id, s.content).where(s.analysis_id.in_([int(i) for i in analysis_ids]))
        frame = self._frame(query, "analysis_id")
        return {
            int(row.analysis_id): Segmentation.from_bytes(row.content) if row.content else None
            for row in frame.itertuples(index=False)
        }

    def failures(self) -> pd.DataFrame:
        """Inputs that could not be analysed: path, digest, reason, remedy."""
        f = t.failure.c
        return self._frame(sa.select(f.path, f.digest, f.reason, f.remedy), "path", "digest")

    def suggestions(self) -> pd.DataFrame:
        """Proposed experiments, oldest first; parameters and predictions are dicts."""
        s = t.suggestion.c
        proposed = _columns(s, "origin campaign objective model snapshot_digest seed parameters predictions")
        columns = (s.id.label("suggestion_id"), *proposed, s.reason, s.digest, s.created_at)
        return self._frame(sa.select(*columns), "suggestion_id")

    def snapshot_digest(self) -> str:
        """Digest of what an optimizer sees: samples, parameters, properties, descriptors, verdicts."""
        return digest_of(plain(self.optimizer_table().to_dict("records")), plain(self.samples()["sample_id"]))

    def optimizer_table(self) -> pd.DataFrame:
        """The view `optimizer_table`: one row per sample and parameter, feature, verdict or property."""
        kinds = dict.fromkeys(("value", "uncertainty", "ci_low", "ci_high"), sa.Float())
        view = sa.table("optimizer_table", *(sa.column(name, kinds.get(name)) for name in OPTIMIZER_COLUMNS))
        return self._frame(sa.select(*view.columns), "sample_id", "kind", "name")


def verdict_by_sample(verdicts: pd.DataFrame) -> dict[str, ModalityVerdict]:
    """Rows of `Readers.verdicts` as they were stored; JSON had made lists of tuples, pandas NaN of None."""
    from grainstats.infer.modality.verdict import ModalityVerdict

    names = [field.name for field in dataclasses.fields(ModalityVerdict)]
    found = {}
    for row in verdicts.to_dict("records"):
        values = {name: _restored(row[name]) for name in names if name in row}
        if values["more_grains"] is not None:
            values["more_grains"] = int(values["more_grains"])
        found[str(row["sample_id"])] = ModalityVerdict(**values)
    return found


def _restored(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_restored(item) for item in value)
    return None if isinstance(value, float) and value != value else value


def _wide_columns(designs: pd.DataFrame, properties: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Columns of samples.csv with their values by sample."""
    for (name, unit), part in designs.groupby(["name", "unit"]):
        values = part["category"] if unit == "category" else part["value"]
        yield f"param:{name}_{unit}", dict(zip(part["sample_id"], values, strict=True))
    for (name, unit), part in properties.groupby(["name", "unit"]):
        yield f"prop:{name}_{unit}", dict(zip(part["sample_id"], part["value"], strict=True))
        if part["uncertainty"].notna().any():
            yield f"prop_sd:{name}_{unit}", dict(zip(part["sample_id"], part["uncertainty"], strict=True))
