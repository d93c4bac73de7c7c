// SPDX-License-Identifier: Apache-2.0
//
// A sink whose server refuses lines or fails on them: what stands aside, what goes on, and what
// waits until it can be kept.
#include <gtest/gtest.h>

#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

const http_reply ok = reply_of(204);

class poison : public ::testing::Test {
 protected:
  void put(const std::string& database, const std::string& lines, std::uint32_t points = 1) {
    auto made = make_frame(database, lines, points);
    made->header.received_ns = world_.now_ns();
    append_frame(log_, made);
  }
  void TearDown() override {
    if (world_.worker) {
      EXPECT_TRUE(world_.conserves());
    }
  }
  std::size_t told_of(std::string_view words) const {
    return static_cast<std::size_t>(std::count_if(
        world_.told.begin(), world_.told.end(),
        [&](const std::string& line) { return line.find(words) != std::string::npos; }));
  }
  static std::optional<http_reply> refuse_bad(const fake_server::request& one) {
    return one.lines.find("bad") != std::string::npos ? reply_of(400, R"({"error":"no"})") : ok;
  }
  static std::optional<http_reply> fail_on_bad(const fake_server::request& one) {
    return one.lines.find("bad") != std::string::npos ? reply_of(500, R"({"error":"panic"})") : ok;
  }

  fake_log log_;
  sink_world world_{log_};
};

// ---- a refused store that is full

