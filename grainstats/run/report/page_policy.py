"""What a page may load and run, said in its head (Content Security Policy, Level 3).

A report shows names and metadata from anywhere. They are escaped; should one slip through, the browser runs
no script and applies no style but those whose hash stands here.
"""

from __future__ import annotations

import base64
import hashlib
import re

PLACE = "@policy@"  #: in the templates' <meta http-equiv="Content-Security-Policy">


def with_policy(page: str, script: str | None = None) -> str:
    """The page with its policy: pictures inside it, its first style sheet, and `script`; nothing else.

    Parameters
    ----------
    page : str
        Its ``<style>`` stands in its head, before all that comes from data.
    script : str, optional
        What stands between its script tags.
    """
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    style = "'none'" if found is None else _hash(found[1])
    allowed = "'none'" if script is None else _hash(script)
    policy = (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
    return page.replace(PLACE, policy, 1)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
