# SPDX-License-Identifier: Apache-2.0
"""The file of field types: bounded, whatever names are sent; and whole, whenever weir is killed."""

import gzip
import random
import subprocess
import threading

from harness.process import wait_until
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000
KIB = 1 << 10
MIB = 1 << 20
LIMIT = 64 * KIB
# The file may hold four times limits.types, and its first line.
FILE_LIMIT = 4 * LIMIT + 13


def listed_fields(weir):
    answer = subprocess.run(
        [weir.executable, "types", "list", "--config", str(weir.config_path)],
        cwd=weir.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {line.split("\t")[2] for line in answer.stdout.splitlines()}


def data_directory(weir):
    (found,) = weir.directory.glob("*/segments")
    return found.parent


def types_path(weir):
    return data_directory(weir) / "types"


def test_long_names_use_up_the_limit_and_no_more(start_weir):
    weir = start_weir(settings(file_sink(), limits={"types": "64KiB"}))
    before = weir.rss_bytes()
    for number in range(20):
        # 8 MB of different field names in some kilobytes.
        lines = [f"m f{number}_{n}{'x' * 40_000}=1 {T + n}" for n in range(200)]
        answer = weir.client.write(
            gzip.compress("\n".join(lines).encode()), "mydb", {"Content-Encoding": "gzip"}
        )
        assert answer.status == 204, answer.text()
        assert types_path(weir).stat().st_size <= FILE_LIMIT
    # A field without a type takes any value.
    field = "y" * 50_000
    assert weir.client.write(f"m {field}=1 {T}\nm {field}=t {T + 1}", "mydb").status == 204
    metrics = weir.metrics()
    unchecked = metrics.one("weir_lines_noted_total", database="mydb", reason="type_unchecked")
    assert unchecked > 3900
    assert metrics.one("weir_types_file_bytes") == types_path(weir).stat().st_size
    assert metrics.one("weir_types_file_limit_bytes") == 4 * LIMIT
    told = [line for line in weir.log().splitlines() if "limits.types is used up" in line]
    assert len(told) == 1
    assert '"mydb"' in told[0]
    # Neither the names nor their records stay in memory.
    assert weir.rss_bytes() - before < (200 if weir.sanitized() else 100) * MIB
    # What is known, is known over a restart; what is not, is not.
    known = listed_fields(weir)
    weir.restart(kill=True)
    assert listed_fields(weir) == known
    first = min(known)
    assert weir.client.write(f"m {first}=t {T}", "mydb").status == 400


def inflate(path, times):
    """What an earlier version could leave: records that stand for nothing, without a bound."""
    text = path.read_bytes()
    head, records = text.split(b"\n", 1)
    with path.open("wb") as file:
        file.write(head + b"\n")
        for number in range(times):
            file.write(records)
            file.write(b"+\tmydb\tm\tdamaged%d\n" % number)


def write_fields(weir, names):
    line = ",".join(f"{name}=1i" for name in names)
    assert weir.client.write(f"m {line} {T}", "mydb").status == 204


def test_an_oversized_file_is_compacted_while_weir_runs(start_weir):
    weir = start_weir(settings(file_sink(), limits={"types": "1MiB"}))
    names = [f"field_{number}" for number in range(2000)]
    write_fields(weir, names)
    weir.stop()
    inflate(types_path(weir), 300)
    assert types_path(weir).stat().st_size > 20 * MIB
    weir.start(60)
    # From the first moment on types are known and kept.
    assert weir.client.write(f"m field_7=t {T}", "mydb").status == 400
    write_fields(weir, ["meanwhile"])
    wait_until(lambda: types_path(weir).stat().st_size < MIB, 60, "a new file", weir.must_be_alive)
    write_fields(weir, ["afterwards"])
    metrics = weir.metrics()
    assert metrics.one("weir_types_file_lost_records_total", reason="damaged") == 300
    assert metrics.one("weir_types_file_lost_records_total", reason="limit") == 0
    if not weir.sanitized():
        assert weir.peak_rss_bytes() < 80 * MIB
    expected = {*names, "meanwhile", "afterwards"}
    assert listed_fields(weir) == expected
    weir.restart()
    assert listed_fields(weir) == expected
    assert not list(data_directory(weir).glob("*.new"))


def test_kill_9_while_a_new_file_is_made(make_weir):
    """Killed at any moment of it, no type whose line was answered 204 is lost."""
    random_ = random.Random(20200913)
    weir = make_weir(settings(file_sink(), limits={"types": "1MiB"})).start()
    known = {f"field_{number}" for number in range(2000)}
    write_fields(weir, sorted(known))
    killed_in_the_midst = 0
    for round_ in range(6):
        wait_until(
            lambda: types_path(weir).stat().st_size < MIB, 60, "a new file", weir.must_be_alive
        )
        weir.stop()
        inflate(types_path(weir), 400)
        weir.start(60)
        beside = data_directory(weir) / "types.new"
        for number in range(20):
            name = f"round_{round_}_{number}"
            write_fields(weir, [name])
            known.add(name)
            if number == round_ * 2:
                # Time is the subject here: at the beginning, in the midst, at the end.
                threading.Event().wait(random_.uniform(0.0, 0.15))
        weir.kill()
        killed_in_the_midst += beside.exists()
        assert listed_fields(weir) == known
        weir.start(60)
        assert weir.client.write(f"m {random_.choice(sorted(known))}=t {T}", "mydb").status == 400
    print(f"killed while a new file was being made: {killed_in_the_midst} times")
    wait_until(lambda: types_path(weir).stat().st_size < MIB, 60, "a new file", weir.must_be_alive)
    assert listed_fields(weir) == known
    assert weir.stop() == 0


def test_a_file_of_something_else_is_set_aside(make_weir):
    weir = make_weir(settings(file_sink())).start()
    write_fields(weir, ["before"])
    weir.stop()
    junk = b"key = 1\n" * 50
    types_path(weir).write_bytes(junk)
    listed = subprocess.run(
        [weir.executable, "types", "list", "--config", str(weir.config_path)],
        cwd=weir.directory, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "50 damaged record(s)" in listed.stderr
    weir.start()
    (told,) = [line for line in weir.log().splitlines() if "types.damaged" in line]
    assert " error " in told and "50 damaged record(s)" in told
    assert (data_directory(weir) / "types.damaged").read_bytes() == junk
    write_fields(weir, ["after"])
    weir.restart()
    assert listed_fields(weir) == {"after"}
    assert len([line for line in weir.log().splitlines() if "types.damaged" in line]) == 1
