"""A package that is an attribute of the one above it and has to be the function of that name, too."""

import sys
from collections.abc import Callable
from inspect import signature
from types import ModuleType
from typing import Any


def callable_room(name: str, function: Callable[..., Any]) -> None:
    """Let the package of this name be called as the function."""

    class Room(ModuleType):
        __call__ = staticmethod(function)
        __signature__ = signature(function)

    sys.modules[name].__class__ = Room
