"""Headless Chromium with a mouse: its debugging protocol over a pipe, which needs no package."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

CHROMIUM = shutil.which("chromium")
WAIT = 60  # seconds


class Browser:
    """One page in a browser.

    Args:
        folder: A folder for the profile.
    """

    def __init__(self, folder):
        read_commands, self._commands = os.pipe()
        self._answers, write_answers = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        profile = [f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe"]
        # The browser reads descriptor 3 and writes descriptor 4.
        script = f'exec "$@" 3<&{read_commands} 4>&{write_answers}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", CHROMIUM, *options, *profile, "about:blank"],
            pass_fds=(read_commands, write_answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_commands)
        os.close(write_answers)
        self._buffer, self._number, self._session = b"", 0, None
        pages = self.send("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in pages if each["type"] == "page")
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def send(self, method, **parameters):
        """Sends a command, and returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + WAIT
        while (answer := self._read(end)).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, page, width, height=900):
        """Opens a file or an address in a window of this size, and waits until it is complete."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self.send("Page.navigate", url=page if "://" in str(page) else f"file://{page}")
        self.until("document.readyState === 'complete'")

    def value(self, expression):
        """The value of an expression in the page."""
        options = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        return self.send("Runtime.evaluate", **options)["result"].get("value")

    def until(self, expression):
        """Waits until an expression in the page is true."""
        end = time.monotonic() + WAIT
        while not self.value(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)

    def click(self, selector, x, y):
        """Clicks within an element, at shares of its width and height."""
        mouse = {**self._place(selector, x, y), "button": "left"}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, clickCount=1, **mouse)

    def drop(self, selector, *paths):
        """Drops files onto the middle of an element."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            place = self._place(selector, 0.5, 0.5)
            self.send("Input.dispatchDragEvent", type=kind, data=data, **place)

    def press(self, key):
        """Presses a key."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key)

    def screenshot(self, whole=False):
        """A PNG file of the window, or of the whole page, as bytes."""
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def close(self):
        """Ends the browser."""
        self._session = None
        self.send("Browser.close")
        self._process.wait(WAIT)
        os.close(self._commands)
        os.close(self._answers)

    def _place(self, selector, x, y):
        """The coordinates of a place within an element, which is made visible."""
        left, top, width, height = self.value(
            f"(() => {{const e = document.querySelector({selector!r}); e.scrollIntoView();"
            "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]})()"
        )
        return {"x": left + x * width, "y": top + y * height}

    def _read(self, end):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(end - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            part = os.read(self._answers, 1 << 16)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)
