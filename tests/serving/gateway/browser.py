"""A real Chromium, driven over a pipe of its own (DevTools' protocol): no driver and no library is needed.

`axe` is the accessibility checker that npm has (MPL 2.0).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.serving.gateway.fetched import from_npm

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = "4.10.3"
_SECONDS = 120.0
"""For an answer of the browser's: the machine may be busy."""
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"),
    *("--disable-background-networking", "--disable-extensions", "--disable-component-update"),
    *("--force-prefers-reduced-motion", "--hide-scrollbars", "--lang=en"),
)
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), "ArrowRight": (39, ""), "End": (35, "")}


class Browser:
    """One page of one browser."""

    def __init__(self, folder: Path) -> None:
        self.downloads = folder / "downloads"
        commands, self._into = os.pipe()
        self._from, answers = os.pipe()
        # It reads commands from descriptor 3 and writes answers to 4.
        redirect = f'exec "$@" 3<&{commands} 4>&{answers}'
        command = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", redirect, "bash", *command],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._rest, self._number, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one of the protocol's methods."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def event(self, method: str, **wanted: Any) -> dict[str, Any]:
        """The next event of this kind with these values, waited for."""
        while True:
            for event in self.events:
                if event.get("method") == method and wanted.items() <= event["params"].items():
                    self.events.remove(event)
                    parameters: dict[str, Any] = event["params"]
                    return parameters
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], _SECONDS)
            assert ready, "the browser does not answer"
            read = os.read(self._from, 1 << 20)
            assert read, "the browser has ended"
            self._rest += read
        whole, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(whole)
        return message

    def open(self, url: str) -> None:
        """A page, anew."""
        self.events.clear()
        for address in ("about:blank", url):  # Else a change behind # alone loads nothing.
            self.call("Page.navigate", url=address)
            self.event("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """The value of an expression in the page, waited for where it is a promise."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until it holds in the page."""
        look = f"const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look();"
        self.run(f"new Promise((done) => {{ {look} }})")

    def text(self, selector: str) -> str:
        """Of the first such element."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).textContent"))

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the first such element."""
        x, y = self._middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def point(self, selector: str) -> None:
        """Move the mouse there."""
        x, y = self._middle(selector)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def _middle(self, selector: str) -> tuple[float, float]:
        box = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        return box[0], box[1]

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """A key, where the focus is."""
        code, text = _KEYS[key]
        more = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        typed = {"text": text} if text and not ctrl else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **more, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    def write(self, text: str) -> None:
        """Into what has the focus."""
        self.call("Input.insertText", text=text)

    def choose(self, selector: str, *files: Path) -> None:
        """Files, in a field for them."""
        field = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        place = field["result"]["objectId"]
        self.call("DOM.setFileInputFiles", files=[str(file) for file in files], objectId=place)

    def save_downloads(self) -> None:
        """Into `downloads`, from now on."""
        self.downloads.mkdir(exist_ok=True)
        self.call(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(self.downloads),
            eventsEnabled=True,
        )

    def resize(self, width: int, height: int = 900) -> None:
        """As on a screen of this width."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path) -> None:
        """What is seen, as WebP."""
        taken = self.call("Page.captureScreenshot", format="webp", quality=80)
        path.write_bytes(base64.b64decode(taken["data"]))

    def violations(self, axe: str) -> list[str]:
        """What axe finds wrong with the page as it is."""
        self.run(f"{axe}\n;0")
        report = self.run(
            "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.flatMap("
            "(rule) => rule.nodes.map((one) => `${rule.id}: ${one.html} ${one.failureSummary}`)))"
        )
        return list(report)

    def close(self) -> None:
        """End it."""
        os.close(self._into)  # It ends when nobody commands it any more.
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)


def axe_source(cache: pytest.Cache) -> str:
    """The checker's script; the test is skipped, with the reason, where npm or its registry is not there."""
    return (from_npm(cache, "axe-core", AXE) / "axe-core" / "axe.min.js").read_text()
