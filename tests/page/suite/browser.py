# SPDX-License-Identifier: Apache-2.0
"""A Chromium without a window, led through its chromedriver by the W3C protocol, with what its DevTools logged. It knows
nothing of weir."""

import base64
import http.client
import json
import re
import shutil

from harness.process import Process, wait_until

# Nothing but what a test asks for goes over the network, and nothing is left of the run but its folder.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-extensions --disable-dev-shm-usage "
    "--hide-scrollbars --force-color-profile=srgb"
).split()
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"tab": "\ue004", "enter": "\ue007", "escape": "\ue00c"}


class DriverError(AssertionError):
    pass


class Browser(Process):
    name = "chromedriver"

    def start(self):
        driver = shutil.which("chromedriver")
        chromium = shutil.which("chromium")
        self.launch([driver, "--port=0"])
        found = self.wait_ready(lambda: re.search(r"started successfully on port (\d+)", self.log()))
        self.port = int(found[1])
        self.session = None
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={self.directory / 'profile'}"]}
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
        }
        made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = made["sessionId"]
        return self

    def stop(self, seconds=20.0):
        if self.process is not None and self.session is not None:
            try:
                self.ask("DELETE", "")
            except (DriverError, OSError):
                pass  # it is ended below
            self.session = None
        return super().stop(seconds)

    def ask(self, method, path, body=None):
        target = path if self.session is None else f"/session/{self.session}{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = None if method != "POST" else json.dumps(body or {})
        connection.request(method, target, data, {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            raise DriverError(f"{value['error']}: {value['message']}")
        return value

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # ---- what a person does and sees -------------------------------------------------------------

    def open(self, url):
        """Opens it; what was logged before is forgotten."""
        self.logged("performance")
        self.logged("browser")
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self.ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector, seconds=15.0):
        """Where the page moves under the pointer, once more, as a person does."""

        def clicked():
            self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
            try:
                self.ask("POST", f"/element/{self.find(selector)}/click")
            except DriverError as error:
                if re.match("element click intercepted|element not interactable|stale element", str(error)):
                    return False
                raise
            return True

        wait_until(clicked, seconds, f"a click on {selector}", self.must_be_alive, 0.05)

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, key):
        """One key, to what has the focus."""
        active = self.ask("GET", "/element/active")[ELEMENT]
        self.ask("POST", f"/element/{active}/value", {"text": KEYS[key]})

    def text(self, selector="body"):
        """What is seen of it, as one line."""
        script = "const found = document.querySelector(arguments[0]); return found?.getClientRects().length > 0 ? found.innerText : ''"
        seen = self.run(script, selector)
        return re.sub(r"\s+", " ", seen).strip()

    def wait_text(self, selector, pattern, seconds=15.0):
        """Until what is seen of it has the pattern; gives the match."""

        def found():
            return re.search(pattern, self.text(selector))

        try:
            return wait_until(found, seconds, "the text", self.must_be_alive, 0.05)
        except AssertionError as error:
            raise AssertionError(f"{selector} shows no /{pattern}/ within {seconds} s, but: {self.text(selector)}") from error

    def wait(self, script, *arguments, seconds=15.0):
        """Until the script returns something true; gives that."""
        return wait_until(lambda: self.run(script, *arguments), seconds, script, self.must_be_alive, 0.05)

    # ---- how it is shown -------------------------------------------------------------------------

    def size(self, width, height):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def colours(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path, whole=False):
        """Of what is in the window, or of the whole page."""
        parameters = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", **parameters)["data"]))

    # ---- what it logged --------------------------------------------------------------------------

    def logged(self, kind):
        return self.ask("POST", "/se/log", {"type": kind})

    def console(self):
        """Messages since the page was opened or this was asked: (level, text)."""
        return [(entry["level"], entry["message"]) for entry in self.logged("browser")]

    def network(self):
        """Events of DevTools' Network since the page was opened or this was asked: (method, parameters)."""
        messages = [json.loads(entry["message"])["message"] for entry in self.logged("performance")]
        return [(each["method"], each["params"]) for each in messages if each["method"].startswith("Network.")]
