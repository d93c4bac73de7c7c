// SPDX-License-Identifier: Apache-2.0
#include "facts/databases/database_story.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now = 1'700'000'000 * second;

using sentences = std::vector<std::string>;

/// Weir runs for an hour; one sink takes everything.
database_story story() {
  database_story made;
  made.name = "x";
  made.known = true;
  made.now_ns = now;
  made.started_ns = now - 3600 * second;
  made.sinks.push_back({.name = "influx"});
  return made;
}

database_story with_lines(std::uint64_t received, std::uint64_t accepted) {
  database_story made = story();
  made.lines.received = received;
  made.lines.accepted = accepted;
  made.last_received_ns = now - 5 * second;
  made.written_policies = {""};
  return made;
}

database_finding finding(finding_kind kind, finding_code code, std::uint64_t count,
                         std::string message) {
  return {.kind = kind,
          .code = code,
          .count = count,
          .last_ns = now - 180 * second,
          .from = {.listener = "http", .address = "192.0.2.1", .agent = "Telegraf", .user = "ann"},
          .message = std::move(message),
          .remedy = std::string(code.remedy().empty() ? "Add a field." : code.remedy())};
}

TEST(why, a_database_that_no_line_came_for_says_so_and_names_similar_ones) {
  database_story never = story();
  never.known = false;
  never.similar = {"y", "xx"};
  EXPECT_EQ(why_of(never)[0],
            "No line came for it since weir was started 60 min ago (2023-11-14T21:13:20Z).");
  EXPECT_EQ(why_of(never)[1],
            "Lines came for databases with a similar name: \"y\", \"xx\". Is the sender's database "
            "misspelt?");
  never.similar.clear();
  EXPECT_NE(why_of(never)[1].find("weir_http_requests_total"), std::string::npos);
  never.known = never.created = true;
  EXPECT_TRUE(why_of(never)[0].starts_with("It was created through weir, but no line came"));
}

TEST(why, all_lines_rejected_names_the_code_the_remedy_and_the_sender) {
  database_story refused = with_lines(4, 0);
  refused.lines.rejected_by_gate[static_cast<std::size_t>(gate_code::precision_mistaken)] = 4;
  refused.findings = {finding(finding_kind::rejected, finding_code(gate_code::precision_mistaken),
                              4, "it is in seconds")};
  const sentences told = why_of(refused);
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(told[0], "4 lines came for it since weir was started 60 min ago, the last 5 s ago.");
  EXPECT_EQ(told[1], "All of them were rejected for precision_mistaken: it is in seconds.");
  EXPECT_TRUE(told[2].starts_with("Have the sender name its unit"));
  EXPECT_EQ(told[3], "The last came from Telegraf at 192.0.2.1, user ann (http), 3 min ago.");
  EXPECT_EQ(told[4], "So weir has nothing to deliver for this database.");
}

TEST(why, some_lines_rejected_says_how_many_and_the_commonest_reason) {
  database_story some = with_lines(10, 7);
  some.lines.refused_by_parser[static_cast<std::size_t>(parse_code::missing_fields)] = 3;
  some.findings = {
      finding(finding_kind::rejected, finding_code(parse_code::missing_fields), 2,
              "missing fields"),
      finding(finding_kind::rejected, finding_code(parse_code::bad_timestamp), 1, "bad timestamp")};
  const sentences told = why_of(some);
  EXPECT_EQ(told[1], "3 of them were rejected, mostly for missing_fields: missing fields.");
  EXPECT_EQ(told[2], "Add a field.");
  EXPECT_EQ(told[4], "7 of them were accepted.");
}

TEST(why, lines_that_a_rule_drops_name_the_rule) {
  database_story dropped = with_lines(1, 0);
  dropped.lines.dropped_by_gate[static_cast<std::size_t>(gate_code::dropped_by_rule)] = 1;
  dropped.findings = {finding(finding_kind::dropped, finding_code(gate_code::dropped_by_rule), 1,
                              "dropped by rule \"noise\"")};
  EXPECT_EQ(why_of(dropped)[1], "It was dropped for dropped_by_rule: dropped by rule \"noise\".");
}

TEST(why, a_sink_whose_filter_leaves_it_out_is_named) {
  database_story filtered = with_lines(3, 3);
  filtered.sinks[0].takes = false;
  filtered.sinks[0].databases = "[\"prod*\"]";
  const sentences told = why_of(filtered);
  EXPECT_EQ(told[1], "All of them were accepted.");
  EXPECT_EQ(told[2], "Sink influx leaves it out: databases = [\"prod*\"].");
  EXPECT_EQ(told[3], "No sink takes it, so its points are in the log alone until they leave it.");
  filtered.sinks.clear();
  EXPECT_EQ(why_of(filtered)[2], "No sink is configured, so its points go nowhere.");
}

TEST(why, a_sink_that_takes_other_policies_or_measurements_is_named) {
  database_story filtered = with_lines(3, 3);
  filtered.sinks[0].policies_left_out = {""};
  filtered.sinks[0].retention_policies = "[\"long\"]";
  EXPECT_EQ(why_of(filtered)[2],
            "Sink influx leaves the default retention policy out: retention_policies = "
            "[\"long\"].");
  EXPECT_TRUE(why_of(filtered)[3].starts_with("No sink takes it"));
  filtered.sinks[0].policies_left_out.clear();
  filtered.sinks[0].measurements = "[\"cpu\"]";
  EXPECT_EQ(why_of(filtered)[2],
            "Sink influx takes some measurements only: measurements = [\"cpu\"].");
}

