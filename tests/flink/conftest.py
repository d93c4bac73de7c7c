# SPDX-License-Identifier: Apache-2.0
"""The Flinks that ./dev flink has fetched. What is missing is skipped, with the reason."""

import os
import pathlib
import shutil

import pytest

from running.flink import Distribution
from running.recording import record
from running.story import Story, World

# Version and the name of its configuration file.
VERSIONS = [("1.20.1", "flink-conf.yaml"), ("2.2.1", "config.yaml")]


def distribution(version):
    for tool in ("java", "javac", "jar"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}; default-jdk-headless has it")
    directory = pathlib.Path(os.environ.get("WEIR_FLINK", ""), version)
    if not (directory / ".complete").exists():
        pytest.skip(f"Flink {version} is not there; ./dev flink fetches it")
    return Distribution(directory)


@pytest.fixture
def flink(request):
    """Of the version that `request.param` names."""
    return distribution(request.param)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture(scope="module", params=VERSIONS, ids=[version for version, _ in VERSIONS])
def story(request, tmp_path_factory):
    """A whole life, which every test of this folder's test_reporters.py looks at."""
    version, file_name = request.param
    told = Story(tmp_path_factory.mktemp("story"), distribution(version), file_name)
    try:
        told.live()
        if os.environ.get("WEIR_FLINK_RECORD") == "1":
            record(version, told.requests)
        yield told
    finally:
        told.world.end()
