# SPDX-License-Identifier: Apache-2.0
"""What jobs read and write: how far behind are sources, what do sinks not get rid of? The metrics of Kafka are those of Flink's
connector (KafkaSource, KafkaSink) and of Kafka's clients in it."""

from .back_ends import growth, level, rate, total
from .boards import Board, Choice, Row, graph, stat
from .flink_cluster import DATABASE, NOTES
from .metrics import counter, flink

OPERATOR = "taskmanager_job_task_operator_"
READER = OPERATOR + "KafkaSourceReader_"
CONSUMER = READER + "KafkaConsumer_"
PRODUCER = OPERATOR + "KafkaProducer_"
PENDING = flink(OPERATOR + "pendingRecords")
IN_ERRORS = counter(OPERATOR + "numRecordsInErrors")
SEND_ERRORS = counter(OPERATOR + "numRecordsSendErrors")
COMMITS_FAILED = counter(READER + "commitsFailed")
RECORDS_IN = counter(OPERATOR + "numRecordsIn")
FROM_SOURCES = RECORDS_IN.like(operator_name="Source.*")  # as Flink calls them, of which a source's are what it read
SENT = counter(OPERATOR + "numRecordsSend")
WHOSE = ("job_name", "operator_name")
PARTITION = ("topic", "partition")

SOURCES_AND_SINKS = Board(
    "flink-io", "Flink sources and sinks", "How far jobs are behind what they read, and what they write.",
    [
        Row("Now", [
            stat("Records behind", "Records that wait in Kafka and that no source has read yet.", "short", level(PENDING),
                 limits=((10_000, "orange"), (100_000, "red"))),
            stat("Records read", "Records that all sources read, a second.", "recps", rate(FROM_SOURCES), decimals=1),
            stat("Records written", "Records that all sinks wrote, a second.", "recps", rate(SENT), decimals=1),
            stat("Errors reading", "Records that sources could not read in the time shown.", "none", total(IN_ERRORS), decimals=0,
                 limits=((0.5, "red"),)),
            stat("Errors writing", "Records that sinks could not write in the time shown.", "none", total(SEND_ERRORS), decimals=0,
                 limits=((0.5, "red"),)),
            stat("Failed commits", "Commits of offsets to Kafka that failed in the time shown; Flink itself goes on without them.",
                 "none", total(COMMITS_FAILED), decimals=0, limits=((0.5, "orange"),)),
        ]),
        Row("Sources", [
            graph("How many records behind is each source?", "Records in Kafka that the source has not read yet.", "short",
                  level(PENDING, *WHOSE), limits=((100_000, "red"),)),
            graph("How far behind is the worst partition?", "The greatest lag, in records, of a partition of each source.", "short",
                  level(flink(CONSUMER + "records-lag-max"), *WHOSE, over="max"), limits=((100_000, "red"),)),
            graph("How old is what sources pass on?", "Time between an event's timestamp and its way out of the source.", "ms",
                  level(flink(OPERATOR + "currentEmitEventTimeLag"), *WHOSE, over="max"), limits=((300_000, "red"),)),
            graph("How many records do sources read?", "Records that each source read, a second.", "recps",
                  rate(FROM_SOURCES, *WHOSE)),
            graph("How many bytes do sources read?", "Bytes that each Kafka consumer got, a second.", "Bps",
                  level(flink(CONSUMER + "bytes-consumed-rate"), *WHOSE)),
            graph("How long has each source had nothing to do?", "Time since the source last had a record.", "ms",
                  level(flink(OPERATOR + "sourceIdleTime"), *WHOSE, over="min")),
            graph("Which offsets were read?", "Offset of the last record that was read, by partition.", "none",
                  level(flink(READER + "topic_partition_currentOffset"), *PARTITION, over="max", top=20)),
            graph("Which offsets were committed?", "Offset that was last committed to Kafka, by partition; -1 before the first.", "none",
                  level(flink(READER + "topic_partition_committedOffset"), *PARTITION, over="max", top=20), least=None),
            graph("Do commits fail?", "Commits of offsets to Kafka within about a minute.", "none",
                  growth(counter(READER + "commitsSucceeded"), *WHOSE, legend="{{operator_name}} succeeded"),
                  growth(COMMITS_FAILED, *WHOSE, legend="{{operator_name}} failed")),
        ]),
        Row("Sinks", [
            graph("How many records do sinks write?", "Records that each sink sent, a second.", "recps",
                  rate(SENT, *WHOSE)),
            graph("How many bytes do sinks write?", "Bytes that each sink sent, a second.", "Bps",
                  rate(counter(OPERATOR + "numBytesSend"), *WHOSE)),
            graph("What do sinks fail to write?", "Records that each sink could not write, within about a minute.", "none",
                  growth(SEND_ERRORS, *WHOSE), limits=((1, "red"),)),
            graph("How long does sending take?", "Time that the last record took to be sent.", "ms",
                  level(flink(OPERATOR + "currentSendTime"), *WHOSE, over="max"), limits=((1000, "orange"),)),
            graph("How long do records wait in the producer?", "Longest time of a batch in the Kafka producer's buffer.", "ms",
                  level(flink(PRODUCER + "record-queue-time-max"), *WHOSE, over="max")),
            graph("How often does Kafka make a sink try again?", "Records that the producer sent again, and gave up, a second.",
                  "recps", level(flink(PRODUCER + "record-retry-rate"), *WHOSE, legend="{{operator_name}} again"),
                  level(flink(PRODUCER + "record-error-rate"), *WHOSE, legend="{{operator_name}} given up")),
        ]),
    ],
    choices=[Choice("job", "job_name", "Job", RECORDS_IN), Choice("operator", "operator_name", "Operator", RECORDS_IN)],
    database=DATABASE, notes=NOTES)
