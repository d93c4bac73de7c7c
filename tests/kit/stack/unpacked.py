# SPDX-License-Identifier: Apache-2.0
"""Debian's Alertmanager reads its default templates from where its package puts them, and has no option for it. Unpacked and not
installed, it is run from a copy in which that path is another one of the same length, below its working directory."""

import os
import pathlib
import shutil

from .tools import server

PACKAGED = "/usr/share/prometheus/alertmanager"
HERE = "././././././././packaged-templates"


def alertmanager(directory):
    """The executable to be started in `directory`."""
    executable = server("prometheus-alertmanager/usr/bin/prometheus-alertmanager")
    if pathlib.Path(PACKAGED, "default.tmpl").exists():
        return executable
    assert len(PACKAGED) == len(HERE)
    copy = executable.with_name("prometheus-alertmanager.unpacked")
    if not copy.exists() or copy.stat().st_mtime < executable.stat().st_mtime:
        made = copy.with_name(f"{copy.name}.{os.getpid()}")
        made.write_bytes(executable.read_bytes().replace(PACKAGED.encode(), HERE.encode()))
        made.chmod(0o755)
        made.rename(copy)
    root = executable.parents[2]
    shutil.copytree(f"{root}{PACKAGED}", pathlib.Path(directory, HERE), dirs_exist_ok=True)
    return copy
