"""Start the page on this machine, behind the guard."""

from __future__ import annotations

import secrets
import socket
from importlib.util import find_spec

from grainstats.run.serve.guard import HOST, Guard
from grainstats.run.serve.page import Page
from grainstats.run.serve.project import Project
from grainstats.run.serve.running import Running
from grainstats.share.safe_paths import file_below
from segment.errors import InputError, install_extra

_PATIENCE = 120.0  #: seconds without an answer, on a busy machine, before the page is drawn anew


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
