"""One sample as the database holds it: what its verdict and its descriptors are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge_sample import SampleImage
from grainstats.measure.descriptors.sample_descriptors import ImageTables
from segment.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class StoredSample:
    """What the database holds on the images that count for one sample, in the order of their digests."""

    #: one row per analysis: analysis_id, micrograph_digest, pixel_size_nm, rows, columns, ...
    images: pd.DataFrame
    #: grains, intercepts: with the column ``analysis_id``
    grains: pd.DataFrame
    intercepts: pd.DataFrame
    descriptors: pd.DataFrame  #: of the images: analysis_id, name, value, ci_low, ci_high, unit, method
    #: by analysis_id, how each image was cut; None: by no model
    segmentations: Mapping[int, Segmentation | None] = field(default_factory=dict)

    @property
    def analysis_ids(self) -> list[int]:
        return [int(number) for number in self.images["analysis_id"]]

    def tables(self) -> ImageTables:
        """What its descriptors are made from."""
        return ImageTables(self.analysis_ids, self.grains, self.intercepts, self.descriptors)

    def to_judge(self) -> list[SampleImage]:
        """Its images, as the verdict wants them."""
        grains = dict(list(self.grains.groupby("analysis_id", sort=False)))
        none = self.grains[:0]
        return [
            self._image(image, grains.get(image["analysis_id"], none)) for _, image in self.images.iterrows()
        ]

    def _image(self, image: pd.Series, table: pd.DataFrame) -> SampleImage:
        shape, number = (int(image["rows"]), int(image["columns"])), int(image["analysis_id"])
        grains = ImageGrains.from_columns(table, float(image["pixel_size_nm"]), shape)
        known = number in self.segmentations
        missing = "" if known else f"the database does not hold how {image['path']} was segmented"
        return SampleImage(grains, self.segmentations.get(number), tuple(image["warnings"]), missing)
