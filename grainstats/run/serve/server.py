"""Start the page on this machine, and let in only its browser, with the token that the terminal showed.

Other programs of the machine do not know the token.  Pages of other sites that the browser has open do not
get through either: their requests carry their own origin, and a name that they let point to 127.0.0.1 is no
host of ours.
"""

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from grainstats.run.serve.page import Page
from grainstats.run.serve.project import Project
from grainstats.run.serve.running import Running
from grainstats.share.safe_paths import file_below
from segment.errors import InputError, install_extra

_PATIENCE = 120.0  #: seconds without an answer, on a busy machine, before the page is drawn anew
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_OWN_PAGE = ("same-origin", "none")  #: of Sec-Fetch-Site; none: typed, or opened from the terminal
_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' "


def free_port(wanted: int) -> int:
    """The port, or any free one for 0. `InputError`: another program has it."""
    with socket.socket() as probe:
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            remedy = "Leave --port out, or name another"
            raise InputError(f"--port {wanted}", "another program uses it", remedy) from error
        return int(probe.getsockname()[1])


def serve(project: Project, port: int, *, show: bool = True) -> None:
    """Serve the page until Ctrl-C, on any free port for 0.

    `InputError` where the extra is not installed, or the port is taken.
    """
    if find_spec("nicegui") is None:
        raise InputError("serve", "needs NiceGUI", install_extra("serve"))
    from fastapi import HTTPException
    from fastapi.responses import FileResponse
    from nicegui import app, ui

    port, token, running = free_port(port), secrets.token_urlsafe(24), Running()

    def results(name: str) -> FileResponse:
        path = file_below(project.results, name)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path)

    app.add_api_route("/results/{name:path}", results)
    app.add_middleware(Guard, token=token, port=port)
    app.on_shutdown(running.stop)
    address = f"http://{HOST}:{port}/?token={token}"
    app.on_startup(
        lambda: print(f"open {address}\nCtrl-C ends it; {project.folder} keeps everything", flush=True)
    )
    ui.run(
        lambda: Page(ui, project, running).build(),
        host=HOST,
        port=port,
        title="grainstats",
        reload=False,
        show=f"/?token={token}" if show else False,
        show_welcome_message=False,
        reconnect_timeout=_PATIENCE,
        dark=None,
    )


class Guard:
    """ASGI middleware that lets nobody in who does not show the token of this start of the server."""

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"grainstats-{port}"
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        self._policy = (_POLICY + " ".join(sorted(f"ws://{host}" for host in self._hosts))).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, answer it with 403, or take its token and ask again without it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qs(scope["query_string"].decode("latin-1"))
        foreign = self._foreign(headers)
        shown = self._is_token(query.pop("token", [""])[0])
        if foreign is None and shown and scope["type"] == "http":
            await self._remember(scope, query, send)
        elif foreign is None and self._knows(headers.get("cookie", "")):
            await self._app(scope, receive, _with_policy(send, self._policy))
        else:
            reason = foreign or "open the address that the terminal shows, with its token"
            await _refuse(scope, receive, send, reason)

    def _foreign(self, headers: dict[str, str]) -> str | None:
        """Why a request comes from somewhere else; None where it does not."""
        if headers.get("host", "") not in self._hosts:
            return "this address is not the one that the program serves"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return "the request comes from another page"
        if headers.get("sec-fetch-site", "none") not in _OWN_PAGE:
            return "the request comes from another page"
        return None

    def _knows(self, header: str) -> bool:
        try:
            cookie = SimpleCookie(header).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self._token.encode())

    async def _remember(self, scope: Scope, query: dict[str, list[str]], send: Send) -> None:
        """Keep the token as a cookie that no script and no other site can use; take it out of the address."""
        rest = f"?{urlencode(query, doseq=True)}" if query else ""
        headers = [
            (b"location", (quote(scope["path"]) + rest).encode("latin-1")),
            (b"set-cookie", f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict".encode()),
            (b"referrer-policy", b"no-referrer"),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _with_policy(send: Send, policy: bytes) -> Send:
    """Answers say that the page takes nothing from elsewhere and sends nothing there."""

    async def answer(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            extra = [(b"content-security-policy", policy), (b"referrer-policy", b"no-referrer")]
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return answer


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": f"Not for you: {reason}.\n".encode()})
