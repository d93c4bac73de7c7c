# SPDX-License-Identifier: Apache-2.0
"""The machines, by what node_exporter says and by what Telegraf says of them: two dashboards that ask the same."""

from .back_ends import Ratio, Text, growth, level, rate, total
from .boards import Board, Choice, Database, Row, graph, stat
from .metrics import node, telegraf

FULL = ((0.8, "orange"), (0.9, "red"))
PERCENT_FULL = ((80, "orange"), (90, "red"))

# ---- node_exporter ----

UNAME = node("uname_info")
CPU = node("cpu_seconds_total")
IDLE = CPU.only(mode="idle")
AVAILABLE, MEMORY = node("memory_MemAvailable_bytes"), node("memory_MemTotal_bytes")
SWAP_FREE, SWAP = node("memory_SwapFree_bytes"), node("memory_SwapTotal_bytes")
DISK = "tmpfs|ramfs|overlay|squashfs|iso9660|autofs|fuse.*"
FREE, SIZE = node("filesystem_avail_bytes"), node("filesystem_size_bytes")
INODES_FREE, INODES = node("filesystem_files_free"), node("filesystem_files")
LOOPS = "lo|veth.*|docker.*|br-.*"
RECEIVED, SENT = node("network_receive_bytes_total"), node("network_transmit_bytes_total")


def used(free, whole, by="instance"):
    return f"1 - sum by ({by}) ({free}) / sum by ({by}) ({whole})"


def disks(metric):
    """Of a metric as it is spelt: without file systems that are no disk."""
    return f'{metric[:-1]},fstype!~"{DISK}"}}'


def wires(metric):
    return f'{metric[:-1]},device!~"{LOOPS}"}}'


