# SPDX-License-Identifier: Apache-2.0
"""Icinga 2 with its InfluxdbWriter, which speaks HTTP/1.0: it is given results of checks with data of performance."""

import getpass
import grp
import os
import pathlib
import time

from driver import DATABASE, HOST, PORT, serve
from process import TOOL, start

INCLUDE = pathlib.Path(TOOL.partition("/icinga2-bin/")[0], "icinga2-common/usr/share/icinga2/include")
CONFIGURATION = f"""
const NodeName = "here"
const ZoneName = "here"
library "perfdata"
object IcingaApplication "app" {{}}
object Endpoint "here" {{}}
object Zone "here" {{ endpoints = [ "here" ] }}
object CheckCommand "points" {{ command = [ "/bin/true" ] }}
object Host "source" {{
  check_command = "points"
  enable_active_checks = false
}}
object ExternalCommandListener "command" {{ command_path = "{os.getcwd()}/command" }}
object InfluxdbWriter "influxdb" {{
  host = "{HOST}"
  port = {PORT}
  database = "{DATABASE}"
  flush_interval = 1s
  host_template = {{
    measurement = "$host.check_command$"
    tags = {{ hostname = "$host.name$" }}
  }}
}}
"""


class Client:
    def __init__(self):
        pathlib.Path("icinga2.conf").write_text(CONFIGURATION, encoding="utf-8")
        user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        constants = {"IncludeConfDir": INCLUDE, "RunAsUser": user, "RunAsGroup": group}
        for name in ("ConfigDir", "DataDir", "LogDir", "InitRunDir", "SpoolDir", "CacheDir"):
            constants[name] = pathlib.Path(name).absolute()
            (constants[name] / "icinga2").mkdir(parents=True)
        start("daemon", "-c", "icinga2.conf", *(f"-D{name}={value}" for name, value in constants.items()))

    def connect(self):
        for _ in range(400):
            if pathlib.Path("command").exists():
                return
            time.sleep(0.05)
        raise TimeoutError("icinga2 has no command pipe")

    def write(self, points):
        for at in range(0, len(points), 500):
            numbers = [point["fields"]["integer"] for point in points[at : at + 500]]
            data = " ".join(f"'{number}'={number + 0.5}" for number in numbers)
            with open("command", "w", encoding="utf-8") as command:
                command.write(f"[{int(time.time())}] PROCESS_HOST_CHECK_RESULT;source;0;OK|{data}\n")


serve(Client())
