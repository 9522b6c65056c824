"""Nobody but this machine's browser with the token gets to the page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from grainstats.run.serve.server import Guard

TOKEN, PORT = "secret", 8123
OURS = {"host": f"127.0.0.1:{PORT}", "cookie": f"grainstats-{PORT}={TOKEN}"}


async def _page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def _asked(kind: str = "http", query: str = "", **headers: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {
        "type": kind,
        "path": "/results/a b.html",
        "query_string": query.encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }
    asyncio.run(Guard(_page, TOKEN, PORT)(scope, receive, send))
    return sent


def test_the_token_becomes_a_cookie_and_leaves_the_address():
    start = _asked(query=f"token={TOKEN}&x=1", host=OURS["host"])[0]
    headers = dict(start["headers"])
    assert start["status"] == 303
    assert headers[b"location"] == b"/results/a%20b.html?x=1"
    assert b"HttpOnly" in headers[b"set-cookie"] and b"SameSite=Strict" in headers[b"set-cookie"]


def test_with_the_cookie_the_page_comes_with_its_policy():
    start, body = _asked(**OURS)
    assert (start["status"], body["body"]) == (200, b"page")
    assert b"default-src 'self'" in dict(start["headers"])[b"content-security-policy"]


@pytest.mark.parametrize(
    "change",
    [
        {"cookie": ""},
        {"cookie": f"grainstats-{PORT}=guess"},
        {"cookie": f"grainstats-1={TOKEN}"},
        {"host": f"example.org:{PORT}"},
        {"host": "127.0.0.1:1"},
        {"origin": "http://example.org"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_everybody_else_is_refused(kind, change):
    first = _asked(kind, **(OURS | change))[0]
    assert first.get("status") == 403 if kind == "http" else first["type"] == "websocket.close"


def test_a_foreign_page_cannot_use_a_token_it_guessed():
    assert _asked(query=f"token={TOKEN}", host=OURS["host"], origin="http://example.org")[0]["status"] == 403