MOUNT = ("instance", "mountpoint")
NODES = Board(
    "hosts-node", "Hosts, by node_exporter", "Whether machines have CPU time, memory, disks and network left.",
    [
        Row("Now", [
            stat("Hosts", "Machines whose node_exporter answers.", "none", prometheus=[Text(lambda of: f"count({of(UNAME)})")],
                 fine="red", limits=((1, "green"),)),
            stat("Busiest", "CPU time in use, of the machine that has least left.", "percentunit",
                 prometheus=[Text(lambda of: f"max(1 - avg by (instance) (rate({of(IDLE)}[$__rate_interval])))")], limits=FULL),
            stat("Fullest memory", "Memory in use, of the machine that has least left.", "percentunit",
                 prometheus=[Text(lambda of: f"max({used(of(AVAILABLE), of(MEMORY))})")], limits=FULL),
            stat("Fullest disk", "Space in use, of the file system that has least left.", "percentunit",
                 prometheus=[Text(lambda of: f"max(1 - {disks(of(FREE))} / {disks(of(SIZE))})")], limits=FULL),
            stat("A disk is full in",
                 "Time until the first file system is full if it goes on as in the last hour; a year where none fills up.", "s",
                 prometheus=[Text(lambda of: f"min({disks(of(FREE))} / -(deriv({disks(of(FREE))}[1h]) < 0) < 31536000) "
                                  "or vector(31536000)")],
                 fine="red", limits=((4 * 3600, "orange"), (24 * 3600, "green"))),
            stat("Killed for want of memory", "Processes that the kernel ended in the time shown, because memory was short.", "none",
                 prometheus=[Text(lambda of: f"sum(increase({of(node('vmstat_oom_kill'))}[$__range])) or vector(0)")], decimals=0,
                 limits=((0.5, "red"),)),
        ]),
        Row("CPU and memory", [
            graph("Which host is busy?", "CPU time in use, of all the machine has.", "percentunit",
                  prometheus=[Text(lambda of: f"1 - avg by (instance) (rate({of(IDLE)}[$__rate_interval]))", ("instance",))], most=1,
                  limits=FULL),
            graph("What does the CPU do?", "CPU time by what it is used for, of all hosts chosen; without the time that it is idle.",
                  "percentunit",
                  prometheus=[Text(lambda of: f'sum by (mode) (rate({of(CPU)[:-1]},mode!="idle"}}[$__rate_interval])) '
                                   f'/ scalar(count({of(IDLE)}))', ("mode",))], stack=True),
            graph("How many wait for the CPU?", "Load of the last minute, for each processor: above 1, processes wait.", "none",
                  prometheus=[Text(lambda of: f"sum by (instance) ({of(node('load1'))}) / count by (instance) ({of(IDLE)})",
                                   ("instance",))], limits=((1, "orange"), (2, "red"))),
            graph("How full is memory?", "Memory that is not available to programs, of all.", "percentunit",
                  prometheus=[Text(lambda of: used(of(AVAILABLE), of(MEMORY)), ("instance",))], most=1, limits=FULL),
            graph("Memory left", "Memory that programs can still get.", "bytes", prometheus=[level(AVAILABLE, "instance")]),
            graph("Is swap in use?", "Swap that is in use.", "bytes",
                  prometheus=[Text(lambda of: f"sum by (instance) ({of(SWAP)} - {of(SWAP_FREE)})", ("instance",))]),
        ]),
        Row("Disks", [
            graph("How full is each file system?", "Space that is in use, of all.", "percentunit",
                  prometheus=[Text(lambda of: f"max by (instance, mountpoint) (1 - {disks(of(FREE))} / {disks(of(SIZE))})", MOUNT)],
                  most=1, limits=FULL),
            graph("Space left", "Space that programs can still get.", "bytes",
                  prometheus=[Text(lambda of: f"min by (instance, mountpoint) ({disks(of(FREE))})", MOUNT)]),
            graph("Are there inodes left?", "Inodes in use, of all: without one, no file can be made.", "percentunit",
                  prometheus=[Text(lambda of: "max by (instance, mountpoint) "
                                   f"(1 - {disks(of(INODES_FREE))} / ({disks(of(INODES))} > 0))", MOUNT)], most=1, limits=FULL),
            graph("Which disk is busy?", "Time in which the disk had something to do.", "percentunit",
                  prometheus=[rate(node("disk_io_time_seconds_total"), "instance", "device")], most=1, limits=((0.9, "red"),)),
            graph("How much is read?", "Bytes read from disks, a second.", "Bps",
                  prometheus=[rate(node("disk_read_bytes_total"), "instance", "device")]),
            graph("How much is written?", "Bytes written to disks, a second.", "Bps",
                  prometheus=[rate(node("disk_written_bytes_total"), "instance", "device")]),
        ]),
        Row("Network", [
            graph("How much is received?", "Bytes received, a second, without loopback and containers' own networks.", "Bps",
                  prometheus=[Text(lambda of: f"sum by (instance) (rate({wires(of(RECEIVED))}[$__rate_interval]))", ("instance",))]),
            graph("How much is sent?", "Bytes sent, a second, without loopback and containers' own networks.", "Bps",
                  prometheus=[Text(lambda of: f"sum by (instance) (rate({wires(of(SENT))}[$__rate_interval]))", ("instance",))]),
            graph("Is anything lost?", "TCP segments that had to be sent again, of all that were sent.", "percentunit",
                  prometheus=[Ratio(rate(node("netstat_Tcp_RetransSegs"), "instance"), rate(node("netstat_Tcp_OutSegs"), "instance"),
                                    ("instance",))], limits=((0.05, "red"),)),
        ]),
    ],
    choices=[Choice("node", "instance", "Host", UNAME, ".+")],
    database=Database("telegraf_db", "Telegraf's database", UNAME, "telegraf"), ends=("prometheus",))

# ---- Telegraf ----

