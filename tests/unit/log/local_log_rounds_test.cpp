// SPDX-License-Identifier: Apache-2.0
//
// A local log without a thread of its own: nothing happens between calls but what a round does, and
// `next_work` says when one is due.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

#include "log/local/local_log.hpp"
#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

using std::chrono::milliseconds;

/// Real files whose next writes fail.
class refusing_files final : public forwarding_files {
 public:
  int refused_writes = 0;

  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    return refused_writes > 0 ? (--refused_writes, -ENOSPC)
                              : real_.write_at(descriptor, pieces, offset);
  }
};

class local_log_rounds : public testing::Test {
 protected:
  local_log& open(append_promise promise) {
    log_shape shape;
    shape.directory = directory_.path();
    shape.promise = promise;
    shape.segment_bytes = std::uint64_t{64} << 10;
    shape.keep_bytes = std::uint64_t{1} << 20;
    local_log_options options = options_of(shape, budget_, test_clock, &files_);
    options.own_thread = false;
    auto opened = open_local_log(std::move(options));
    EXPECT_TRUE(opened.ok());
    log_ = std::move(opened).value();
    return static_cast<local_log&>(*log_);
  }
  append_result append(std::size_t bytes = 100) {
    const std::shared_ptr<frame> frames[] = {make_frame(std::string(bytes, 'x'))};
    return log_->append(frames);
  }

  test_directory directory_;
  refusing_files files_;
  memory_budget budget_{std::size_t{8} << 20};
  std::unique_ptr<frame_log> log_;
};

TEST_F(local_log_rounds, a_group_commit_is_done_when_it_is_asked_for) {
  local_log& log = open(append_promise::synced);
  EXPECT_FALSE(log.next_work().has_value());
  const append_result first = append();
  const append_result second = append();
  ASSERT_EQ(first.status, append_status::pending);
  EXPECT_EQ(log.end(), log_position(1)) << "nobody settled it";
  EXPECT_EQ(log.next_work(), milliseconds{0});
  EXPECT_FALSE(log.work_once(false));
  ASSERT_TRUE(first.ticket->settled() && second.ticket->settled());
  EXPECT_EQ(first.ticket->status(), append_status::taken);
  EXPECT_EQ(log.end(), log_position(3));
  EXPECT_FALSE(log.next_work().has_value());
}

TEST_F(local_log_rounds, what_was_received_is_written_by_a_round_and_again_after_a_rest) {
  local_log& log = open(append_promise::received);
  files_.refused_writes = 1;
  ASSERT_EQ(append().status, append_status::taken);
  EXPECT_EQ(log.next_work(), milliseconds{0});
  EXPECT_FALSE(log.work_once(false));
  const auto rest = log.next_work();
  ASSERT_TRUE(rest.has_value());
  EXPECT_GT(*rest, milliseconds{0}) << "the disk refused";
  EXPECT_FALSE(log.work_once(true));
  EXPECT_FALSE(log.next_work().has_value());
}

TEST_F(local_log_rounds, a_disk_that_refused_an_append_is_asked_after_a_rest_alone) {
  local_log& log = open(append_promise::written);
  files_.refused_writes = 1;
  ASSERT_EQ(append().status, append_status::failed);
  EXPECT_FALSE(log.work_once(false));
  EXPECT_EQ(log.outlook().status, append_status::failed);
  const auto rest = log.next_work();
  ASSERT_TRUE(rest.has_value());
  EXPECT_GT(*rest, milliseconds{0});
  EXPECT_FALSE(log.work_once(true));
  EXPECT_EQ(log.outlook().status, append_status::taken);
  EXPECT_FALSE(log.next_work().has_value());
}

TEST_F(local_log_rounds, released_segments_go_in_a_round) {
  local_log& log = open(append_promise::written);
  const std::size_t sink = log.subscribe({"sink", true, {}}, log_position(1));
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(append(20'000).status, append_status::taken);
  }
  const std::size_t before = directory_.segments().size();
  ASSERT_GT(before, 1U);
  log.release(sink, log.end());
  EXPECT_EQ(directory_.segments().size(), before);
  EXPECT_EQ(log.next_work(), milliseconds{0});
  EXPECT_FALSE(log.work_once(false));
  EXPECT_EQ(directory_.segments().size(), 1U);
}

TEST_F(local_log_rounds, closing_writes_what_was_received) {
  open(append_promise::received);
  ASSERT_EQ(append().status, append_status::taken);
  ASSERT_TRUE(log_->close().ok());
  log_.reset();
  open(append_promise::received);
  EXPECT_EQ(read_all(*log_).size(), 1U);
}

TEST_F(local_log_rounds, positions_that_a_sink_knows_are_not_given_again) {
  open(append_promise::written);
  ASSERT_EQ(append().status, append_status::taken);
  // Its cursor survived a loss of power, and the frames from 2 to 6 did not; it still needs 1.
  subscription sink{.name = "sink", .required = true, .wake = {}, .seen = log_position(7)};
  static_cast<void>(log_->subscribe(std::move(sink), log_position(1)));
  EXPECT_EQ(log_->end(), log_position(7));
  ASSERT_EQ(append().status, append_status::taken);
  const std::vector<frame_ptr> kept = read_all(*log_);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0]->header.position, log_position(1));
  EXPECT_EQ(kept[1]->header.position, log_position(7));
}

}  // namespace
}  // namespace weir
