"""The identity of what judges: the rules, the null mosaics and the networks, as they lie in this folder."""

import hashlib
from functools import lru_cache
from importlib.resources import files

SUFFIXES = (".py", ".npz", ".json")  #: of the files that decide


@lru_cache(maxsize=1)
def judging_digest() -> str:
    """SHA-256 over the code and the tables of `grainstats.infer.modality`, and the product limit's code.

    A verdict stored with another digest was judged by other rules or against other null mosaics.

    Examples
    --------
    >>> len(judging_digest())
    64
    """
    total = hashlib.sha256()
    entries = [e for e in files("grainstats.infer.modality").iterdir() if e.name.endswith(SUFFIXES)]
    product_limit = files("grainstats.measure.intervals").joinpath("size_distribution.py")
    for entry in sorted([*entries, product_limit], key=lambda e: e.name):
        content = entry.read_bytes()
        if entry.name.endswith(".py"):
            content = content.replace(b"\r\n", b"\n")
        total.update(f"{entry.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
