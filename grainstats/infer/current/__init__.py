"""How much current a boundary network can carry: the limiting path (minimum cut), exact in the plane."""

from grainstats.infer.current.estimate import current
from grainstats.infer.current.law import Law, law_of, read_law
from grainstats.infer.current.result import CurrentEstimate, DirectionEstimate, MapPaths

__all__ = ["CurrentEstimate", "DirectionEstimate", "Law", "MapPaths", "current", "law_of", "read_law"]
