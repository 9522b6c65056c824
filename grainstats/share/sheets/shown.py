"""What a cell shows beside what it holds, and characters that nobody sees."""

import unicodedata
from dataclasses import dataclass

from grainstats.share.spreadsheet_text import FORMULA
from segment.spelling import composed

#: full-width letters, digits and signs to the usual ones (Unicode FF01 ... FF5E), and the true minus
_HALF = str.maketrans({chr(0xFEE0 + k): chr(k) for k in range(0x21, 0x7F)} | {"\u2212": "-"})
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffd"  #: fillers, and lost letters


@dataclass(frozen=True)
class Shown:
    """A number whose format shows more than its value: ``001``, ``92.5 %``, ``3.0 µm``."""

    value: float  #: as it is shown; NaN where that may mean two numbers
    text: str
    beside: str = ""  #: the word or sign beside the number; empty for none


@dataclass(frozen=True)
class Flaw:
    """A cell that cannot be used."""

    text: str  #: what it holds
    why: str  #: clause that follows the name of its column


def plain_text(text: str) -> str:
    """`composed` text; a formula mark that an export made harmless loses its apostrophe."""
    text = composed(text)
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in FORMULA else text


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as ASCII; superscripts and others stay.

    >>> half_width("\uff11\uff12\uff10\uff0e\uff15"), half_width("10\u00b2")
    ('120.5', '10²')
    """
    return text.translate(_HALF)


def invisible(text: str) -> str | None:
    """The first character that nobody sees, by code and name; None where there is none.

    >>> invisible("S1\\u200b")
    'U+200B ZERO WIDTH SPACE'
    """
    for character in text:
        unseen = unicodedata.category(character) in ("Cf", "Cc", "Co", "Cn") or _is_blank(character)
        if unseen and character not in "\n\r\t":
            name = unicodedata.name(character, "a control character")
            return f"U+{ord(character):04X} {name}"
    return None


def _is_blank(character: str) -> bool:
    """Fillers, and the variation selectors that change how the letter before them looks."""
    return character in _BLANK or "\ufe00" <= character <= "\ufe0f" or "\u180b" <= character <= "\u180d"
