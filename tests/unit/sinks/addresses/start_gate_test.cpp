// SPDX-License-Identifier: Apache-2.0
//
// The circuit breaker and the budget of held lanes; and what a sink's server notices of both.
#include "sinks/addresses/start_gate.hpp"

#include <gtest/gtest.h>

#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

using outcome_of = start_gate::outcome;
constexpr lane_standing well = lane_standing::well;
constexpr lane_standing failing = lane_standing::failing;
constexpr lane_standing held = lane_standing::held;

void try_once(start_gate& gate, std::uint64_t lane, lane_standing as, outcome_of what,
              std::int64_t now_ms) {
  gate.started(as, now_ms);
  gate.ended(lane, as, what, now_ms);
}

void open(start_gate& gate, std::int64_t now_ms) {
  for (std::uint64_t i = 0; i < start_gate::failures_max; ++i) {
    try_once(gate, i, well, outcome_of::failed, now_ms);
  }
  ASSERT_TRUE(gate.open());
}

TEST(start_gate, opens_after_failures_of_several_lanes_in_a_row_and_closes_at_once) {
  start_gate gate;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    try_once(gate, i % (start_gate::failing_lanes_least - 1), failing, outcome_of::failed, 0);
  }
  EXPECT_FALSE(gate.open()) << "a few bad lanes are no outage";
  try_once(gate, 99, well, outcome_of::failed, 0);
  EXPECT_TRUE(gate.open());
  try_once(gate, 99, well, outcome_of::answered, 0);
  EXPECT_FALSE(gate.open());
  EXPECT_EQ(gate.opens_ms(failing, 0), 0);
}

TEST(start_gate, a_success_between_failures_keeps_it_closed) {
  start_gate gate;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    try_once(gate, i, well, i % 7 == 6 ? outcome_of::passed : outcome_of::failed, 0);
    ASSERT_FALSE(gate.open());
  }
}

