"""What a caller may say: of an image, of a uniform boundary network, and how the neural network works."""

from typing import Literal

Voids = Literal["auto", "dark", "bright", "none"]
Twins = Literal["keep", "merge"]
GAP_WIDTH = 0.1  #: of the mean intercept, below which a gap is a boundary; the truth of the rendered scenes
Null = Literal["section", "columnar"]  #: plane sections of three-dimensional grains, or columnar films
Device = Literal["auto", "cpu", "cuda"]
Chosen = Literal["f32", "bf16"]
Precision = Literal["auto", "f32", "bf16"]
