// SPDX-License-Identifier: Apache-2.0
//
// Each cause for which a person has to act is told, with what to do; a weir that is well says
// nothing.
#include "page/advice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "page/sink_state.hpp"

namespace weir::page {
namespace {

status_facts well() {
  status_facts known;
  known.log = {.kind = "local", .acknowledge = "written", .when_full = "reject"};
  known.log.keep_bytes = 1000;
  known.log.bytes = 10;
  known.memory_limit = 100;
  known.sinks.push_back({.name = "influx", .type = "influxdb"});
  return known;
}

/// The only advice; every one has all of its words.
advice only(const status_facts& known) {
  const std::vector<advice> all = advise(known);
  EXPECT_EQ(all.size(), 1U);
  for (const advice& one : all) {
    EXPECT_FALSE(one.about.empty());
    EXPECT_FALSE(one.what.empty());
    EXPECT_FALSE(one.remedy.empty());
    EXPECT_TRUE(one.what.ends_with('.')) << one.what;
    EXPECT_TRUE(one.remedy.ends_with('.')) << one.remedy;
  }
  return all.empty() ? advice{} : all.front();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(advice, none_where_all_is_well) {
  EXPECT_TRUE(advise(well()).empty());
}

TEST(advice, a_log_in_kafka) {
  status_facts known = well();
  known.log = {
      .kind = "kafka",
      .acknowledge = "written",
      .topic = topic_facts{.name = "weir", .brokers = {"a:9092"}, .partitions = 12, .replicas = 3}};
  EXPECT_TRUE(advise(known).empty());
  EXPECT_TRUE(has(what_comes_next(known), "retention.ms"));

  known.log.topic->leaderless = 2;
  const advice leaders = only(known);
  EXPECT_EQ(leaders.level, urgency::error);
  EXPECT_EQ(leaders.about, "log");
  EXPECT_TRUE(has(leaders.what, "2 of 12 partitions of the topic weir")) << leaders.what;
  EXPECT_TRUE(has(leaders.command, "--bootstrap-server a:9092 --describe --topic weir"))
      << leaders.command;

  known.log.topic->fault = "timed out";
  EXPECT_TRUE(has(only(known).what, "Kafka does not answer: timed out."));

  known.log.topic->fault.clear();
  known.log.topic->leaderless = 0;
  known.log.is = log_facts::state::failed;
  known.log.why = "the topic is gone";
  EXPECT_TRUE(has(only(known).what, "503: the topic is gone."));
  EXPECT_FALSE(has(only(known).remedy, "disk"));
}

TEST(advice, a_full_log) {
  status_facts known = well();
  known.log.is = log_facts::state::full;
  known.log.why = "log.keep is used up";
  known.sinks.front().pending_points = 7;
  const advice told = only(known);
  EXPECT_EQ(told.level, urgency::error);
  EXPECT_EQ(told.about, "log");
  EXPECT_TRUE(has(told.what, "503"));
  EXPECT_TRUE(has(told.remedy, "influx")) << "the sink that does not deliver";
}

TEST(advice, a_log_that_fills) {
  status_facts known = well();
  known.log.bytes = 900;
  known.log.outage_seconds_left = 600;
  const advice told = only(known);
  EXPECT_EQ(told.level, urgency::warning);
  EXPECT_TRUE(has(told.what, "90 %")) << told.what;
  EXPECT_TRUE(has(told.what, "10 min")) << told.what;
}

TEST(advice, a_disk_that_refuses) {
  status_facts known = well();
  known.log.is = log_facts::state::failed;
  known.log.why = "no space left on device";
  EXPECT_TRUE(has(only(known).what, "no space left on device"));
}

TEST(advice, held_lanes_of_one_cause_are_told_once) {
  status_facts known = well();
  sink_facts& sink = known.sinks.front();
  sink.pending_points = 30;
  sink.held_lanes = sink.lanes = 5;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    sink.held.push_back({.database = name,
                         .points = 6,
                         .why = "unauthorized",
                         .remedy = "Correct the token.",
                         .command = "weir config check"});
  }
  const advice told = only(known);
  EXPECT_EQ(told.level, urgency::error);
  EXPECT_EQ(told.about, "sink influx");
  EXPECT_TRUE(has(told.what, "30 points of a, b, c and 2 more are held: unauthorized"))
      << told.what;
  EXPECT_EQ(told.remedy, "Correct the token.");
  EXPECT_EQ(told.command, "weir config check");
}

TEST(advice, a_server_that_is_down) {
  status_facts known = well();
  known.sinks.front().down = true;
  known.sinks.front().pending_points = 2;
  known.sinks.front().last_error = {3, "Connection refused"};
  const advice told = only(known);
  EXPECT_EQ(told.level, urgency::error);
  EXPECT_TRUE(has(told.what, "Connection refused"));
}

TEST(advice, parked_points) {
  status_facts known = well();
  known.sinks.front().parked_points = 4;
  EXPECT_EQ(only(known).command, "weir park list --sink influx");
  known.sinks.front().held_lanes = 1;
  EXPECT_FALSE(has(only(known).what, "parked")) << "the cause is told, and once";
}

TEST(advice, rejections_and_whose) {
  status_facts known = well();
  known.trouble.received_lately = 100;
  known.trouble.rejected_lately = 40;
  known.rejections.push_back({.code = "repeated_field", .kind = "mended", .remedy = "Nothing."});
  rejection_group group{
      .code = "missing_field_value", .kind = "rejected", .remedy = "Leave it out."};
  group.senders.push_back({.address = "192.0.2.1", .agent = "Telegraf/1", .database = "db"});
  known.rejections.push_back(group);
  advice told = only(known);
  EXPECT_EQ(told.about, "senders");
  EXPECT_EQ(told.what,
            "40 of 100 lines in the last minute were rejected. Most (0 so far) from 192.0.2.1 "
            "(Telegraf/1) to database db: missing_field_value.");
  EXPECT_EQ(told.remedy, "Leave it out.");
  known.rejections.back().example = rejection_example{.message = "missing field value"};
  EXPECT_TRUE(has(only(known).what, "to database db: missing field value."));
  known.rejections.back().example->message.assign(5'000, 'x');
  told = only(known);
  EXPECT_LT(told.what.size(), 500U);
  EXPECT_TRUE(told.what.ends_with("(missing_field_value)."));
  known.trouble.received_lately = 100'000;
  EXPECT_TRUE(advise(known).empty()) << "few of many";
}

TEST(advice, tells_of_the_mistake_with_most_lines_that_goes_on) {
  status_facts known = well();
  known.now = 1'000;
  known.trouble.received_lately = 100;
  known.trouble.rejected_lately = 40;
  const auto add = [&known](const char* code, std::uint64_t count, double last) {
    known.rejections.push_back({.code = code, .kind = "rejected", .count = count, .last = last});
  };
  add("newest", 1, 999);
  add("largest", 30, 990);
  add("over", 500, 100);
  EXPECT_TRUE(has(only(known).what, "Most (30 so far): largest."));
}

TEST(advice, the_other_causes) {
  const auto about = [](const auto& change) {
    status_facts known = well();
    change(known);
    return only(known).about;
  };
  EXPECT_EQ(about([](auto& known) { known.trouble.reload_failed = "no such key"; }),
            "configuration");
  EXPECT_EQ(about([](auto& known) { known.memory_used = 95; }), "memory");
  EXPECT_EQ(about([](auto& known) { known.trouble.datagrams_lost = 3; }), "udp");
  EXPECT_EQ(about([](auto& known) { known.trouble.letters_lost = 3; }), "letters");
  EXPECT_EQ(about([](auto& known) {
              known.now = 1000;
              known.rejections.push_back({.code = "series_limit", .last = 990});
              known.rejections.back().senders.push_back({.database = "x"});
            }),
            "database x");
  EXPECT_EQ(about([](auto& known) { known.sinks.front().cursor_failures = 1; }), "sink influx");
  EXPECT_EQ(about([](auto& known) { known.sinks.front().park_failures = 1; }), "sink influx");
  EXPECT_EQ(about([](auto& known) { known.sinks.front().runs = false; }), "sink influx");
  EXPECT_EQ(about([](auto& known) { known.trouble.draining = true; }), "weir");
  EXPECT_EQ(about([](auto& known) {
              known.sinks.front().discarded = {{"refused", 1}};
            }),
            "sink influx");
}

TEST(advice, is_short_whatever_others_say) {
  status_facts known = well();
  known.trouble.reload_failed.assign(5'000, 'x');
  EXPECT_LT(only(known).what.size(), 500U);
}

TEST(advice, the_most_urgent_first) {
  status_facts known = well();
  known.trouble.letters_lost = 1;
  known.trouble.draining = true;
  known.log.is = log_facts::state::full;
  const std::vector<advice> all = advise(known);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& one, const auto& other) {
    return one.level < other.level;
  }));
  EXPECT_EQ(all.size(), 3U);
}

TEST(next_of_the_log, says_who_loses_what_and_when) {
  status_facts known = well();
  EXPECT_TRUE(has(what_comes_next(known), "Nothing is appended now"));
  known.log.outage_seconds_left = 7200;
  EXPECT_TRUE(has(what_comes_next(known), "in about 2 h: then")) << what_comes_next(known);
  EXPECT_TRUE(has(what_comes_next(known), "503"));
  known.log.outage_seconds_left = 1e10;
  EXPECT_TRUE(has(what_comes_next(known), "in more than a year: then")) << what_comes_next(known);
  known.log.when_full = "discard-oldest";
  EXPECT_TRUE(has(what_comes_next(known), "oldest points are discarded"));
  known.log.when_full = "reject";
  known.sinks.front().required = false;
  EXPECT_TRUE(has(what_comes_next(known), "no sink is required"));
  known.log.keep_bytes = 0;
  EXPECT_EQ(what_comes_next(known), "Nothing bounds the log.");
}

TEST(sink_state, of_each_kind) {
  using word = sink_state::word;
  sink_facts sink{.name = "influx"};
  EXPECT_EQ(state_of(sink).is, word::idle);
  sink.pending_points = 1;
  sink.lag_seconds = 1;
  EXPECT_EQ(state_of(sink).is, word::delivering);
  sink.lag_seconds = 100;
  EXPECT_EQ(state_of(sink).is, word::behind);
  sink.last_error = {1, "Failed to connect"};
  EXPECT_EQ(state_of(sink).is, word::behind) << "the server answered";
  sink.last_error_remedy = "start the server";
  EXPECT_EQ(state_of(sink).is, word::down);
  EXPECT_EQ(state_of(sink).remedy, "Start the server.");
  sink.delivered_per_second = 10;
  EXPECT_EQ(state_of(sink).is, word::behind) << "it delivers again";
  sink.held_lanes = 1;
  EXPECT_EQ(state_of(sink).is, word::held);
  sink.down = true;
  EXPECT_EQ(state_of(sink).is, word::down);
  sink.runs = false;
  EXPECT_EQ(state_of(sink).is, word::stopped);
}

TEST(spoken, sizes_and_times) {
  EXPECT_EQ(spoken_bytes(0), "0 bytes");
  EXPECT_EQ(spoken_bytes(1536), "1.5 KiB");
  EXPECT_EQ(spoken_bytes(std::uint64_t{4} << 30), "4.0 GiB");
  EXPECT_EQ(spoken_seconds(0.4), "0 s");
  EXPECT_EQ(spoken_seconds(119), "119 s");
  EXPECT_EQ(spoken_seconds(240), "4 min");
  EXPECT_EQ(spoken_seconds(3600 * 3 + 1200), "3 h 20 min");
  EXPECT_EQ(spoken_seconds(86400 * 2 + 3600 * 3), "2 d 3 h");
  EXPECT_EQ(spoken_seconds(1e300), spoken_seconds(1e12));
}

}  // namespace
}  // namespace weir::page
