# SPDX-License-Identifier: Apache-2.0
"""Options of the reporters that conf/flink does not set. A JobManager alone has them."""

from harness.flink.configuration import replaced
from harness.flink.reports import push


def test_a_retention_policy_credentials_and_a_grouping_key(world, flink):
    text = replaced(world.reporters(flink), ("cluster=main", "cluster=main;zone=eu-west"))
    text += """
metrics.reporter.influxdb.retentionPolicy: one_hour
metrics.reporter.influxdb.consistency: ANY
metrics.reporter.influxdb.username: flink
metrics.reporter.influxdb.password: secret
"""
    cluster = world.cluster(flink, text)
    cluster.job_manager.start()
    world.wait_acknowledged(cluster.job_manager, POST=3, PUT=3)
    cluster.stop()
    world.wait_nothing_pending()
    writes = world.acknowledged("POST")
    assert "rp=one_hour" in writes[-1].target and "consistency=any" in writes[-1].target
    assert "Authorization: Basic Zmxpbms6c2VjcmV0" in writes[-1].head  # flink:secret
    in_policy = 'SELECT count("value") FROM "one_hour"."jobmanager_Status_JVM_Memory_Heap_Used"'
    assert world.influxd.rows(in_policy, "flink")[0]["count"] == len(writes)
    group = push(world.acknowledged("PUT")[-1]).group
    assert group == {"job": "flink", "flink_process": group["flink_process"], "cluster": "main", "zone": "eu-west"}
    (labels,) = world.prometheus.samples('flink_jobmanager_Status_JVM_Memory_Heap_Used{zone="eu-west"}')
    assert dict(labels)["job"] == "flink" and dict(labels)["flink_process"] == group["flink_process"]
