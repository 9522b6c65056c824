"""Help in a reader's words: what an option takes instead of its type in Python."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup

#: what options of these names take
VALUES = {
    "DIR": "out images boundaries data cache artefacts files",
    "FILE": "space recipe checkpoint start",
    "URL": "db",
    "N": "seed n workers threads steps phases bins port",
    "NAME": "model model_name campaign objective descriptor reference style",
    "COLUMN": "by covariate block",
    "SHARE": "persistence",
    "MINUTES": "minutes",
    "NAME=LOW:HIGH": "limit",
}
_VALUE_OF = {name: value for value, names in VALUES.items() for name in names.split()}


class _PlainWords:
    def get_params(self, ctx: Any) -> list[Any]:
        """Parameters with a word for what they take; switches take nothing, arguments are named already."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in found:
            if isinstance(one, TyperArgument):
                one.display_type_rich = lambda ctx: ""  # type: ignore[method-assign]
            elif one.metavar is None:
                one.metavar = "" if getattr(one, "is_flag", False) else _VALUE_OF.get(one.name)
        return found


class PlainCommand(_PlainWords, TyperCommand):
    """A command with such help."""


class PlainGroup(_PlainWords, TyperGroup):
    """A group of commands with such help."""
