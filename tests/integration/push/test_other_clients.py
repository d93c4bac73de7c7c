# SPDX-License-Identifier: Apache-2.0
"""Official clients of other languages push to weir, add and delete. They come from their registries and need toolchains
that nothing else here needs: WEIR_PUSH_CLIENTS=1 runs them, and what is missing is named."""

import os
import pathlib
import shutil
import subprocess

import pytest

from harness.settings import file_sink, settings
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.skipif(os.environ.get("WEIR_PUSH_CLIENTS") != "1",
                                reason="takes clients from registries: set WEIR_PUSH_CLIENTS=1")

CLIENTS = pathlib.Path(__file__).parent / "clients"
HISTOGRAM = {("pushed_histogram_bucket", "1.0"): 0, ("pushed_histogram_bucket", "5.0"): 1,
             ("pushed_histogram_bucket", "+Inf"): 1, ("pushed_histogram_sum", None): 2,
             ("pushed_histogram_count", None): 1}


@pytest.fixture
def client(tmp_path):
    """client("go", "main.go"): the program's folder, copied, with its toolchain there."""

    def make(name, *tools):
        for tool in tools:
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not installed")
        return shutil.copytree(CLIENTS / name, tmp_path / name)

    return make


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def pushed(weir, **group):
    """Samples of a group: {(name, bound): value}."""
    found = {}
    for family in text_string_to_metric_families(weir.client.get("/pushgateway/metrics").text()):
        for sample in family.samples:
            bound = sample.labels.get("le") or sample.labels.get("quantile")
            bound = str(float(bound)).replace("inf", "+Inf") if bound else None
            rest = {k: v for k, v in sample.labels.items() if k not in ("le", "quantile")}
            if rest == {"instance": "", **group} and not sample.name.startswith("push_"):
                found[sample.name, bound] = sample.value
    return found


def groups(weir):
    return sorted(each["labels"]["job"] for each in weir.client.get("/api/v1/metrics").json()["data"])


@pytest.fixture
def weir(start_weir):
    return start_weir(settings(file_sink()))


def test_go(weir, client):
    folder = client("go", "go")
    run(["go", "mod", "tidy"], folder)
    run(["go", "run", ".", f"http://{weir.client.address}"], folder)
    # The client writes a blank as a plus sign, which in a path is one.
    assert pushed(weir, job="go+job", path="/a/b", empty="") == {
        ("go_pushed_gauge", None): 1.5, **HISTOGRAM, ("pushed_summary", "0.5"): 7, ("pushed_summary_sum", None): 7,
        ("pushed_summary_count", None): 1, ("pushed_total", None): 3}
    assert pushed(weir, job="text") == {("go_pushed_gauge", None): 1.5}
    assert groups(weir) == ["go+job", "text"]


def test_node(weir, client):
    folder = client("node", "node", "npm")
    run(["npm", "install", "--no-audit", "--no-fund"], folder)
    run(["node", "main.js", f"http://{weir.client.address}"], folder)
    assert pushed(weir, job="node", instance="i") == {
        ("node_pushed_gauge", None): 1.5, **HISTOGRAM, ("pushed_total", None): 3}
    assert groups(weir) == ["node"]


@pytest.mark.parametrize("name, job", [("java", "java+job"), ("java_new", "java+job")],
                         ids=["simpleclient 0.8.1", "the new client"])
def test_java(weir, client, name, job):
    folder = client(name, "java", "mvn")
    run(["mvn", "-q", "compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath"], folder)
    classpath = f"target/classes:{(folder / 'classpath').read_text().strip()}"
    address = f"http://{weir.client.address}" if name == "java" else weir.client.address
    run(["java", "-cp", classpath, "Pushes", address], folder)
    (found,) = groups(weir)
    assert found in (job, "java job")
    shown = pushed(weir, job=found, path="/a b/c")
    assert {**HISTOGRAM, ("java_pushed_gauge", None): 1.5, ("pushed_total", None): 3}.items() <= shown.items()
    assert all(name.endswith("_created") for name, _ in set(shown) - set(HISTOGRAM)
               - {("java_pushed_gauge", None), ("pushed_total", None)})
