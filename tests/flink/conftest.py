# SPDX-License-Identifier: Apache-2.0
"""The Flinks that ./dev flink has fetched. What is missing is skipped, with the reason."""

import os
import pathlib
import shutil

import pytest

from running.flink import Distribution
from running.recording import record
from running.story import Story, World

VERSIONS = ["1.20.1", "2.2.1"]


def distribution(version):
    for tool in ("java", "javac", "jar"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}; default-jdk-headless has it")
    directory = pathlib.Path(os.environ.get("WEIR_FLINK", ""), version)
    if not (directory / ".complete").exists():
        pytest.skip(f"Flink {version} is not there; ./dev flink fetches it")
    return Distribution(directory)


@pytest.fixture(params=VERSIONS)
def flink(request):
    return distribution(request.param)


@pytest.fixture
def world(flink, tmp_path):
    """Only where there is a Flink for it."""
    made = World(tmp_path)
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture(scope="module", params=VERSIONS)
def story(request, tmp_path_factory):
    """A whole life, which every test of this folder's test_reporters.py looks at."""
    told = Story(tmp_path_factory.mktemp("story"), distribution(request.param))
    try:
        told.live()
        if os.environ.get("WEIR_FLINK_RECORD") == "1":
            record(request.param, told.requests)
        yield told
    finally:
        told.world.end()
