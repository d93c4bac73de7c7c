# SPDX-License-Identifier: Apache-2.0
"""Is this job well, and if not, which of its tasks is why? What it reads and writes outside Flink is in flink_io.py."""

from .back_ends import Text, growth, level, rate, total
from .boards import Board, Choice, Row, graph, stat
from .flink_cluster import DATABASE, FAILED, NOTES, RESTARTS
from .metrics import counter, flink

RUNNING_TIME = flink("jobmanager_job_runningTime")
COMPLETED = flink("jobmanager_job_numberOfCompletedCheckpoints")
BUSY = flink("taskmanager_job_task_busyTimeMsPerSecond")
BACK_PRESSURED = flink("taskmanager_job_task_backPressuredTimeMsPerSecond")
IDLE = flink("taskmanager_job_task_idleTimeMsPerSecond")
RECORDS_IN = counter("taskmanager_job_task_numRecordsIn")
WATERMARK = flink("taskmanager_job_task_currentInputWatermark")
SHARE = 0.001  # of milliseconds a second

JOB = Board(
    "flink-job", "Flink job", "Whether a job is well, and if not, which of its tasks is why.",
    [
        Row("Now", [
            stat("Running for", "Time since the job last began to run; 0 while it restarts or has failed.", "dtdurationms",
                 level(RUNNING_TIME, over="min"), fine="red", limits=((1, "green"),)),
            stat("Restarts", "Restarts in the time shown.", "none", total(RESTARTS), decimals=0,
                 limits=((0.5, "orange"), (3, "red"))),
            stat("Completed checkpoints", "Checkpoints that were completed in the time shown.", "none", total(COMPLETED),
                 decimals=0, fine="red", limits=((0.5, "green"),)),
            stat("Failed checkpoints", "Checkpoints that failed in the time shown.", "none", total(FAILED), decimals=0,
                 limits=((0.5, "orange"), (3, "red"))),
            stat("Last checkpoint took", "Duration of the last checkpoint that was completed, of the slowest job.", "ms",
                 level(flink("jobmanager_job_lastCheckpointDuration"), over="max"), limits=((30_000, "orange"), (60_000, "red"))),
            stat("State", "Size of the last checkpoint that was completed, of all jobs chosen.", "bytes",
                 level(flink("jobmanager_job_lastCheckpointFullSize"))),
        ]),
        Row("Records", [
            graph("How many records does each task take?", "Records that came into all subtasks of a task, a second.", "recps",
                  rate(RECORDS_IN, "task_name")),
            graph("How many records does each task pass on?", "Records that all subtasks of a task gave to the next one, a second.",
                  "recps", rate(counter("taskmanager_job_task_numRecordsOut"), "task_name")),
            graph("How many bytes does each task take?", "Bytes that came into all subtasks of a task, a second.", "Bps",
                  rate(counter("taskmanager_job_task_numBytesIn"), "task_name")),
        ]),
        Row("Who is slow?", [
            graph("Which task is busy?", "Time that the busiest subtask of each task works: at 1 it is the bottleneck.",
                  "percentunit", level(BUSY, "task_name", over="max", scale=SHARE), most=1,
                  limits=((0.8, "orange"), (0.95, "red"))),
            graph("Which task waits for the next one?",
                  "Time that the worst subtask of each task is back-pressured: what follows it is the bottleneck.",
                  "percentunit", level(BACK_PRESSURED, "task_name", over="max", scale=SHARE), most=1, limits=((0.5, "red"),)),
            graph("Which task has nothing to do?", "Time that the subtasks of each task are idle, on average.", "percentunit",
                  level(IDLE, "task_name", over="avg", scale=SHARE), most=1),
            graph("Which subtask is busy?", "Time that single subtasks work: one above all others has a key that most records have.",
                  "percentunit",
                  level(BUSY, "task_name", "subtask_index", over="max", scale=SHARE, top=10, legend="{{subtask_index}} {{task_name}}"),
                  most=1, limits=((0.95, "red"),)),
            graph("How full are the buffers before each task?", "Input buffers in use: 1 says that the task does not keep up.",
                  "percentunit", level(flink("taskmanager_job_task_Shuffle_Netty_Input_Buffers_inPoolUsage"), "task_name", over="max"),
                  most=1, limits=((0.9, "orange"),)),
            graph("How full are the buffers behind each task?", "Output buffers in use: 1 says that what follows does not keep up.",
                  "percentunit", level(flink("taskmanager_job_task_Shuffle_Netty_Output_Buffers_outPoolUsage"), "task_name", over="max"),
                  most=1, limits=((0.9, "orange"),)),
        ]),
        Row("Checkpoints", [
            graph("Are checkpoints completed?", "Checkpoints that were completed and that failed, within about a minute.", "none",
                  growth(COMPLETED, "job_name", legend="{{job_name}} completed"),
                  growth(FAILED, "job_name", legend="{{job_name}} failed")),
            graph("How long do they take?", "Duration of the last checkpoint that was completed.", "ms",
                  level(flink("jobmanager_job_lastCheckpointDuration"), "job_name", over="max"), limits=((60_000, "red"),)),
            graph("How large are they?", "Size of the last checkpoint, and the bytes of it that were written anew.", "bytes",
                  level(flink("jobmanager_job_lastCheckpointFullSize"), "job_name", over="max", legend="{{job_name}} all of it"),
                  level(flink("jobmanager_job_lastCheckpointSize"), "job_name", over="max", legend="{{job_name}} anew")),
            graph("Which task aligns for long?", "Time that the slowest subtask waited for the barriers of all its inputs.", "ns",
                  level(flink("taskmanager_job_task_checkpointAlignmentTime"), "task_name", over="max")),
            graph("Which task gets the barrier late?", "Time from a checkpoint's trigger until the slowest subtask began with it.",
                  "ns", level(flink("taskmanager_job_task_checkpointStartDelayNanos"), "task_name", over="max")),
            graph("How many are under way?", "Checkpoints that are neither completed nor failed.", "none",
                  level(flink("jobmanager_job_numberOfInProgressCheckpoints"), "job_name", over="max")),
        ]),
        Row("Time", [
            graph("How far behind is event time?",
                  "Now, less the lowest watermark of each task; a task that has no watermark yet is not shown.", "s",
                  prometheus=[Text(lambda of: f"time() - min by (task_name) ({of(WATERMARK)} > 0) / 1000", ("task_name",))],
                  influxdb=[level(flink("taskmanager_job_task_operator_watermarkLag"), "operator_name", over="max", scale=SHARE)],
                  least=None, limits=((300, "red"),)),
            graph("How long do mails wait?", "95th percentile of the time that a task's own actions wait for its thread.", "ms",
                  influxdb=[level(flink("taskmanager_job_task_mailboxLatencyMs", "p95"), "task_name", over="max")],
                  prometheus=[level(flink("taskmanager_job_task_mailboxLatencyMs").only(quantile="0.95"), "task_name", over="max")]),
            graph("Which states is the job in?", "Time that the job has been running or restarting, since it was last in that state.",
                  "dtdurationms", level(RUNNING_TIME, "job_name", over="max", legend="{{job_name}} running"),
                  level(flink("jobmanager_job_restartingTime"), "job_name", over="max", legend="{{job_name}} restarting")),
        ]),
    ],
    choices=[Choice("job", "job_name", "Job", RUNNING_TIME), Choice("task", "task_name", "Task", BUSY)],
    database=DATABASE, notes=NOTES)