SYSTEM = telegraf("system", "load1")
CPU_IDLE = telegraf("cpu", "usage_idle", cpu="cpu-total")
MEMORY_USED = telegraf("mem", "used_percent")
DISK_USED = telegraf("disk", "used_percent")
PATH = ("host", "path")
DEVICE = ("host", "name")
TELEGRAF = Board(
    "hosts-telegraf", "Hosts, by Telegraf", "Whether machines have CPU time, memory, disks and network left.",
    [
        Row("Now", [
            stat("Idlest CPU", "CPU time that is left, of the machine that has least.", "percent", level(CPU_IDLE, over="min"),
                 fine="red", limits=((10, "orange"), (20, "green"))),
            stat("Fullest memory", "Memory in use, of the machine that has least left.", "percent", level(MEMORY_USED, over="max"),
                 limits=PERCENT_FULL),
            stat("Fullest disk", "Space in use, of the file system that has least left.", "percent", level(DISK_USED, over="max"),
                 limits=PERCENT_FULL),
            stat("Least space", "Space that is left, of the file system that has least.", "bytes",
                 level(telegraf("disk", "free"), over="min"), fine="red", limits=((5e9, "orange"), (20e9, "green"))),
            stat("Last start", "Time since the machine started that did so last.", "s", level(telegraf("system", "uptime"), over="min"),
                 fine="orange", limits=((3600, "green"),)),
            stat("Killed for want of memory", "Processes that the kernel ended in the time shown, because memory was short.", "none",
                 total(telegraf("kernel_vmstat", "oom_kill")), decimals=0, limits=((0.5, "red"),)),
        ]),
        Row("CPU and memory", [
            graph("How much CPU time is left?", "CPU time in which nothing was to do.", "percent", level(CPU_IDLE, "host", over="avg"),
                  most=100),
            graph("What does the CPU do?", "CPU time by what it is used for, on average over all hosts chosen.", "percent",
                  *(level(telegraf("cpu", f"usage_{mode}", cpu="cpu-total"), over="avg", legend=mode)
                    for mode in ("user", "system", "nice", "iowait", "steal", "softirq")), stack=True),
            graph("How many wait for the CPU?", "Load of the last minute, for each processor: above 1, processes wait.", "none",
                  Ratio(level(SYSTEM, "host"), level(telegraf("system", "n_cpus"), "host"), ("host",)),
                  limits=((1, "orange"), (2, "red"))),
            graph("How full is memory?", "Memory that is in use.", "percent", level(MEMORY_USED, "host", over="max"), most=100,
                  limits=PERCENT_FULL),
            graph("Memory left", "Memory that programs can still get.", "bytes",
                  level(telegraf("mem", "available"), "host", over="min")),
            graph("Is swap in use?", "Swap that is in use.", "bytes", level(telegraf("swap", "used"), "host", over="max")),
        ]),
        Row("Disks", [
            graph("How full is each file system?", "Space that is in use.", "percent", level(DISK_USED, *PATH, over="max"), most=100,
                  limits=PERCENT_FULL),
            graph("Space left", "Space that programs can still get.", "bytes", level(telegraf("disk", "free"), *PATH, over="min")),
            graph("Are there inodes left?", "Inodes in use: without one, no file can be made.", "percent",
                  level(telegraf("disk", "inodes_used_percent"), *PATH, over="max"), most=100, limits=PERCENT_FULL),
            graph("Which disk is busy?", "Milliseconds a second in which the disk had something to do.", "ms",
                  rate(telegraf("diskio", "io_time"), *DEVICE), limits=((900, "red"),)),
            graph("How much is read?", "Bytes read from disks, a second.", "Bps", rate(telegraf("diskio", "read_bytes"), *DEVICE)),
            graph("How much is written?", "Bytes written to disks, a second.", "Bps",
                  rate(telegraf("diskio", "write_bytes"), *DEVICE)),
        ]),
        Row("Network", [
            graph("How much is received?", "Bytes received, a second.", "Bps", rate(telegraf("net", "bytes_recv"), "host", "interface")),
            graph("How much is sent?", "Bytes sent, a second.", "Bps", rate(telegraf("net", "bytes_sent"), "host", "interface")),
            graph("Is anything lost?", "Packets that were dropped, within about a minute.", "none",
                  growth(telegraf("net", "drop_in"), "host", legend="{{host}} in"),
                  growth(telegraf("net", "drop_out"), "host", legend="{{host}} out"), limits=((100, "orange"),)),
        ]),
    ],
    choices=[Choice("host", "host", "Host", SYSTEM)],
    database=Database("telegraf_db", "Telegraf's database", SYSTEM, "telegraf"))
