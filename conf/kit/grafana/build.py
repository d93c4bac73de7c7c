#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes dashboards/prometheus/*.json and dashboards/influxdb/*.json from what kit_boards/ says, by Grafana's published schema:

    ./fetch_sdk.sh && /usr/bin/python3 build.py [--check]

With --check nothing is written; status 1 says that a file is not what would be. The files are not edited by hand.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SDK = HERE.parents[2] / "build" / "grafana-sdk"


def made():
    """{path: text} of every dashboard."""
    sys.path[:0] = [str(HERE), str(SDK)]
    sys.dont_write_bytecode = True  # nothing but dashboards beside the sources
    from kit_boards import all_boards, back_ends, paint

    return {HERE / "dashboards" / end.folder / f"{board.name}.json": paint.text(board, end)
            for board in all_boards.BOARDS for end in back_ends.BACK_ENDS if end.name in board.ends}


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    if not (SDK / ".complete").exists():
        sys.exit("build.py: Grafana's schema is not there; ./fetch_sdk.sh fetches it")
    texts = made()
    there = set((HERE / "dashboards").rglob("*.json"))
    other = [path for path, text in texts.items() if path not in there or path.read_text() != text]
    gone = there - texts.keys()
    for path in sorted([*other, *gone]):
        print(f"{path.relative_to(HERE)}: {'is made no more' if path in gone else 'differs' if arguments else 'written'}")
        if not arguments and path not in gone:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path])
        elif not arguments:
            path.unlink()
    sys.exit(1 if arguments and (other or gone) else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
