# SPDX-License-Identifier: Apache-2.0
"""What weir's command line offers, as its --help tells."""

import os
import re
import subprocess


def help_of(*words):
    """Of `weir WORDS --help`: (what it says before its examples, its commands, its long options, its examples)."""
    done = subprocess.run(
        [os.environ["WEIR_BINARY"], *words, "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    said, _, examples = done.stdout.partition("\nExample")
    _, _, below = said.partition("\nSubcommands:\n")
    commands = re.findall(r"^  ([a-z]+) ", below, re.M)
    options = re.findall(r"^  (?:-[a-zA-Z],)?(--[a-z][a-z0-9-]*)", said, re.M)
    return said, commands, options, re.findall(r"^  (weir .*)$", examples, re.M)


def command_names(*words):
    return help_of(*words)[1]