TEST_F(poison, refused_lines_that_cannot_be_kept_are_not_given_up_and_their_lane_is_held) {
  world_.server.behave = refuse_bad;
  world_.refused.failing = true;
  world_.start();
  put("d", "m v=\"bad\" 1\nm v=1i 2\n", 2);
  put("other", "m v=1i 1\n");
  world_.pass(60'000);
  EXPECT_EQ(world_.discarded(discard_reason::refused), 0U);
  EXPECT_EQ(world_.worker->cursor().delivered, 1U) << "the other lane goes on";
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 1U);
  EXPECT_EQ(told_of("d is held: what the server refused cannot be kept: no space left; make room "
                    "there (key: refused_directory)"),
            1U);
  const std::size_t asked = world_.server.requests;
  put("d", "m v=2i 3\n");
  world_.pass(60'000);
  EXPECT_EQ(world_.server.requests, asked) << "the server is not asked again";
  world_.refused.failing = false;
  world_.pass(60'000);
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 1\n");
  EXPECT_EQ(world_.refused.count, 1U);
  EXPECT_EQ(world_.discarded(discard_reason::refused), 1U);
  EXPECT_EQ(world_.worker->cursor().delivered, 3U);
  EXPECT_EQ(world_.worker->counters().held_lanes.value(), 0U);
}

TEST_F(poison, a_drain_ends_although_refused_lines_cannot_be_kept) {
  world_.server.behave = refuse_bad;
  world_.refused.failing = true;
  world_.start();
  put("d", "m v=\"bad\" 1\n");
  world_.worker->drain(world_.now_ms);
  world_.pass(1000);
  EXPECT_EQ(world_.worker->counters().at_rest.value(), 1U);
  // At the next start it is delivered again, and kept.
  world_.refused.failing = false;
  world_.start();
  world_.pass(1000);
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 1\n");
  EXPECT_EQ(world_.discarded(discard_reason::refused), 1U);
}

TEST_F(poison, a_line_that_is_too_large_alone_waits_for_the_store_too) {
  world_.server.behave = [](const auto&) { return reply_of(413); };
  world_.refused.failing = true;
  world_.start();
  put("d", "m v=1i 1\n");
  world_.pass(10'000);
  EXPECT_EQ(world_.discarded(discard_reason::too_large), 0U);
  world_.refused.failing = false;
  world_.pass(10'000);
  EXPECT_EQ(world_.discarded(discard_reason::too_large), 1U);
}

// ---- a server that fails on a batch

TEST_F(poison, a_batch_on_which_the_server_fails_while_neighbours_pass_loses_its_bad_line_alone) {
  world_.server.behave = fail_on_bad;
  world_.start();
  put("d", "m v=1i 1\nm v=\"bad\" 2\nm v=3i 3\n", 3);
  for (int i = 0; i < 200; ++i) {
    put("neighbour", "m v=1i " + std::to_string(i) + "\n");
    world_.pass(200);
  }
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 2\n");
  EXPECT_EQ(world_.refused.words, "the server fails on it, and on nothing beside it: panic");
  EXPECT_EQ(world_.discarded(discard_reason::refused), 1U);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
  EXPECT_TRUE((world_.server.stored[{"d", ""}].ends_with("m v=1i 1\nm v=3i 3\n")));
}

TEST_F(poison, a_single_line_on_which_the_server_fails_is_given_up_if_neighbours_pass) {
  world_.server.behave = fail_on_bad;
  world_.start();
  put("d", "m v=\"bad\" 2\n");
  for (int i = 0; i < 200; ++i) {
    put("neighbour", "m v=1i " + std::to_string(i) + "\n");
    world_.pass(200);
  }
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 2\n");
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(poison, of_a_lane_without_neighbours_the_lines_beside_the_bad_one_are_the_proof) {
  world_.server.behave = fail_on_bad;
  world_.start();
  put("d", "m v=1i 1\nm v=\"bad\" 2\nm v=3i 3\n", 3);
  world_.pass(60'000);
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 2\n");
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(poison, a_lane_that_failed_and_lost_all_is_no_neighbour) {
  world_.server.behave = [](const auto&) { return reply_of(500); };
  world_.start();
  put("gone", "m v=1i 1\n");
  world_.pass(1'000);
  log_.lose(log_position(1));
  world_.pass(1'000);
  ASSERT_EQ(world_.discarded(discard_reason::lost), 1U);
  world_.server.behave = fail_on_bad;
  put("d", "m v=1i 1\nm v=\"bad\" 2\nm v=3i 3\n", 3);
  world_.pass(60'000);
  EXPECT_EQ(world_.refused.lines, "m v=\"bad\" 2\n");
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

TEST_F(poison, a_line_without_any_neighbour_is_never_given_up) {
  world_.server.behave = fail_on_bad;
  world_.start();
  put("d", "m v=\"bad\" 2\n");
  world_.pass(3'600'000);
  EXPECT_EQ(world_.refused.count, 0U);
  EXPECT_EQ(world_.worker->pending_points(), 1U);
}

TEST_F(poison, an_outage_of_all_lanes_costs_no_point_and_no_request_more) {
  for (const http_reply& how : {reply_of(500), http_reply::failed("timeout"), reply_of(503)}) {
    world_.server.behave = [how](const auto&) { return how; };
    world_.start();
    for (int i = 0; i < 20; ++i) {
      put("d" + std::to_string(i), make_lines(10), 10);
    }
    world_.pass(600'000);
    EXPECT_EQ(world_.worker->cursor().discarded_total(), 0U);
    EXPECT_EQ(world_.refused.count, 0U);
    world_.server.behave = [](const auto&) { return ok; };
    world_.pass(60'000);
    EXPECT_EQ(world_.worker->pending_points(), 0U);
  }
}

TEST_F(poison, a_server_that_fails_every_other_time_costs_no_point) {
  std::uint64_t random = 1;
  world_.server.behave = [&random](const auto&) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random >> 40) % 10 < 7 ? reply_of(500) : ok;
  };
  world_.start();
  for (int i = 0; i < 400; ++i) {
    put("d" + std::to_string(i % 7), make_lines(1 + static_cast<std::uint32_t>(i % 3)),
        1 + static_cast<std::uint32_t>(i % 3));
    world_.pass(300);
  }
  world_.pass(600'000);
  EXPECT_EQ(world_.worker->cursor().discarded_total(), 0U);
  EXPECT_EQ(world_.worker->pending_points(), 0U);
}

}  // namespace
}  // namespace weir
