# SPDX-License-Identifier: Apache-2.0
"""How a client's program is made ready: its packages come from their registry by name and version, into build/clients.
What was made there is used again until the sources or versions change. What is missing is said by `Missing`."""

import hashlib
import inspect
import os
import pathlib
import shutil
import subprocess

PROGRAMS = pathlib.Path(__file__).parents[1] / "programs"
ROOT = pathlib.Path(__file__).parents[3]
CACHE = pathlib.Path(os.environ.get("WEIR_CLIENTS_CACHE", ROOT / "build/clients"))
SERVERS = pathlib.Path(os.environ.get("WEIR_SERVERS", ROOT / "build/servers"))
BUILD_SECONDS = 900


class Missing(Exception):
    """A toolchain or a package is not to be had here: the reason that the test is skipped with."""


def need(tool, *others):
    """The first of these that there is."""
    for each in (tool, *others):
        if (found := shutil.which(each)) is not None:
            return found
    raise Missing(f"{tool} is not installed")


def run(command, folder, registry=False):
    """`registry`: it takes packages from a registry, and its failure means that they are not to be had."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True,
                              timeout=BUILD_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Missing(f"{command[0]} took more than {BUILD_SECONDS} s") from None
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 and registry:
        lines = said.splitlines() or ["it said nothing"]
        telling = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise Missing(f"{pathlib.Path(command[0]).name} could not get {command[-1]}: {telling[:200]}")
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said[-4000:]}"


class Recipe:
    """`packages` as the registry spells them with their versions; `sources` relative to programs/, the last one is the
    client's own."""

    def __init__(self, sources, packages):
        self.sources = [PROGRAMS / each for each in sources]
        self.packages = packages

    def ready(self):
        """The folder, made if it is not there as it should be. Clients of the same sources and packages share it."""
        self.check()
        told = hashlib.sha256((repr(self.packages) + inspect.getsource(type(self)) + POM).encode())
        for source in self.sources:
            told.update(source.read_bytes())
        folder = CACHE / f"{self.sources[-1].parent.name}_{self.sources[-1].stem}_{told.hexdigest()[:16]}"
        if (folder / ".complete").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for source in self.sources:
            place = folder / self.placed(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
        self.make(folder)
        (folder / ".complete").touch()  # last: what was interrupted is made again
        return folder

    def placed(self, source):
        return source.name

    def check(self):
        """Raises Missing where a tool is not there."""


class Python(Recipe):
    def check(self):
        self.python = need("/usr/bin/python3", "python3")

    def make(self, folder):
        try:
            run([self.python, "-m", "venv", folder / "venv"], folder)
        except AssertionError:
            raise Missing("python3 has no venv") from None
        pip = [folder / "venv/bin/pip", "install", "-q", "--disable-pip-version-check"]
        run([*pip, *self.packages], folder, registry=True)

    def command(self, folder):
        return [folder / "venv/bin/python", folder / self.sources[-1].name]


class Go(Recipe):
    def check(self):
        need("go")

    def make(self, folder):
        run(["go", "mod", "init", "weir.test/client"], folder)
        for package in self.packages:
            run(["go", "get", package], folder, registry=True)
        # Not tidied: that would fetch what only the tests of its packages need.
        run(["go", "build", "-mod=mod", "-o", "client", "."], folder, registry=True)

    def command(self, folder):
        return [folder / "client"]


class Node(Recipe):
    def check(self):
        need("node")
        need("npm")

    def make(self, folder):
        (folder / "package.json").write_text('{"name": "client", "private": true}\n')
        run(["npm", "install", "--no-audit", "--no-fund", "--save-exact", *self.packages], folder, registry=True)

    def command(self, folder):
        return [need("node"), folder / self.sources[-1].name]


POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>weir.test</groupId>
  <artifactId>client</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>{dependencies}
  </dependencies>
</project>
"""
DEPENDENCY = """
    <dependency><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version></dependency>"""


class Maven(Recipe):
    """Packages are GROUP:ARTIFACT:VERSION."""

    def check(self):
        need("java")
        need("mvn")

    def placed(self, source):
        return f"src/main/java/{source.name}"

    def make(self, folder):
        dependencies = "".join(DEPENDENCY.format(*package.split(":")) for package in self.packages)
        (folder / "pom.xml").write_text(POM.format(dependencies=dependencies))
        build = ["mvn", "-q", "-B"]
        run([*build, "dependency:build-classpath", "-Dmdep.outputFile=classpath"], folder, registry=True)
        run([*build, "compile"], folder)

    def command(self, folder):
        classpath = f"{folder / 'target/classes'}:{(folder / 'classpath').read_text().strip()}"
        # influxdb3-java has Arrow in it, which reaches into java.nio.
        opened = "--add-opens=java.base/java.nio=ALL-UNNAMED"
        return [need("java"), "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Dfile.encoding=UTF-8", opened, "-cp", classpath,
                self.sources[-1].stem]


class Cargo(Recipe):
    """Packages are lines of [dependencies]."""

    def check(self):
        need("cargo")

    def placed(self, source):
        return f"src/{'main.rs' if source == self.sources[-1] else source.name}"

    def make(self, folder):
        head = '[package]\nname = "client"\nversion = "0.0.1"\nedition = "2021"\n\n[dependencies]\n'
        (folder / "Cargo.toml").write_text(head + "\n".join(self.packages) + "\n\n[workspace]\n")
        run(["cargo", "fetch", "-q"], folder, registry=True)
        # One for all: what they need is built once.
        run(["cargo", "build", "-q", "--target-dir", CACHE / "cargo"], folder)
        shutil.copy(CACHE / "cargo/debug/client", folder)

    def command(self, folder):
        return [folder / "client"]


DEBIAN_DRIVER = ("python/driver.py", "debian/process.py")


class Debian(Recipe):
    """A program of Debian's, which tests/servers/fetch.sh unpacked, driven by a Python program here. `packages`: its own,
    then those of the libraries that it needs besides; `path` may have a star where an architecture's name stands."""

    def __init__(self, source, packages, path):
        super().__init__([*DEBIAN_DRIVER, source], packages)
        self.path = f"{packages[0]}/{path}"

    def check(self):
        found = sorted(SERVERS.glob(self.path))
        if not found or not os.access(found[0], os.X_OK):
            raise Missing(f"{self.packages[0]} is not unpacked: run tests/servers/fetch.sh {' '.join(self.packages)}")
        self.tool = found[0]
        self.libraries = ":".join(str(each) for name in self.packages for each in SERVERS.glob(f"{name}/usr/lib/*-linux-gnu"))
        looked = subprocess.run(["ldd", self.tool], capture_output=True, text=True, check=False,
                                env={**os.environ, "LD_LIBRARY_PATH": self.libraries})
        if "not found" in looked.stdout:
            raise Missing(f"{self.packages[0]} lacks libraries: {' '.join(looked.stdout.split())}")

    def make(self, folder):
        pass

    def command(self, folder):
        return ["/usr/bin/env", f"CLIENT_TOOL={self.tool}", f"LD_LIBRARY_PATH={self.libraries}",
                need("/usr/bin/python3", "python3"), folder / self.sources[-1].name]


class Installed(Debian):
    """A program that the system has."""

    def __init__(self, source, tool):
        Recipe.__init__(self, [*DEBIAN_DRIVER, source], [tool])

    def check(self):
        self.tool, self.libraries = need(self.packages[0]), ""


class DebianRuby(Recipe):
    """A library of Debian's for the system's Ruby."""

    def check(self):
        self.ruby = need("ruby")
        run([self.ruby, "-e", f"require '{self.packages[0]}'"], pathlib.Path("/"), registry=True)

    def make(self, folder):
        pass

    def command(self, folder):
        return [self.ruby, folder / self.sources[-1].name]
