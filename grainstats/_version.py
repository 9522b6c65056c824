"""The version of this code, from version control by way of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("grainstats")
    except PackageNotFoundError:
        return "0+unknown"  # a bare tree that nobody installed


__version__ = _installed()
