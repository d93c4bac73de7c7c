# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the page's tests: one Chromium for each file, with a window anew for each test, and weirs that are played."""

import pathlib
import shutil

import pytest
from harness.fixtures import *  # noqa: F403
from suite.browser import Browser
from suite.played import Played

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build/page"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("there is no Chromium; ./dev test installs Debian's")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser.start()
    browser.stop()
    shutil.rmtree(browser.directory, ignore_errors=True)


@pytest.fixture
def browser(chromium):
    """Of a desktop's size, in light colours, and on no page yet."""
    chromium.open("about:blank")
    chromium.colours("light")
    chromium.size(1400, 1000)
    yield chromium
    chromium.open("about:blank")  # it asks the weir that is stopped now for nothing more


@pytest.fixture
def play():
    """play(document) gives a weir that is played."""
    made = []

    def start(*document):
        made.append(Played(*document))
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture
def shots():
    """Where pictures of the page go, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core."""
    path = ROOT / "build/page/axe/package/axe.min.js"
    assert path.is_file(), f"{path} is not there; run tests/page/fetch.sh, or ./dev test"
    return path.read_text()
