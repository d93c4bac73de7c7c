// SPDX-License-Identifier: Apache-2.0
//
// /health and /ready by what is known.
#include "server/health_report.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

bool says(const http::response& answer, const std::string& words) {
  return answer.body.find(words) != std::string::npos;
}

TEST(health_report, all_is_well) {
  const health_facts known{.sinks = {{.name = "influx", .lanes = 3}}};
  const http::response health = health_of(known);
  EXPECT_EQ(health.status, 200);
  EXPECT_TRUE(says(health,
                   "\"message\":\"ready for queries and writes\",\"name\":\"influxdb\","
                   "\"status\":\"pass\",\"version\":"))
      << health.body;
  EXPECT_TRUE(says(health,
                   "{\"checks\":[{\"name\":\"log\",\"status\":\"pass\",\"message\":\"takes "
                   "writes\"},{\"name\":\"sink influx\",\"status\":\"pass\",\"message\":"
                   "\"everything is delivered\"}],"))
      << health.body;
  EXPECT_EQ(readiness_of(known).status, 200);
  EXPECT_EQ(readiness_of(known).body, "{\"status\":\"ready\"}\n");
}

TEST(health_report, a_full_log_is_not_ready_but_empties_itself) {
  const health_facts known{.log = {append_status::full, "the log holds as much as it may"}};
  EXPECT_EQ(readiness_of(known).status, 503);
  EXPECT_TRUE(says(readiness_of(known), "the log holds as much as it may"));
  EXPECT_TRUE(says(readiness_of(known), "\"status\":\"not ready\""));
  EXPECT_EQ(health_of(known).status, 200);
  EXPECT_TRUE(says(health_of(known),
                   "{\"name\":\"log\",\"status\":\"fail\",\"message\":\"writes "
                   "are answered 503: the log holds as much as it may\"}"))
      << health_of(known).body;
}

TEST(health_report, a_disk_that_refuses_needs_a_person) {
  const health_facts known{.log = {append_status::failed, "the log cannot be written: EIO"}};
  EXPECT_EQ(readiness_of(known).status, 503);
  EXPECT_EQ(health_of(known).status, 503);
  EXPECT_TRUE(says(health_of(known),
                   "\"message\":\"the log cannot be written: EIO\",\"name\":"
                   "\"influxdb\",\"status\":\"fail\""))
      << health_of(known).body;
}

TEST(health_report, held_lanes_need_a_person_and_take_writes) {
  const health_facts known{
      .sinks = {
          {.name = "a", .pending_points = 12, .lanes = 1},
          {.name = "b", .pending_points = 7, .lanes = 3, .held_lanes = 2, .parked_points = 5}}};
  EXPECT_EQ(readiness_of(known).status, 200);
  const http::response health = health_of(known);
  EXPECT_EQ(health.status, 503);
  EXPECT_TRUE(says(health,
                   "{\"name\":\"sink a\",\"status\":\"pass\",\"message\":\"12 point(s) "
                   "wait to be delivered\"}"))
      << health.body;
  EXPECT_TRUE(says(health,
                   "{\"name\":\"sink b\",\"status\":\"fail\",\"message\":\"7 point(s) wait "
                   "to be delivered; 2 of 3 database(s) are held"))
      << health.body;
  EXPECT_TRUE(says(health, "; 5 of them left the log and are parked (`weir park list`)"))
      << health.body;
}

TEST(health_report, weir_that_ends_is_not_ready) {
  const health_facts known{.draining = true};
  EXPECT_EQ(readiness_of(known).status, 503);
  EXPECT_TRUE(says(readiness_of(known), "weir is ending"));
  EXPECT_EQ(health_of(known).status, 200);
}

TEST(health_report, who_only_delivers_is_not_asked_about_writes) {
  const health_facts known{.log = {append_status::failed, "Kafka takes nothing"},
                           .sinks = {{.name = "influx", .lanes = 3}},
                           .takes_writes = false};
  EXPECT_EQ(readiness_of(known).status, 200);
  EXPECT_EQ(health_of(known).status, 200);
  EXPECT_FALSE(says(health_of(known), "\"name\":\"log\"")) << health_of(known).body;
  EXPECT_TRUE(verdict_of(known).ready);
  const health_facts held{.sinks = {{.name = "b", .lanes = 3, .held_lanes = 2}},
                          .takes_writes = false};
  EXPECT_EQ(health_of(held).status, 503);
  EXPECT_EQ(readiness_of({.takes_writes = false, .draining = true}).status, 503);
}

TEST(health_report, a_cluster_is_told_as_it_is) {
  const auto with = [](cluster_standing kafka) {
    kafka.topic = "weir";
    kafka.brokers = {"a:9092", "b:9092"};
    return health_facts{.cluster = std::move(kafka)};
  };
  const http::response well = health_of(with({.partitions = 12, .replicas = 3}));
  EXPECT_EQ(well.status, 200);
  EXPECT_TRUE(says(well,
                   "{\"name\":\"kafka\",\"status\":\"pass\",\"message\":\"the topic weir has 12 "
                   "partitions and 3 replicas of each\"}"))
      << well.body;

  const health_facts some = with({.partitions = 12, .replicas = 3, .leaderless = 2});
  EXPECT_EQ(health_of(some).status, 503);
  EXPECT_TRUE(says(health_of(some), "kafka: 2 of 12 partitions of the topic weir have no leader"))
      << health_of(some).body;
  EXPECT_EQ(readiness_of(some).status, 200) << "the log itself says what it takes";
  EXPECT_TRUE(says(health_of(with({.partitions = 3, .leaderless = 3})), "all 3 partitions of"));

  const health_facts silent = with({.partitions = 12, .fault = "timed out"});
  EXPECT_EQ(health_of(silent).status, 503);
  EXPECT_TRUE(says(health_of(silent), "kafka: a:9092, b:9092 does not answer: timed out"));
}

TEST(health_report, a_topic_that_weirs_share_and_that_cannot_be_read_is_told) {
  const health_facts well{.shared = shared_standing{.topic = "weir-shared"}};
  EXPECT_EQ(health_of(well).status, 200);
  EXPECT_TRUE(says(health_of(well),
                   "{\"name\":\"shared\",\"status\":\"pass\",\"message\":\"the topic weir-shared "
                   "can be read and written\"}"))
      << health_of(well).body;
  EXPECT_FALSE(says(readiness_of(well), "message"));

  health_facts cut{.shared = shared_standing{.topic = "weir-shared",
                                             .fault = "topic weir-shared cannot be read: x"}};
  EXPECT_EQ(health_of(cut).status, 503);
  EXPECT_TRUE(says(health_of(cut),
                   "shared: topic weir-shared cannot be read: x: writes of fields that have no "
                   "type yet are answered 503, and what other weirs say of"))
      << health_of(cut).body;
  EXPECT_EQ(readiness_of(cut).status, 200) << "other writes are taken";
  EXPECT_TRUE(says(readiness_of(cut), "weir-shared cannot be read")) << readiness_of(cut).body;
  EXPECT_FALSE(verdict_of(cut).healthy);
  EXPECT_TRUE(verdict_of(cut).ready);
  cut.takes_writes = false;
  EXPECT_EQ(health_of(cut).status, 503);
  EXPECT_FALSE(says(health_of(cut), "answered 503")) << health_of(cut).body;
  EXPECT_FALSE(says(readiness_of(cut), "message"));
}

}  // namespace
}  // namespace weir
