"""One name or two: what a reader sees as the same, in sheets, groups and names of folders."""

import unicodedata
from collections.abc import Hashable, Iterable

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_ALIKE = dict(
    zip(
        "АВЕЅІЈКМНОРСТХаеѕіјорсухԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳ",
        "ABESIJKMHOPCTXaesijopcyxqwABEZHIKMNOPTYXocj",
        strict=True,
    )
)
_SEEN_AS = str.maketrans({**dict.fromkeys(_DASHES, "-"), **_ALIKE})  #: Cyrillic and Greek letters as Latin


def composed(text: str) -> str:
    """Text in Unicode's composed form (NFC), every kind of space as a space, none at the ends.

    >>> composed(" e\\u0301\\u00a01 ") == "\\u00e9 1"
    True
    """
    text = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in text).strip()


def looks_like(text: str) -> str:
    """The same for names that look alike: case, full-width letters, dashes, spaces, letters of other scripts.

    What nobody sees (format and control characters) is left out.

    >>> looks_like("\\uff331\\u20112"), looks_like("\\u04101\\u200b")
    ('s1-2', 'a1')
    """
    plain = unicodedata.normalize("NFKC", text).translate(_SEEN_AS)
    seen = (c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join("".join(seen).split()).casefold()


def how_alike(one: str, other: str) -> str:
    """In what two names that look alike differ: ``"in case"`` or ``"in characters that look the same"``."""
    return "in case" if one.casefold() == other.casefold() else "in characters that look the same"


def spelled_twice(names: Iterable[Hashable]) -> list[tuple[str, str]]:
    """Pairs of different names that look alike, the first of each beside every other one."""
    first: dict[str, str] = {}
    pairs = []
    for name in dict.fromkeys(map(str, names)):
        if (known := first.setdefault(looks_like(name), name)) != name:
            pairs.append((known, name))
    return pairs
