# SPDX-License-Identifier: Apache-2.0
"""`./dev kit`: starts what is around weir (conf/kit) with weir in its middle, all on loopback, says where everything is, prints the
alerts that come, and ends everything at Ctrl-C or when one of them dies."""

import argparse
import os
import pathlib
import shlex
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "integration", HERE.parent / "flink"):
    sys.path.insert(0, str(folder))

from harness.process import ProcessFailed  # noqa: E402
from stack.kit import Kit, Refused  # noqa: E402

ROWS = (("weir", "its status page", "/"), ("prometheus", "its alerts", "/classic/alerts"), ("alertmanager", "what fires", "/"),
        ("influxdb", "for queries", ""), ("node", "this machine", "/metrics"))


class Ended(Exception):
    pass


def end(*_):
    raise Ended


def shown(path):
    """As seen from here, where that is shorter; for a shell."""
    return shlex.quote(os.path.relpath(path) if pathlib.Path(path).is_relative_to(pathlib.Path.cwd()) else str(path))


def say_what_runs(kit):
    print("\nThe kit runs; Ctrl-C ends it.\n")
    for name, what, path in ROWS:
        print(f"  {name:13} {kit.parts[name].url}{path:16} {what}")
    if kit.displaced:
        print(f"\n  The usual ports of {', '.join(kit.displaced)} are in use by others.")
    where = shown(kit.directory)
    print(f"\n  configuration, data and logs    {where}/\n  alerts are printed here, and kept in {where}/alerts/alerts.jsonl\n")


def say_what_to_try(kit):
    where = shown(kit.directory)
    print(f"""Try, from a second terminal in {os.getcwd()} (docs/tutorial.md goes on from here):
  . {where}/addresses
  curl -i "$WEIR/write?db=mydb" --data-binary 'cpu,host=a usage=1.5'
  curl -i "$WEIR/write?db=mydb" --data-binary 'cpu,host=a usage='
  {os.environ['WEIR_SHOWN_BINARY']} letters list""")
    if kit.flink:
        print(f"""  kill -9 $(cat {where}/flink/tm2.pid)      # an alert within a minute
  {where}/flink/start-tm2                  # and all is well again""")
    else:
        print("""  python3 conf/kit/tools/standin.py         # a job, or what looks like one (./dev kit --flink has a real one)""")
    print(flush=True)


class Follower:
    """What is new in a file."""

    def __init__(self, path):
        self.path = path
        self.at = path.stat().st_size

    def show(self):
        with open(self.path, encoding="utf-8", errors="replace") as log:
            log.seek(self.at)
            text = log.read()
            self.at = log.tell()
        if text:
            print(text, end="", flush=True)


def watch(kit, seconds):
    """Until time is up (0) or one dies (1)."""
    alerts = Follower(kit.parts["alerts"].log_path)
    deadline = time.monotonic() + seconds if seconds else None
    while deadline is None or time.monotonic() < deadline:
        alerts.show()
        if dead := kit.dead():
            print(f"\n{dead.name} ended with status {dead.process.returncode}; the kit ends with it. Its log ({shown(dead.log_path)}) ends so:\n"
                  f"{dead.tail(20)}", file=sys.stderr)
            return 1
        time.sleep(0.2)
    return 0


def main():
    parser = argparse.ArgumentParser(prog="./dev kit", description=__doc__)
    parser.add_argument("--directory", default="build/kit", help="what it writes; removed at the next start (build/kit)")
    parser.add_argument("--any-ports", action="store_true", help="other ports than the usual ones (8086, 9090, ...)")
    parser.add_argument("--stop-after", type=float, default=0, metavar="SECONDS", help="ends by itself")
    parser.add_argument("--flink", action="store_true", help="a real Flink with a job, besides; it is fetched, some 300 MB")
    parser.add_argument("--flink-directory", help=argparse.SUPPRESS)  # where ./dev has unpacked it
    parser.add_argument("--only-arguments", action="store_true", help=argparse.SUPPRESS)  # are they right? before anything is built
    options = parser.parse_args()
    if options.only_arguments:
        return 0
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        kit = Kit(pathlib.Path(options.directory).absolute(), options.any_ports or os.environ.get("WEIR_KIT_PORTS") == "any")
    except Refused as refusal:
        print(f"dev: {refusal}", file=sys.stderr)
        return 1
    status = 0
    try:
        kit.start(lambda part: print(f"  {part.name} is ready at {part.url}", flush=True))
        if options.flink_directory:
            from stack import flink
            print("  starting Flink, which takes a while", flush=True)
            flink.start(kit, options.flink_directory)
        say_what_runs(kit)
        say_what_to_try(kit)
        status = watch(kit, options.stop_after)
    except ProcessFailed as failure:
        print(f"dev: {failure}", file=sys.stderr)
        status = 1
    except Ended:
        print()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ending the kit", flush=True)
        kit.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
