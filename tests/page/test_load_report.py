# SPDX-License-Identifier: Apache-2.0
"""The page that `weir load --report` writes, of a run and of one that is compared with it."""

import pytest
from suite.axe import faults

from harness.load_command import load, url_of
from harness.settings import null_sink, settings


@pytest.fixture
def report(start_weir, tmp_path):
    """Of a run with everything in it, compared with one before; its name and its database are hostile."""
    weir = start_weir(settings(null_sink()))
    page = tmp_path / "it's <img src=x onerror=alert(1)> & more.html"
    url = url_of(weir.client.address) + "&x=</script><script>document.title='stolen'</script>"
    for lines in (3_000, 6_000):
        known = ("--compare", page) if page.exists() else ()
        done = load(
            *("--url", url, "--lines", lines, "--batch", 100, "--bad", "10%", "--pid", weir.pid),
            *("--series", 100, "--report", page, *known),
        )
        assert done.returncode == 0, done
    return page


@pytest.mark.parametrize("scheme, width", [("light", 1400), ("dark", 320)])
def test_a_report_in_a_browser(browser, report, axe, shots, scheme, width):
    browser.colours(scheme)
    browser.size(width, 900)
    browser.open(report.as_uri())
    assert browser.text("h1").startswith("weir load: http://127.0.0.1:")
    assert "</script><script>document.title='stolen'</script>" in browser.text("h1")
    assert browser.run("return document.title").startswith("weir load: ")
    assert "lines sent 6,000 3,000 2.00x" in browser.text("table")
    assert browser.run("return document.querySelectorAll('figure').length") == 3
    assert browser.run("return document.querySelectorAll('figure > svg path').length") >= 14
    # Nothing sticks out to the right, and no line out of its picture.
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    asked = [each["request"]["url"] for name, each in browser.network() if name == "Network.requestWillBeSent"]
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}, asked
    assert browser.console() == []
    assert faults(browser, axe) == []
    browser.screenshot(shots / f"load_report_{scheme}.png", whole=True)