TEST(start_gate, lets_one_lane_try_for_all_at_a_growing_pace) {
  start_gate gate;
  open(gate, 1000);
  std::int64_t now = 1000;
  std::int64_t wait = start_gate::probe_least_ms;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(gate.opens_ms(failing, now), now + wait);
    now += wait;
    EXPECT_EQ(gate.opens_ms(failing, now), now);
    gate.started(failing, now);
    EXPECT_EQ(gate.opens_ms(failing, now + 60'000), start_gate::never) << "one at a time";
    gate.ended(1, failing, outcome_of::failed, now);
    wait = std::min(wait * 2, start_gate::probe_most_ms);
  }
}

TEST(start_gate, while_it_is_open_lanes_that_did_not_fail_yet_try_a_few_times_a_second) {
  start_gate gate;
  open(gate, 0);
  int started = 0;
  for (std::int64_t now = 0; now < 10'000; ++now) {
    if (gate.opens_ms(well, now) <= now) {
      try_once(gate, 1, well, outcome_of::failed, now);
      ++started;
    }
  }
  EXPECT_EQ(started, 10'000 / start_gate::well_every_ms);
}

TEST(start_gate, held_lanes_share_a_budget_and_success_pays_for_more) {
  start_gate gate;
  int started = 0;
  for (std::int64_t now = 0; now < 100'000; ++now) {
    if (gate.opens_ms(held, now) <= now) {
      try_once(gate, 1, held, outcome_of::answered, now);
      ++started;
    }
    EXPECT_EQ(gate.opens_ms(well, now), now);
  }
  EXPECT_NEAR(started, 100 * start_gate::held_probes_per_second, start_gate::held_probes_most + 1);
  // The cause of all is repaired: nobody waits any more.
  for (int i = 0; i < 1000; ++i) {
    if (gate.opens_ms(held, 100'250) <= 100'250) {
      try_once(gate, 1, held, outcome_of::passed, 100'250);
      ++started;
    }
  }
  EXPECT_GT(started, 1000);
}

TEST(start_gate, held_and_failing_lanes_leave_room_for_others) {
  start_gate gate;
  std::size_t under_way = 0;
  while (gate.opens_ms(held, 0) <= 0) {
    gate.started(held, 0);
    ++under_way;
  }
  EXPECT_EQ(under_way, start_gate::held_in_flight_max);
  while (gate.opens_ms(failing, 0) <= 0) {
    gate.started(failing, 0);
    ++under_way;
  }
  EXPECT_LT(under_way, sink::in_flight_max);
  EXPECT_EQ(gate.opens_ms(well, 0), 0);
}

// ---- a sink

class gates : public ::testing::Test {
 protected:
  gates() {
    world_.settings.retry_least = milliseconds(200);
    world_.settings.retry_most = milliseconds(30'000);
  }
  void put(const std::string& database, std::uint32_t points = 1) {
    auto made = make_frame(database, make_lines(points), points);
    made->header.received_ns = world_.now_ns();
    append_frame(log_, made);
  }
  void TearDown() override { EXPECT_TRUE(world_.conserves()); }
  std::size_t requests_in(std::int64_t ms) {
    const std::size_t before = world_.server.requests;
    world_.pass(ms);
    return world_.server.requests - before;
  }

  fake_log log_;
  sink_world world_{log_};
};

const http_reply missing = reply_of(404, R"({"error":"database not found: \"x\""})");
const http_reply ok = reply_of(204);

TEST_F(gates, five_thousand_mistyped_databases_ask_a_few_times_a_second_and_delay_nobody) {
  std::map<std::string, int> asked;
  world_.server.behave = [&](const fake_server::request& one) {
    ++asked[one.lane.database];
    return one.lane.database == "good" ? ok : missing;
  };
  world_.start();
  for (int i = 0; i < 5000; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(30'000);
  EXPECT_EQ(asked.size(), 5000U);
  EXPECT_LT(requests_in(60'000), 60 * 5U);
  // Each has its turn.
  asked.clear();
  world_.pass(5000 / 4 * 1000 + 60'000);
  EXPECT_EQ(asked.size(), 5000U);
  // A good lane waits for nobody.
  for (int i = 0; i < 50; ++i) {
    put("good");
    world_.pass(110);
    ASSERT_EQ(world_.worker->cursor().delivered, static_cast<std::uint64_t>(i + 1));
  }
}

TEST_F(gates, a_database_that_is_created_through_weir_is_tried_before_its_turn) {
  world_.server.behave = [&](const fake_server::request& one) {
    if (one.creates) {
      return reply_of(200, R"({"results":[{"statement_id":0}]})");
    }
    return one.lane.database == "d4321" && world_.server.creations > 0 ? ok : missing;
  };
  world_.start();
  for (int i = 0; i < 5000; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(60'000);
  world_.created.insert("d4321");
  put("d4321");
  world_.pass(1000);
  EXPECT_EQ(world_.worker->cursor().delivered, 2U);
}

TEST_F(gates, what_held_them_all_is_repaired_for_all) {
  bool repaired = false;
  world_.server.behave = [&](const auto&) { return repaired ? ok : reply_of(401); };
  world_.start();
  for (int i = 0; i < 1000; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(120'000);
  repaired = true;
  world_.pass(35'000);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(gates, an_outage_is_probed_by_one_lane_at_a_time) {
  bool down = true;
  world_.server.behave = [&](const auto&) { return down ? http_reply::failed("refused") : ok; };
  world_.start();
  for (int i = 0; i < 500; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(300'000);
  EXPECT_LT(requests_in(60'000), 60U);
  down = false;
  world_.pass(start_gate::probe_most_ms + 1000);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(gates, a_lane_that_begins_to_write_in_the_midst_of_failing_ones_does_not_wait) {
  world_.server.behave = [&](const fake_server::request& one) {
    return one.lane.database == "good" ? ok : reply_of(500);
  };
  world_.start();
  for (int i = 0; i < 100; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(60'000);
  put("good");
  world_.pass(100 + start_gate::well_every_ms);
  EXPECT_EQ(world_.worker->cursor().delivered, 1U);
}

TEST_F(gates, draining_asks_everyone_once_more_all_the_same) {
  world_.server.behave = [](const auto&) { return http_reply::failed("refused"); };
  world_.start();
  for (int i = 0; i < 500; ++i) {
    put("d" + std::to_string(i));
  }
  world_.pass(60'000);
  world_.worker->drain(world_.now_ms);
  world_.pass(3000);
  EXPECT_EQ(world_.worker->counters().at_rest.value(), 1U);
}

TEST_F(gates, a_server_to_which_everything_is_too_large_is_not_asked_as_fast_as_it_answers) {
  world_.server.behave = [](const auto&) { return reply_of(413); };
  world_.start();
  for (int i = 0; i < 100; ++i) {
    put("d", 100);
  }
  EXPECT_LT(requests_in(1000), 40U);
  EXPECT_LT(requests_in(10'000), 30U);
  EXPECT_LT(requests_in(60'000), 20U);
  EXPECT_GE(world_.discarded(discard_reason::too_large), 2U);
  EXPECT_LT(world_.discarded(discard_reason::too_large), 20U);
  // It is well again: batches are as large as before.
  world_.server.behave = [](const auto&) { return ok; };
  world_.pass(60'000);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(gates, single_lines_that_are_too_large_between_good_ones_cost_no_time) {
  world_.server.behave = [](const fake_server::request& one) {
    return one.lines.find("v=0i") != std::string::npos ? reply_of(413) : ok;
  };
  world_.start();
  for (int i = 0; i < 20; ++i) {
    put("d", 50);
  }
  world_.pass(1000);
  EXPECT_EQ(world_.discarded(discard_reason::too_large), 20U);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

}  // namespace
}  // namespace weir
