"""What is wrong with tables that people keep."""

from __future__ import annotations

from pathlib import Path

from segment.errors import InputError


class SheetError(InputError):
    """A table that cannot be used, with every problem in it; `what` it is, in words.

    Attributes
    ----------
    problems : tuple of str
        One sentence each, with the row as a spreadsheet counts it (the header is row 1).
    """

    def __init__(self, source: Path | str, problems: tuple[str, ...], what: str = "sample sheet") -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(
            source, f"{count} in the {what}:{listed}\n", "Nothing was imported; correct the sheet"
        )
        self.problems = problems

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}{self.remedy}."
