# SPDX-License-Identifier: Apache-2.0
"""Is the cluster there, has it room, which jobs does it run? What is particular to one job is in flink_job.py."""

from .back_ends import Ratio, growth, level, total
from .boards import Board, Choice, Database, Note, Row, graph, stat
from .metrics import flink, meter

RUNNING = flink("jobmanager_numRunningJobs")
TASK_MANAGERS = flink("jobmanager_numRegisteredTaskManagers")
SLOTS_FREE = flink("jobmanager_taskSlotsAvailable")
SLOTS = flink("jobmanager_taskSlotsTotal")
RESTARTS = flink("jobmanager_job_numRestarts")
FAILED = flink("jobmanager_job_numberOfFailedCheckpoints")

DATABASE = Database("flink_db", "Flink's database", RUNNING, "flink")
NOTES = [Note("Restarted", "red", RESTARTS, "job_name"), Note("Checkpoint failed", "orange", FAILED, "job_name")]

HEAP_USED = flink("taskmanager_Status_JVM_Memory_Heap_Used")
HEAP_MOST = flink("taskmanager_Status_JVM_Memory_Heap_Max")
JOB_MANAGER_USED = flink("jobmanager_Status_JVM_Memory_Heap_Used")
JOB_MANAGER_MOST = flink("jobmanager_Status_JVM_Memory_Heap_Max")
TO_JOB = ("flink-job", "job", "job_name")


def share(part, whole, label):
    """How full it is: InfluxQL cannot divide these, and shows both."""
    legend = f"{{{{{label}}}}}"
    return {"prometheus": [Ratio(level(part, label), level(whole, label), (label,))],
            "influxdb": [level(part, label, over="max", legend=f"{legend} used"),
                         level(whole, label, over="max", legend=f"{legend} at most")],
            "units": {"influxdb": "bytes"}}


CLUSTER = Board(
    "flink-cluster", "Flink cluster", "Whether a Flink cluster is there, has room, and which jobs it runs.",
    [
        Row("Now", [
            stat("Running jobs", "Jobs that the JobManager runs at this moment.", "none", level(RUNNING), fine="red",
                 limits=((1, "green"),)),
            stat("TaskManagers", "TaskManagers that are registered.", "none", level(TASK_MANAGERS), fine="red",
                 limits=((1, "green"),)),
            stat("Free task slots", "Slots that no task has: without one, a job that restarts finds no place.", "none",
                 level(SLOTS_FREE), fine="orange", limits=((1, "green"),)),
            stat("Task slots", "Slots of all TaskManagers that are registered.", "none", level(SLOTS), fine="red",
                 limits=((1, "green"),)),
            stat("Restarts", "Restarts of all jobs in the time shown.", "none", total(RESTARTS), decimals=0,
                 limits=((0.5, "orange"), (3, "red"))),
            stat("Failed checkpoints", "Checkpoints of all jobs that failed in the time shown.", "none", total(FAILED), decimals=0,
                 limits=((0.5, "orange"), (3, "red"))),
        ]),
        Row("Jobs", [
            graph("How long has each job been running?", "Time since the job last began to run; it falls to 0 with a restart.",
                  "dtdurationms", level(flink("jobmanager_job_runningTime"), "job_name", over="max"), leads_to=TO_JOB),
            graph("Which job restarts?", "Restarts within about a minute, of each job.", "none", growth(RESTARTS, "job_name"),
                  decimals=0, limits=((1, "red"),), leads_to=TO_JOB),
            graph("Are there task slots?", "Slots that are free, and all.", "none", level(SLOTS_FREE, legend="free"),
                  level(SLOTS, legend="all")),
            graph("How many records does each job pass on?", "Records that all tasks of a job gave to the next one, a second.",
                  "recps", level(meter("taskmanager_job_task_numRecordsOutPerSecond"), "job_name"), leads_to=TO_JOB),
            graph("How long do checkpoints take?", "Duration of the last checkpoint of each job that was completed.", "ms",
                  level(flink("jobmanager_job_lastCheckpointDuration"), "job_name", over="max"), limits=((60_000, "red"),),
                  leads_to=TO_JOB),
            graph("Which job's checkpoints fail?", "Checkpoints that failed within about a minute, of each job.", "none",
                  growth(FAILED, "job_name"), decimals=0, limits=((1, "red"),), leads_to=TO_JOB),
        ]),
        Row("TaskManagers", [
            graph("How full is each heap?", "Heap that is in use, of the most that the TaskManager may have.", "percentunit",
                  **share(HEAP_USED, HEAP_MOST, "tm_id")),
            graph("Which TaskManager is busy?", "CPU time that its JVM uses, of all the machine has.", "percentunit",
                  level(flink("taskmanager_Status_JVM_CPU_Load"), "tm_id", over="max"), most=1, limits=((0.9, "red"),)),
            graph("How long does it collect garbage?", "Milliseconds a second that the JVM's collectors take.", "ms",
                  level(meter("taskmanager_Status_JVM_GarbageCollector_All_TimeMsPerSecond"), "tm_id", over="max"),
                  limits=((100, "orange"), (300, "red"))),
            graph("Managed memory", "Memory that Flink manages itself for state and sorting, and that is in use.", "bytes",
                  level(flink("taskmanager_Status_Flink_Memory_Managed_Used"), "tm_id", over="max")),
            graph("How many network buffers are free?", "Buffers of the network stack that no task has: without one, tasks wait.",
                  "none", level(flink("taskmanager_Status_Shuffle_Netty_AvailableMemorySegments"), "tm_id", over="min"),
                  fine="red", limits=((1, "green"),)),
            graph("Threads", "Threads of each TaskManager's JVM.", "none",
                  level(flink("taskmanager_Status_JVM_Threads_Count"), "tm_id", over="max")),
            graph("Metaspace", "Memory of loaded classes: it grows with each job of a session cluster that leaks its classes.",
                  "bytes", level(flink("taskmanager_Status_JVM_Memory_Metaspace_Used"), "tm_id", over="max")),
            graph("Direct memory", "Memory outside the heap that Java's direct buffers have.", "bytes",
                  level(flink("taskmanager_Status_JVM_Memory_Direct_MemoryUsed"), "tm_id", over="max")),
        ]),
        Row("JobManager", [
            graph("How full is the JobManager's heap?", "Heap that is in use, of the most that the JobManager may have.",
                  "percentunit", **share(JOB_MANAGER_USED, JOB_MANAGER_MOST, "host")),
            graph("How busy is the JobManager?", "CPU time that its JVM uses, of all the machine has.", "percentunit",
                  level(flink("jobmanager_Status_JVM_CPU_Load"), "host", over="max"), most=1, limits=((0.9, "red"),)),
            graph("How long does the JobManager collect garbage?", "Milliseconds a second that the JVM's collectors take.", "ms",
                  level(meter("jobmanager_Status_JVM_GarbageCollector_All_TimeMsPerSecond"), "host", over="max"),
                  limits=((100, "orange"), (300, "red"))),
        ]),
    ],
    choices=[Choice("task_manager", "tm_id", "TaskManager", HEAP_USED)],
    database=DATABASE, notes=NOTES)
