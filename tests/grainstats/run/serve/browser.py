"""A real browser without a screen, steered through the DevTools protocol."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen


class Browser:
    """One tab."""

    def __init__(self, program: str, profile: Path, width: int = 1440, height: int = 1000) -> None:
        from websockets.sync.client import connect

        self._process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            stderr=subprocess.DEVNULL,
        )
        told = profile / "DevToolsActivePort"
        self.until(lambda: told.is_file() and told.read_text().strip())
        port = told.read_text().split()[0]
        with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            tab = next(one for one in json.load(answer) if one["type"] == "page")
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(tab["webSocketDebuggerUrl"], max_size=None))
        self._number = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(60))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def go(self, address: str) -> None:
        self.ask("Page.enable")
        self.ask("Page.navigate", url=address)

    def js(self, code: str) -> Any:
        """The value of an expression in the page."""
        return self.ask("Runtime.evaluate", expression=code, returnByValue=True)["result"].get("value")

    def text(self) -> str:
        return self.js("document.body ? document.body.innerText : ''") or ""

    def click(self, words: str) -> None:
        """Click the button with these words."""
        code = f"[...document.querySelectorAll('button')].find(b => b.innerText.trim() == {words!r}).click()"
        self.js(code)

    def write(self, label: str, words: str) -> None:
        """Write into the field whose label begins so."""
        self.js(f"document.querySelector('input[aria-label^=\"{label}\"]').focus()")
        self.ask("Input.insertText", text=words)

    def give(self, number: int, files: Sequence[Path]) -> None:
        """Choose files in one of the page's file inputs."""
        find = f"document.querySelectorAll('input[type=file]')[{number}]"
        one = self.ask("Runtime.evaluate", expression=find)["result"]["objectId"]  # outlives a redrawn page
        self.ask("DOM.setFileInputFiles", objectId=one, files=[str(path) for path in files])

    def screenshot(self, path: Path, width: int, height: int) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        time.sleep(1)
        picture = self.ask("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(picture["data"]))

    @staticmethod
    def until(true: Any, seconds: float = 60) -> None:
        """Wait for a condition; at most so long."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.2)

    def close(self) -> None:
        self._open.close()
        self._process.terminate()
        self._process.wait()
