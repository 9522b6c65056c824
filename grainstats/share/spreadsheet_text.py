"""Texts that a spreadsheet would run as a formula, written so that it shows them.

Spreadsheets take a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end for a formula or a
command, wherever the file came from (OWASP, "CSV Injection"). An apostrophe before it makes it a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"  #: how a formula begins, also full-width
_BEGIN = (*FORMULA, "\t", "\r", "\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  #: no workbook holds them (XML 1.0, 2.2)


def spreadsheet_text(text: str) -> str:
    """`text`, behind an apostrophe where a spreadsheet would run it; control characters written out.

    >>> spreadsheet_text("=1+1"), spreadsheet_text("S1")
    ("'=1+1", 'S1')
    """
    text = _CONTROL.sub(written_out, text)
    return f"'{text}" if text.startswith(_BEGIN) else text


def written_out(found: re.Match[str]) -> str:
    r"""A character as ``\x1b`` or ``\u202e``; a byte that is a surrogate (PEP 383) as ``\xff``."""
    code = ord(found[0])
    code -= 0xDC00 if 0xDC80 <= code <= 0xDCFF else 0
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with its texts as `spreadsheet_text`, numbers as they are; itself where nothing changes."""
    import pandas as pd

    changed = {}
    for name in table:
        column = table[name]
        if column.dtype != object and not isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype):
            continue
        codes, found = pd.factorize(column)
        values = list(found)
        texts = [spreadsheet_text(value) if isinstance(value, str) else value for value in values]
        if texts != values:
            shown = pd.Series([*texts, None], dtype=object)
            changed[name] = shown.to_numpy()[codes]
    return table.assign(**changed) if changed else table
