"""Scripts import only what the packages have: moving a function breaks none of them unseen."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path for room in ("calibration", "benchmarks", "scripts") for path in (ROOT / room).rglob("*.py")
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_that_a_script_imports_are_there(script: Path) -> None:
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] not in (
            "segment",
            "grainstats",
        ):
            continue
        module = import_module(node.module)
        for name in (one.name for one in node.names):
            is_room = hasattr(module, "__path__")
            there = hasattr(module, name) or (is_room and find_spec(f"{node.module}.{name}"))
            assert there, f"line {node.lineno}: {node.module} has no {name}"
