"""Public names of a package, loaded when first asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """The function `__getattr__` of a package (PEP 562); `places` are the names in each module below it."""
    place_of = {name: f"{package}.{module}" for module, names in places.items() for name in names.split()}

    def public_name(name: str) -> Any:
        if name not in place_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(place_of[name]), name)

    return public_name
