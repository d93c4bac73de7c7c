# SPDX-License-Identifier: Apache-2.0
"""What a new operator trips over: wrong set-ups, wrong command lines, and what weir says to them."""

import base64
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import file_sink, influx_sink, null_sink, settings

T = 1_600_000_000_000_000_000
EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "conf" / "weir.toml"


@pytest.fixture
def command(tmp_path):
    """command("config", "check", env={...}) runs weir in a directory of its own."""

    def run(*words, env=None, cwd=tmp_path):
        environment = {key: value for key, value in os.environ.items() if key != "WEIR_CONFIG"}
        return subprocess.run(
            [os.environ["WEIR_BINARY"], *map(str, words)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=cwd,
            env={**environment, **(env or {})},
            stdin=subprocess.DEVNULL,
        )

    return run


def said(done):
    return done.stdout + done.stderr


# --- no sink, and sinks that lead back


def test_without_a_sink_weir_warns_and_keeps_the_points(make_weir, command, tmp_path):
    weir = make_weir(settings(log={"keep": "5MiB"}))
    checked = command("config", "check", "--config", weir.config_path)
    assert checked.returncode == 0
    weir.start()
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    for words in (said(checked), weir.log()):
        assert "warning" in words
        for essential in ("no [[sink]]", "204", "weir-data", "log.keep = 5MiB", "oldest"):
            assert essential in words, words
    # What was kept is delivered to a sink that comes later, as the warning says.
    assert weir.stop() == 0
    weir.configure(settings(file_sink(), log={"keep": "5MiB"}))
    weir.start()
    wait_until(lambda: weir.lines_of("mydb") == [f"cpu value=1i {T}"], what="the point")
    assert "no [[sink]]" not in weir.log().split("weir ended")[-1]


@pytest.mark.parametrize("kind", ["influxdb", "remote_write"])
@pytest.mark.parametrize("key", ["listen", "quiet_listen"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "own"])
def test_a_sink_that_points_at_weir_itself_is_refused(make_weir, command, kind, key, host):
    name = socket.gethostname() if host == "own" else host
    if host == "own":
        try:
            socket.getaddrinfo(name, 8087)
        except OSError:
            pytest.skip("this machine's name has no address")
    http = {"listen": ["127.0.0.1:0"], key: ["0.0.0.0:18086" if host != "[::1]" else "[::]:18086"]}
    sink = {"name": "loop", "type": kind, "url": f"http://{name}:18086/api/v1/write"}
    weir = make_weir(settings(sink, http=http))
    checked = command("config", "check", "--config", weir.config_path)
    code, told = weir.refuses_to_start()
    for status, words in ((checked.returncode, said(checked)), (code, told)):
        assert status == 2, words
        for essential in ("loop", f"http.{key}", "weir itself", "without end"):
            assert essential in words, words


def test_the_examples_file_is_off_beside_another_sink(make_weir, command):
    text = EXAMPLE.read_text()
    sets = ['http.listen=["127.0.0.1:0"]', "sink.other.type=null"]
    weir = make_weir(text, sets)
    checked = command("config", "check", "--config", weir.config_path, "--set", sets[1])
    weir.start()
    for words in (said(checked), weir.log()):
        assert '"lines" is off' in words and "only_if_alone" in words, words
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    weir.wait_delivered(1, sink="other")
    assert weir.stop() == 0
    assert weir.lines_of("mydb", "weir-data/lines") == []
    # Asked to stay, it stays.
    weir.sets.append("sink.lines.only_if_alone=false")
    weir.start()
    assert weir.client.write(f"cpu value=2i {T}", "mydb").status == 204
    wait_until(lambda: weir.lines_of("mydb", "weir-data/lines"), what="the line")


# --- which configuration, which directory


def test_commands_look_for_a_configuration(make_weir, command, tmp_path):
    weir = make_weir(settings(null_sink(), log={"directory": str(tmp_path / "data")}))
    named = command("config", "check", env={"WEIR_CONFIG": str(weir.config_path)})
    assert named.returncode == 0
    assert f"{weir.config_path} (from WEIR_CONFIG): no mistake found" in named.stdout
    other = tmp_path / "other.toml"
    other.write_text("")
    argument = command("config", "check", "-c", other, env={"WEIR_CONFIG": str(weir.config_path)})
    assert f"{other} (--config)" in argument.stdout
    missing = command("config", "check", env={"WEIR_CONFIG": "/not/there.toml"})
    assert missing.returncode == 2
    assert "/not/there.toml" in missing.stderr and "WEIR_CONFIG" in missing.stderr
    if not pathlib.Path("/etc/weir/weir.toml").exists():
        default = command("config", "show")
        assert default.returncode == 0
        for place in ("built-in defaults", "--config", "WEIR_CONFIG", "/etc/weir/weir.toml"):
            assert place in default.stdout.splitlines()[0]


@pytest.mark.parametrize(
    "words",
    [
        ("letters", "list"),
        ("letters", "list", "--json"),
        ("letters", "stats"),
        ("letters", "show", "1"),
        ("letters", "replay"),
        ("letters", "file", "out.lp"),
        ("letters", "list", "--sink", "lines"),
        ("types", "list"),
        ("types", "forget", "mydb"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_a_directory_that_is_none_of_weirs_is_an_error(command, tmp_path, words, what):
    data = tmp_path / "elsewhere"
    if what == "empty":
        data.mkdir()
    if what == "file":
        data.write_text("")
    config = tmp_path / "weir.toml"
    config.write_text(settings(file_sink(), log={"directory": str(data)}))
    done = command(*words, "--config", config)
    assert done.returncode != 0, said(done)
    assert done.stdout == ""
    assert str(data) in done.stderr and str(config) in done.stderr, done.stderr
    if what == "empty":
        assert list(data.iterdir()) == [], "nothing was made there"
    assert not (tmp_path / "out.lp").exists()


def test_an_empty_but_right_directory_is_no_error(start_weir, command):
    weir = start_weir(settings(null_sink()))
    for words in (("letters", "list"), ("types", "list")):
        done = command(*words, "--config", weir.config_path, cwd=weir.directory)
        assert done.returncode == 0, said(done)
        assert done.stderr, "it says that there is nothing"
    log = weir.directory / "weir-data"
    done = command("letters", "list", "--directory", log)
    assert done.returncode != 0 and f"{log}/letters" in done.stderr


def test_an_unknown_sink_of_letters_is_named(command, tmp_path):
    config = tmp_path / "weir.toml"
    config.write_text(settings(influx_sink("http://127.0.0.1:1")))
    done = command("letters", "list", "--sink", "influxx", "-c", config)
    assert done.returncode == 2
    assert 'did you mean "influx"?' in done.stderr and str(config) in done.stderr


# --- the command line


@pytest.mark.parametrize(
    "words, told",
    [
        (["foo"], '"foo"'),
        (["laod"], 'did you mean "load"?'),
        (["RUN"], '"RUN"'),
        (["config"], "check, show"),
        (["config", "chek"], 'did you mean "check"?'),
        (["config", "check", "weir.toml"], "weir.toml"),
        (["letters"], "list, show"),
        (["letters", "lst"], 'did you mean "list"?'),
        (["letters", "list", "--limit", "many"], "--limit"),
        (["letters", "show"], "ID"),
        (["letters", "show", "one"], "one"),
        (["letters", "file"], "OUT"),
        (["types"], "list, forget"),
        (["types", "forget"], "DATABASE"),
        (["types", "list", "--nope"], "--nope"),
        (["run", "--confg", "x"], 'did you mean "--config"?'),
        (["run", "--config"], "--config"),
        (["--config", "x", "run"], "weir run --config"),
        (["run", "extra"], "extra"),
        (["run", "-x"], "-x"),
        (["lint", "--limit", "x"], "--limit"),
        (["lint", "--nope"], "--nope"),
        (["load", "--batch", "x"], "--batch"),
        (["lint", "--precision", "seconds"], 'did you mean "s"?'),
        (["lint", "--color", "alway"], 'did you mean "always"?'),
        (["letters", "list", "--code", "mising_fields"], 'did you mean "missing_fields"?'),
        (["letters", "list", "--since", "2 hours"], 'did you mean "2h"?'),
        (["load"], "--url"),
        (["load", "--url", "http://127.0.0.1:1/write", "--shape", "circle"], "circle"),
        (["load", "--udp", "127.0.0.1:1", "--shape", "tsb"], 'did you mean "tsbs"?'),
        (["load", "--udp", "127.0.0.1:1", "--duration", "1 min"], 'did you mean "1m"?'),
        (["load", "--udp", "127.0.0.1:1", "--ring", "64M"], 'did you mean "64MiB"?'),
        (["version", "now"], "now"),
        (["--nope"], "there is no option --nope"),
        (["--verison"], 'did you mean "--version"?'),
        (["-x"], "there is no option -x"),
        (["config", "--nope", "check"], "there is no option --nope"),
        (["--json", "lint"], "weir lint --json"),
        (["run", "-c", "a", "-c", "b"], "--config stands there twice; give it once"),
        (["--rate", "5", "load"], "weir load --rate"),
        (["letters", "--since=1h", "list"], "weir letters list --since=1h"),
        (["load", "--udp", "127.0.0.1:1", "--lines", "-1"], '--lines: "-1" is no whole number'),
        (["load", "--udp", "127.0.0.1:1", "--seed", "-1"], '"-1" is no whole number'),
        (["load", "--udp", "127.0.0.1:1", "--rate", "x"], "--rate = x is not a number"),
        (["letters", "list", "--limit", "-1"], '"-1" is no whole number'),
        (["letters", "list", "--limit", "18446744073709551616"], "is no whole number"),
        (["lint", "--limit", "-5"], '"-5" is no whole number'),
    ],
)
def test_wrong_command_lines_end_with_2_and_are_told(command, words, told):
    done = command(*words)
    assert done.returncode == 2, said(done)
    assert told in done.stderr, done.stderr
    assert done.stdout == ""


def commands(command, *path):
    """All commands, and those below them."""
    listed = command(*path, "--help").stdout.partition("Subcommands:\n")[2]
    for line in listed.splitlines():
        if not line.startswith("  ") or line.startswith("   "):
            if not line.strip():
                break
            continue
        name = line.split()[0]
        yield (*path, name)
        yield from commands(command, *path, name)


def test_every_help_has_an_example(command):
    seen = list(commands(command))
    assert ("letters", "replay") in seen and ("load",) in seen and len(seen) >= 14
    for words in seen:
        done = command(*words, "--help")
        assert done.returncode == 0
        example = done.stdout.partition("Example")[2]
        assert re.search(rf"\bweir {' '.join(words)}\b", example), (words, done.stdout)
        assert command("help", *words).stdout == done.stdout


def test_weir_alone_helps(command):
    done = command()
    assert done.returncode == 0
    assert "letters" in done.stdout and "Examples" in done.stdout
    assert command("--help").stdout == done.stdout
    assert command("-V").stdout == command("--version").stdout
    assert re.fullmatch(r"weir \d+\.\d+\.\d+\n", command("-V").stdout)
    assert command("version").stdout.startswith(command("-V").stdout.strip())


# --- what keeps weir from starting


def refused(make_weir, *sinks, sets=(), limit=None, **tables):
    """What weir says when it does not start with such settings."""
    weir = make_weir(settings(*(sinks or [null_sink()]), **tables), sets)
    if limit is not None:
        command = weir.command
        weir.command = lambda: ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *command()]
    code, told = weir.refuses_to_start()
    assert code == 1, told
    fatal = [line for line in told.splitlines() if "FATAL" in line]
    assert len(fatal) == 1, told
    assert str(weir.config_path) in fatal[0]
    return fatal[0]


def expect(told, *essentials):
    for essential in essentials:
        assert essential in told, (essential, told)


def test_directories_that_cannot_be_used(make_weir, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for key in ("log.directory", "letters.directory"):
        section, name = key.split(".")
        for path, why in (
            ("/proc/nope", "cannot be made in /proc"),
            (str(file), f"{file} is a file"),
            (f"{file}/below", f"{file} is a file"),
        ):
            told = refused(make_weir, **{section: {name: path}})
            expect(told, key, path, why, f"set {key} to another directory")
    told = refused(make_weir, file_sink("lines", "/proc/nope"))
    expect(told, 'sink "lines"', "sink.directory", "set sink.directory to another directory")
    sink = influx_sink("http://127.0.0.1:1", refused_directory=str(file))
    expect(refused(make_weir, sink), 'sink "influx"', "sink.refused_directory", f"{file} is a file")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a directory to another user")
def test_a_directory_of_another_user(make_weir, tmp_path):
    # The other user may look at the way there.
    for each in (tmp_path, *tmp_path.parents[:3]):
        each.chmod(each.stat().st_mode | 0o055)
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    weir = make_weir(settings(null_sink(), log={"directory": str(data)}))
    for each in (weir.directory, weir.config_path):
        os.chown(each, 65534, 65534)
    command = weir.command
    weir.command = lambda: [
        "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command()
    ]
    code, told = weir.refuses_to_start()
    assert code == 1
    expect(told, "log.directory", f"{data} belongs to user root", "chown", "another directory")
    # A file in it that root left behind, as after `sudo weir run`.
    os.chown(data, 65534, 65534)
    (data / "types").write_text("")
    (data / "types").chmod(0o600)
    code, told = weir.refuses_to_start()
    assert code == 1
    expect(told, f"{data}/types belongs to user root", "chown")


def test_a_log_that_another_weir_holds(start_weir, make_weir, tmp_path):
    shared = {"directory": str(tmp_path / "shared")}
    first = start_weir(settings(null_sink(), log=shared))
    told = refused(make_weir, log=shared)
    expect(told, "log.directory", f"process {first.pid} (weir)", "stop that one")


def test_a_state_file_that_is_none(start_weir, tmp_path):
    """It keeps nobody's points out."""
    (tmp_path / "databases").write_text("junk\n")
    weir = start_weir(settings(null_sink(), log={"directory": str(tmp_path)}))
    assert f"{tmp_path}/databases is no list of databases: it is now" in weir.log()
    assert (tmp_path / "databases.damaged").read_text() == "junk\n"
    assert weir.client.write("cpu v=1", "db").status == 204


def test_addresses_that_cannot_be_taken(make_weir, tmp_path):
    expect(
        refused(make_weir, http={"listen": ["192.0.2.1:8086"]}),
        "http.listen: cannot listen on 192.0.2.1:8086",
        "no address 192.0.2.1",
        "0.0.0.0",
    )
    expect(refused(make_weir, http={"quiet_listen": ["192.0.2.1:8086"]}), "http.quiet_listen: ")
    expect(
        refused(make_weir, http={"listen": ["no-such-host.invalid:8086"]}),
        "http.listen",
        "no-such-host.invalid",
        "127.0.0.1",
    )
    expect(
        refused(make_weir, http={"listen": [f"unix:{tmp_path}/nowhere/x"]}),
        "http.listen",
        f"make the directory {tmp_path}/nowhere",
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        expect(
            refused(make_weir, http={"listen": [address]}),
            f"http.listen: cannot listen on {address}",
            f"process {os.getpid()}",
            "set another address",
        )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        weir = make_weir(
            settings(null_sink()) + f'\n[[udp]]\nlisten = "{address}"\ndatabase = "x"\n'
        )
        code, told = weir.refuses_to_start()
        assert code == 1
        expect(told, "udp.listen", address, f"process {os.getpid()}")


def test_a_file_in_the_place_of_a_unix_socket_is_left_alone(make_weir, tmp_path):
    file = tmp_path / "precious"
    file.write_text("content")
    told = refused(make_weir, http={"listen": [f"unix:{file}"]})
    expect(told, "http.listen", str(file), "remove it")
    assert file.read_text() == "content"


def test_a_unix_socket_in_use_names_its_process(start_weir, make_weir, tmp_path):
    http = {"listen": [f"unix:{tmp_path}/s", "127.0.0.1:0"]}
    weir = make_weir(settings(null_sink(), http=http))
    weir.launch(weir.command())
    wait_until(lambda: "listens on" in weir.log(), what="the first")
    expect(refused(make_weir, http=http), "http.listen", f"process {weir.pid} (weir)")


def test_too_few_descriptors(make_weir):
    expect(refused(make_weir, limit=24), "open files is 24", "ulimit -n", "LimitNOFILE")


def test_fewer_descriptors_than_connections_are_warned_of(make_weir):
    weir = make_weir(settings(null_sink(), http={"connections": 1000}))
    command = weir.command
    weir.command = lambda: ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh", *command()]
    weir.start()
    expect(weir.log(), "open files is 300", "http.connections = 1000", "LimitNOFILE")


def test_a_file_for_announce_that_cannot_be_made(make_weir):
    weir = make_weir(settings(null_sink()))
    weir.announce_path = "/proc/nope/announce"
    code, told = weir.refuses_to_start()
    assert code == 1
    expect(told, "FATAL", "--announce", "/proc/nope/announce", "may write to")


# --- metrics


def test_metrics_say_what_runs_and_what_it_uses(start_weir, command):
    began = time.time()
    weir = start_weir(settings(null_sink()))
    metrics = weir.metrics()
    text = weir.client.get("/metrics").text()
    (build,) = re.findall(r"^weir_build_info\{(.*)\} 1$", text, re.M)
    version = command("-V").stdout.split()[1]
    expect(build, f'version="{version}"', 'kernel="', 'compiler="')
    kernel = command("version").stdout.partition("kernel: ")[2].rstrip(")\n")
    assert f'kernel="{kernel}"' in build
    started = metrics.sum("process_start_time_seconds")
    assert began - 2 < started < time.time() + 1
    assert metrics.sum("process_threads") == len(os.listdir(f"/proc/{weir.pid}/task"))
    assert 0 < metrics.sum("process_open_fds") < metrics.sum("process_max_fds")
    assert 0 <= metrics.sum("process_cpu_seconds_total") < 60
    status = pathlib.Path(f"/proc/{weir.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024
    assert 0.5 * resident < metrics.sum("process_resident_memory_bytes") < 2 * resident
    assert metrics.sum("process_virtual_memory_bytes") > resident
    for name in ("cpu_seconds_total", "open_fds", "resident_memory_bytes"):
        assert f"# TYPE process_{name} " in text
    again = weir.metrics().sum("process_start_time_seconds")
    assert again == started


# --- the first line


def test_the_start_says_what_an_operator_wants_to_know(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url), null_sink("gone")))
    (first,) = [line for line in weir.log().splitlines() if " runs: " in line]
    for essential in (
        str(weir.config_path),
        str(weir.directory / "weir-data"),
        "new",
        f"influx (influxdb {influxd.url}, 0 points pending)",
        "gone (null",
    ):
        assert essential in first, first
    influxd.kill()
    assert weir.client.write(f"cpu value=1i {T}\ncpu value=2i {T + 1}", "mydb").status == 204
    weir.kill()
    weir.start()
    last = [line for line in weir.log().splitlines() if " runs: " in line][-1]
    assert "1 frames" in last and "2 points pending" in last, last


def test_what_is_learnt_first_is_told(influxd, start_weir):
    influxd.query('CREATE DATABASE "kept" WITH DURATION 1h NAME "hour"')
    influxd.client.write("cpu usage=1.5,cores=8i", "kept")
    weir = start_weir(
        settings(
            influx_sink(influxd.url, learn_every="100ms"),
            databases={"kept": {"learn_from": "influx", "retention": "learn"}},
        )
    )
    told = ": learnt of "
    wait_until(lambda: told in weir.log(), what="the line")
    (line,) = [each for each in weir.log().splitlines() if told in each]
    for essential in ("sink influx", "kept: 1", " retention policies, 2 types"):
        assert essential in line, line
    before = weir.metrics().sum("weir_learn_questions_total")
    wait_until(
        lambda: weir.metrics().sum("weir_learn_questions_total") > before + 4, what="further rounds"
    )
    assert weir.log().count(told) == 1, "once"


# --- secrets


def test_secrets_are_hidden_everywhere(start_weir, command):
    secret = "hunter2-hunter2"

    def repeats_what_it_was_sent(path, params, lines):
        return 401, {}, lambda head: head + b" " + secret.encode()

    with Scripted(repeats_what_it_was_sent) as server:
        sinks = [
            influx_sink(server.url, username="me", password=secret),
            influx_sink(
                f"{server.url}/x",
                "prometheus",
                type="remote_write",
                token=secret,
                headers=[f"X-Api-Key: {secret}", f"Cookie: a={secret}", "X-Scope-OrgID: team"],
            ),
        ]
        weir = start_weir(settings(*sinks))
        assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
        for sink in ("influx", "prometheus"):
            wait_until(
                lambda: f"sink {sink}: mydb is held" in weir.log(), what="the refusal in the journal"
            )
    shown = command("config", "show", "--config", weir.config_path)
    assert shown.returncode == 0
    assert "X-Scope-OrgID: team" in shown.stdout and "X-Api-Key: ***" in shown.stdout
    metrics = weir.client.get("/metrics").text()
    encoded = base64.b64encode(f"me:{secret}".encode()).decode()
    assert "Authorization: Basic ***" in weir.log()
    for words in (shown.stdout, weir.log(), metrics):
        assert secret not in words and encoded not in words


def test_secrets_are_hidden_in_what_load_says(command):
    done = command("load", "--url", "https://127.0.0.1/write?db=a&u=me&p=hunter2")
    assert done.returncode == 2 and "hunter2" not in said(done) and "127.0.0.1" in done.stderr
    done = command(
        "load", "--url", "http://127.0.0.1:1/write?db=a&p=hunter2", "--header", "Authorization hunter2"
    )
    assert done.returncode == 2 and "hunter2" not in said(done)
    done = command("load", "--url", "http://me:hunter2@127.0.0.1:1/write?db=a")
    assert done.returncode == 2 and "hunter2" not in said(done)
