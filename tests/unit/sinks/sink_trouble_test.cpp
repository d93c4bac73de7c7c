// SPDX-License-Identifier: Apache-2.0
//
// Lanes in trouble: what the journal is told and how often, when they try again, when draining ends
// and what the metrics show of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

constexpr std::int64_t minute = 60'000;
constexpr std::int64_t hour = 60 * minute;
const http_reply ok = reply_of(204);
const http_reply no_policy = reply_of(500, R"({"error":"retention policy not found: week"})");

class troubles : public ::testing::Test {
 protected:
  troubles() {
    world_.settings.retry_least = milliseconds(200);
    world_.settings.retry_most = milliseconds(30'000);
  }
  void put(const std::string& database, std::uint32_t points = 1, const std::string& policy = {}) {
    auto made = make_frame(database, make_lines(points, 0), points, frame_codec::plain, policy);
    made->header.received_ns = world_.now_ns();
    append_frame(log_, made);
  }
  void TearDown() override {
    if (world_.worker) {
      EXPECT_TRUE(world_.conserves());
    }
  }
  std::vector<std::string> take_told() { return std::exchange(world_.told, {}); }
  std::string all_told() {
    std::string out;
    for (const std::string& line : take_told()) {
      out += line + "\n";
    }
    return out;
  }
  std::size_t told_of(std::string_view words) const {
    return static_cast<std::size_t>(std::count_if(
        world_.told.begin(), world_.told.end(),
        [&](const std::string& line) { return line.find(words) != std::string::npos; }));
  }
  bool at_rest() const { return world_.worker->counters().at_rest.value() > 0; }
  std::string metrics() {
    metrics_text text;
    world_.worker->counters().collect("test", world_.now_ms, world_.now_ns(), text);
    return text.text();
  }

  fake_log log_;
  sink_world world_{log_};
};

// ---- held lanes

TEST_F(troubles, a_held_lane_is_told_at_its_beginning_its_end_and_ever_more_seldom_between) {
  world_.server.behave = [](const auto&) { return no_policy; };
  world_.start();
  put("d", 3, "week");
  world_.pass(200);
  ASSERT_EQ(world_.told.size(), 1U);
  EXPECT_NE(world_.told[0].find("sink test: d/week is held: retention policy not found: week; "
                                "create it there (CREATE RETENTION POLICY \"week\" ON \"d\""),
            std::string::npos)
      << world_.told[0];
  EXPECT_NE(world_.told[0].find("; next attempt in "), std::string::npos) << world_.told[0];
  take_told();
  world_.pass(10 * hour);
  EXPECT_GT(world_.worker->counters().holds.value(), 1000U);
  // After 1, 3, 7, 15, 31 and 63 minutes, and each hour from then on.
  EXPECT_GE(world_.told.size(), 13U);
  EXPECT_LE(world_.told.size(), 15U);
  EXPECT_EQ(told_of("1 lane is held, the first for "), world_.told.size());
  EXPECT_EQ(told_of("3 points wait: d/week: retention policy not found"), world_.told.size());
  take_told();
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(minute);
  ASSERT_EQ(world_.told.size(), 1U);
  EXPECT_NE(world_.told[0].find("d/week goes on after being held for 10 h"), std::string::npos)
      << world_.told[0];
  EXPECT_TRUE(world_.told[0].ends_with("; 3 points waited")) << world_.told[0];
  take_told();
  world_.pass(2 * hour);
  EXPECT_EQ(all_told(), "");
}

TEST_F(troubles, a_change_of_the_reason_is_told_and_two_that_alternate_do_not_fill_the_journal) {
  bool other = false;
  world_.server.behave = [&](const auto&) { return other ? reply_of(401) : reply_of(200); };
  world_.start();
  put("d");
  world_.pass(10'000);
  ASSERT_EQ(world_.told.size(), 1U);
  EXPECT_NE(world_.told[0].find("d is held: answered 200, not 204: is the url right?"),
            std::string::npos);
  take_told();
  other = true;
  world_.pass(30'000);
  ASSERT_EQ(world_.told.size(), 1U);
  EXPECT_NE(world_.told[0].find("d is held, now for another reason: status 401"),
            std::string::npos);
  take_told();
  for (int i = 0; i < 100; ++i) {
    other = !other;
    world_.pass(40'000);
  }
  EXPECT_LE(world_.told.size(), 10U) << all_told();
}

TEST_F(troubles, another_status_is_another_reason) {
  int status = 200;
  world_.server.behave = [&](const auto&) { return reply_of(status); };
  world_.start();
  put("d");
  world_.pass(1000);
  status = 202;
  world_.pass(40'000);
  EXPECT_EQ(told_of("answered 202, not 204"), 1U) << all_told();
}

TEST_F(troubles, five_hundred_lanes_held_at_once_leave_the_journal_readable) {
  world_.server.behave = [](const fake_server::request& one) {
    const std::string& name = one.lane.database;
    return name.ends_with("7")
               ? no_policy
               : reply_of(404, R"({"error":"database not found: \")" + name + R"(\""})");
  };
  world_.start();
  for (int i = 0; i < 500; ++i) {
    put("d" + std::to_string(i), 2, "week");
  }
  world_.pass(30'000);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 500U);
  EXPECT_LE(world_.told.size(), trouble_book::lane_lines_max + 2) << all_told();
  EXPECT_EQ(told_of("500 lanes are held, the first for"), 1U) << all_told();
  EXPECT_EQ(told_of("1000 points wait: d0/week, d1/week, d10/week and 447 more: database not "
                    "found: \"d0\"; create "
                    "it there"),
            1U)
      << all_told();
  EXPECT_EQ(told_of(" | d107/week, d117/week, d127/week and 47 more: retention policy not found"),
            1U);
  for (const std::string& line : take_told()) {
    EXPECT_LT(line.size(), 2000U);
  }
  world_.pass(hour);
  EXPECT_LE(world_.told.size(), 8U);
  take_told();
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(minute);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 0U);
  EXPECT_LE(world_.told.size(), trouble_book::lane_lines_max + 1) << all_told();
  EXPECT_EQ(told_of("484 more lanes are held no longer"), 1U) << all_told();
}

TEST_F(troubles, a_lane_whose_points_are_gone_from_the_log_is_held_no_longer) {
  world_.server.behave = [](const auto&) { return reply_of(401); };
  world_.start();
  put("d", 5);
  world_.pass(1000);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 1U);
  log_.lose(log_position(1));
  world_.pass(minute);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 0U);
  EXPECT_EQ(told_of("d has nothing left to deliver after being held for"), 1U) << all_told();
  take_told();
  world_.pass(5 * hour);
  EXPECT_EQ(all_told(), "");
}

// ---- outages

TEST_F(troubles, an_outage_has_a_first_and_a_last_word_and_few_between) {
  world_.server.behave = [](const auto&) { return http_reply::failed("connection refused"); };
  world_.start();
  for (int i = 0; i < 100; ++i) {
    put("d" + std::to_string(i), 2);
  }
  world_.pass(50'000);
  ASSERT_EQ(world_.told.size(), 1U);
  EXPECT_EQ(told_of(" not delivered: connection refused; next attempt in "), 1U) << all_told();
  take_told();
  world_.pass(2 * hour);
  EXPECT_LE(world_.told.size(), 9U);
  EXPECT_EQ(told_of(" not delivered for "), world_.told.size());
  EXPECT_EQ(told_of("connection refused; 200 points wait; next attempt in "), world_.told.size());
  take_told();
  world_.server.behave = [](const auto&) { return ok; };
  // The first success wakes all lanes: the rest of an outage is not waited for.
  world_.pass(30'100);
  EXPECT_EQ(world_.worker->cursor().delivered, 200U);
  ASSERT_EQ(world_.told.size(), 1U) << all_told();
  EXPECT_EQ(told_of("sink test: delivery goes on after 2 h "), 1U) << all_told();
  EXPECT_EQ(told_of(" attempts failed): 200 points delivered since, 0 points wait"), 1U)
      << all_told();
}

TEST_F(troubles, words_that_differ_by_a_number_are_no_other_reason) {
  int number = 0;
  world_.server.behave = [&](const auto&) {
    return http_reply::failed("Failed to connect after " + std::to_string(++number) + " ms");
  };
  world_.start();
  put("d");
  world_.pass(50'000);
  EXPECT_EQ(world_.told.size(), 1U) << all_told();
  world_.server.behave = [](const auto&) { return reply_of(503); };
  world_.pass(40'000);
  EXPECT_EQ(told_of("d not delivered, now for another reason: status 503; next attempt in"), 1U)
      << all_told();
}

TEST_F(troubles, a_server_that_fails_every_now_and_then_does_not_fill_the_journal) {
  bool fails = false;
  world_.server.behave = [&](const auto&) {
    fails = !fails;
    return fails ? reply_of(503) : ok;
  };
  world_.start();
  for (int i = 0; i < 7200; ++i) {
    put("d");
    world_.pass(500);
  }
  EXPECT_LE(world_.told.size(), 30U) << all_told();
  EXPECT_GE(world_.told.size(), 2U);
}

TEST_F(troubles, one_lane_that_stays_behind_does_not_hide_that_the_rest_goes_on) {
  bool down = true;
  world_.server.behave = [&](const fake_server::request& one) {
    return down || one.lane.database == "d7" ? reply_of(503) : ok;
  };
  world_.start();
  for (int i = 0; i < 20; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(minute);
  take_told();
  down = false;
  world_.pass(minute);
  EXPECT_EQ(told_of("delivery goes on after "), 1U);
  EXPECT_EQ(told_of("but not of 1 lane (such as d7: status 503); 1 point waits"), 1U) << all_told();
}

TEST_F(troubles, when_the_server_answers_but_holds_the_lane_both_are_told) {
  world_.server.behave = [](const auto&) { return http_reply::failed("connection refused"); };
  world_.start();
  put("d");
  world_.pass(minute);
  take_told();
  world_.server.behave = [](const auto&) { return reply_of(401); };
  world_.pass(40'000);
  EXPECT_EQ(told_of("the server answers again after "), 1U);
  EXPECT_EQ(told_of("d is held: status 401"), 1U) << all_told();
}

// ---- when to try again

TEST_F(troubles, a_success_of_another_lane_ends_what_the_server_asked_to_wait) {
  world_.server.behave = [](const fake_server::request& one) {
    http_reply busy = reply_of(429);
    busy.retry_after = std::chrono::seconds(100);
    return one.lane.database == "other" ? ok : busy;
  };
  world_.start();
  put("d");
  world_.pass(200);
  EXPECT_EQ(world_.server.requests, 1U);
  world_.pass(50'000);
  EXPECT_EQ(world_.server.requests, 1U);
  world_.server.behave = [](const auto&) { return ok; };
  put("other");
  world_.pass(200);
  EXPECT_EQ(world_.worker->cursor().delivered, 2U);
}

TEST_F(troubles, a_lane_that_is_refused_alone_keeps_its_own_pace_beside_others_that_deliver) {
  std::size_t refused = 0;
  world_.server.behave = [&](const fake_server::request& one) {
    if (one.lane.database == "other") {
      return ok;
    }
    ++refused;
    http_reply busy = reply_of(503);
    busy.retry_after = std::chrono::seconds(100'000);
    return busy;
  };
  world_.start();
  put("d");
  for (int i = 0; i < 6000; ++i) {  // ten minutes
    put("other");
    world_.pass(100);
  }
  EXPECT_GT(refused, 10U);
  EXPECT_LT(refused, 150U);
}

TEST_F(troubles, no_server_is_believed_for_longer_than_the_bound) {
  world_.server.behave = [](const auto&) {
    http_reply busy = reply_of(429);
    busy.retry_after = std::chrono::seconds(100'000);
    return busy;
  };
  world_.start();
  put("d");
  world_.pass(hour);
  EXPECT_GE(world_.server.requests, 29U);
  EXPECT_LE(world_.server.requests, 32U);
}

// ---- draining

TEST_F(troubles, draining_does_not_wait_for_held_lanes) {
  world_.server.behave = [](const auto&) { return reply_of(401); };
  world_.start();
  put("d");
  world_.pass(minute);
  EXPECT_FALSE(at_rest());
  const std::size_t before = world_.server.requests;
  world_.worker->drain(world_.now_ms);
  world_.turn();
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(world_.server.requests, before);
}

TEST_F(troubles, draining_tries_once_more_and_soon_again_but_not_for_ever) {
  world_.server.behave = [](const auto&) { return http_reply::failed("connection refused"); };
  world_.start();
  put("d");
  put("e");
  world_.pass(minute);
  const std::size_t before = world_.server.requests;
  world_.worker->drain(world_.now_ms);
  world_.turn();
  EXPECT_EQ(world_.server.requests, before + 2);
  EXPECT_FALSE(at_rest());
  world_.pass(sink::drain_retry_ms_max);
  EXPECT_EQ(world_.server.requests, before + 4);
  EXPECT_TRUE(at_rest());
}

TEST_F(troubles, draining_waits_for_a_server_that_is_merely_slow) {
  world_.settings.batch.points = 1;
  world_.start();
  put("d");
  put("d");
  world_.turn();
  world_.worker->drain(world_.now_ms);
  for (int i = 0; i < 2; ++i) {
    world_.pass(5000);
    ASSERT_EQ(world_.server.waiting.size(), 1U);
    EXPECT_FALSE(at_rest());
    world_.reply(ok);
  }
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(world_.worker->cursor().delivered, 2U);
}

TEST_F(troubles, a_server_that_comes_back_while_draining_is_used) {
  int failures = 3;
  world_.server.behave = [&](const auto&) {
    return failures-- > 0 ? http_reply::failed("connection refused") : ok;
  };
  world_.start();
  put("d");
  put("e");
  put("f");
  world_.worker->drain(world_.now_ms);
  world_.pass(sink::drain_retry_ms_max);
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(world_.worker->cursor().delivered, 3U);
}

TEST_F(troubles, draining_ends_when_the_last_lane_turns_out_to_be_held) {
  world_.start();
  put("d");
  world_.worker->drain(world_.now_ms);
  world_.turn();
  EXPECT_FALSE(at_rest());
  world_.reply(reply_of(200, "<html></html>"));
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(world_.worker->pending_points(), 1U);
}

// ---- metrics

TEST_F(troubles, metrics_say_how_much_waits_and_for_how_long) {
  world_.server.behave = [](const fake_server::request& one) {
    return one.lane.database == "d" ? reply_of(401) : ok;
  };
  world_.start();
  EXPECT_NE(metrics().find("weir_sink_oldest_pending_age_seconds{sink=\"test\"} 0\n"),
            std::string::npos);
  put("d", 2, "week");
  put("e", 5);
  world_.pass(90'000);
  const std::string bytes = std::to_string(make_lines(2, 0).size());
  const std::string out = metrics();
  const std::string held = "{database=\"d\",retention_policy=\"week\",sink=\"test\"} ";
  const std::string of = "{sink=\"test\"} ";
  const std::string bucket = "weir_sink_delivery_seconds_bucket{sink=\"test\",le=";
  const std::vector<std::string> lines{
      "weir_sink_oldest_pending_age_seconds" + of + "90\n",
      "weir_sink_pending_bytes" + of + bytes + "\n",
      "weir_sink_held_pending_points" + held + "2\n",
      "weir_sink_held_pending_bytes" + held + bytes + "\n",
      "weir_sink_held_oldest_pending_age_seconds" + held + "90\n",
      "weir_sink_delivery_seconds_count" + of + "1\n",
      bucket + "\"0.05\"} 0\n",
      bucket + "\"0.25\"} 1\n",
      bucket + "\"+Inf\"} 1\n",
  };
  for (const std::string& line : lines) {
    EXPECT_NE(out.find(line), std::string::npos) << line << out;
  }
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(minute);
  EXPECT_EQ(metrics().find("weir_sink_held_pending"), std::string::npos);
  EXPECT_NE(metrics().find("weir_sink_pending_bytes{sink=\"test\"} 0\n"), std::string::npos);
}

TEST_F(troubles, held_lanes_have_metrics_of_their_own_up_to_a_bound) {
  world_.server.behave = [](const auto&) { return reply_of(401); };
  world_.start();
  for (int i = 0; i < 100; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(1000);
  const std::string out = metrics();
  std::size_t shown = 0;
  for (std::size_t at = out.find("weir_sink_held_pending_bytes{"); at != std::string::npos;
       at = out.find("weir_sink_held_pending_bytes{", at + 1)) {
    ++shown;
  }
  EXPECT_EQ(shown, sink_counters::held_lanes_shown_max);
}

TEST_F(troubles, the_age_of_a_long_backlog_goes_down_while_it_is_delivered) {
  world_.settings.batch.points = 1;
  world_.start();
  for (int i = 0; i < 1000; ++i) {
    put("d");
    world_.now_ms += 1000;
  }
  world_.turn();
  for (int i = 0; i < 900; ++i) {
    world_.reply(ok);
  }
  EXPECT_NE(metrics().find("weir_sink_oldest_pending_age_seconds{sink=\"test\"} 101\n"),
            std::string::npos)
      << metrics();
}

TEST(spoken_duration, is_short_and_exact_enough) {
  EXPECT_EQ(spoken_duration(-5), "0 ms");
  EXPECT_EQ(spoken_duration(312), "312 ms");
  EXPECT_EQ(spoken_duration(2000), "2 s");
  EXPECT_EQ(spoken_duration(2549), "2.5 s");
  EXPECT_EQ(spoken_duration(9990), "10 s");
  EXPECT_EQ(spoken_duration(30'000), "30 s");
  EXPECT_EQ(spoken_duration(119'400), "119 s");
  EXPECT_EQ(spoken_duration(120'000), "2 min");
  EXPECT_EQ(spoken_duration(242'000), "4 min 2 s");
  EXPECT_EQ(spoken_duration(3 * hour + 20 * minute), "3 h 20 min");
  EXPECT_EQ(spoken_duration(51 * hour), "2 d 3 h");
}

}  // namespace
}  // namespace weir