TEST(why, a_held_lane_says_its_cause_and_what_to_do) {
  database_story held = with_lines(3, 3);
  held.sinks[0].pending_points = 3;
  held.sinks[0].held = {{.retention_policy = "",
                         .points = 3,
                         .parked_points = 2,
                         .why = "database not found: \"x\"",
                         .remedy = "Create it there."}};
  const sentences told = why_of(held);
  EXPECT_EQ(told[2],
            "Sink influx holds 3 points of the default retention policy, 2 of them parked: "
            "database not found: \"x\".");
  EXPECT_EQ(told[3], "Create it there.");
}

TEST(why, a_server_that_does_not_answer_is_named) {
  database_story down = with_lines(3, 3);
  down.sinks[0].pending_points = 30;
  down.sinks[0].down = true;
  down.sinks[0].last_error = "connection refused";
  down.sinks[0].last_error_remedy = "Start it.";
  const sentences told = why_of(down);
  EXPECT_EQ(told[2],
            "The server of sink influx does not answer: connection refused. 30 points wait for it, "
            "those of other databases among them.");
  EXPECT_EQ(told[3], "Start it.");
}

TEST(why, points_that_still_wait_are_told) {
  database_story waiting = with_lines(3, 3);
  waiting.sinks[0].pending_points = 3;
  waiting.sinks[0].lag_seconds = 7.9;
  EXPECT_EQ(
      why_of(waiting)[2],
      "Sink influx delivers it; 3 points of all databases wait there at the moment, the oldest "
      "for 7 s.");
  waiting.sinks[0].lag_seconds = 0;
  EXPECT_EQ(why_of(waiting)[2],
            "Sink influx delivers it; 3 points of all databases wait there at the moment.");
}

TEST(why, points_of_a_policy_that_queries_do_not_name_are_told) {
  database_story named = with_lines(3, 3);
  named.written_policies = {"long"};
  EXPECT_EQ(why_of(named)[2],
            "Its points were written to retention policy \"long\", not to the default one. A query "
            "sees them only where it names the policy: SELECT ... FROM "
            "\"x\".\"long\".\"measurement\".");
  named.written_policies = {"", "long"};
  EXPECT_TRUE(why_of(named)[2].starts_with("Some of its points were written to"));
}

TEST(why, what_was_delivered_may_be_older_than_the_server_keeps_it) {
  database_story old = with_lines(3, 3);
  old.policies = {{.name = "autogen",
                   .is_default = true,
                   .duration_ns = 7 * 86'400 * second,
                   .duration_known = true,
                   .from = "sink influx"},
                  {.name = "ever", .from = "sink influx"}};
  const sentences told = why_of(old);
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[2], "Sink influx has dealt with all that was accepted.");
  EXPECT_EQ(told[3],
            "The server of sink influx keeps points of the default retention policy for 7 days: "
            "older ones are deleted, and queries do not find them.");
  old.policies = {{.is_default = true,
                   .duration_ns = 7 * 86'400 * second,
                   .duration_known = true,
                   .from = "configuration"}};
  EXPECT_EQ(
      why_of(old)[3],
      "By the configuration, points of the default retention policy are kept for 7 days: weir "
      "takes no older ones.");
}

TEST(similar_names, finds_what_was_probably_meant) {
  const std::vector<std::string> names{"telegraf", "Telegraf_prod", "metrics", "x", "flink"};
  EXPECT_EQ(similar_names("telegarf", names).at(0), "telegraf");
  EXPECT_EQ(similar_names("TELEGRAF", names).at(0), "telegraf");
  EXPECT_EQ(similar_names("telegraf", names), sentences{"Telegraf_prod"});
  EXPECT_EQ(similar_names("metric", names), sentences{"metrics"});
  EXPECT_TRUE(similar_names("something else", names).empty());
  EXPECT_EQ(similar_names("a", std::vector<std::string>(20, "b")).size(), 5U);
}

TEST(story, is_written_as_json) {
  database_story known = with_lines(3, 2);
  known.lines.rejected_by_gate[static_cast<std::size_t>(gate_code::series_limit)] = 1;
  known.series = 7;
  known.series_limit = 10;
  known.tags = {{"cpu", "id", 5}};
  known.policies = {{.name = "long", .from = "lines"}};
  std::string json;
  append_story(known, json);
  for (const char* part :
       {R"({"name":"x","known":true,"created":false,"why":["3 lines came)",
        R"("lines":{"received":3,"accepted":2,"rejected":{"series_limit":1},"dropped":{},)",
        R"("last_received":1699999995.000,"policies":[{"name":"long","default":false,)"
        R"("duration_seconds":null,"from":"lines"}],"series":7,"types":0,"series_limit":10,)"
        R"("tags":[{"measurement":"cpu","tag":"id","values":5}],)",
        R"("sinks":[{"name":"influx","takes":true,"why":"","pending_points":0,"delivered":null,)"
        R"("held":false,"parked_points":0}],"similar":[]})"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

}  // namespace
}  // namespace weir
