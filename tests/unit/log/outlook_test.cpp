// SPDX-License-Identifier: Apache-2.0
//
// What a log says of the next append, before and after it was full. A disk that refuses:
// local_log_fault_test.cpp.
#include <gtest/gtest.h>

#include <thread>

#include "log_testing.hpp"

namespace weir {
namespace {

constexpr std::uint64_t keep_bytes = 512 * 1024;

log_shape small_log() {
  log_shape settings;
  settings.keep_bytes = keep_bytes;
  settings.segment_bytes = 64 * 1024;
  return settings;
}

// Fills a log until it refuses; how many frames it took.
std::uint64_t fill(frame_log& log, std::size_t frame_bytes) {
  std::uint64_t taken = 0;
  while (append_one(log, make_frame(std::string(frame_bytes, 'x'))) == append_status::taken) {
    ++taken;
  }
  return taken;
}

class outlook : public testing::TestWithParam<append_promise> {
 protected:
  std::unique_ptr<frame_log> make(log_shape settings = small_log()) {
    settings.promise = GetParam();
    return open_log(directory_.path(), budget_, settings);
  }

  test_directory directory_;
  memory_budget budget_{std::size_t{8} << 20};
};

TEST_P(outlook, full_until_a_sink_releases_and_no_append_is_needed) {
  const auto log = make();
  const std::size_t sink = log->subscribe({"sink", true, {}}, log_position(1));
  EXPECT_EQ(log->outlook().status, append_status::taken);
  const std::uint64_t taken = fill(*log, 20'000);
  ASSERT_GT(taken, 10U);
  const append_result full = log->outlook();
  EXPECT_EQ(full.status, append_status::full);
  EXPECT_NE(full.detail.find("log.keep"), std::string::npos) << full.detail;
  EXPECT_EQ(log->usage().bytes_max, keep_bytes);
  EXPECT_GT(log->usage().bytes + 21'000, keep_bytes);
  EXPECT_LE(log->usage().bytes, keep_bytes);
  if (GetParam() != append_promise::received) {
    // There the writer's groups make the segments, and the first one may have a single frame.
    log->release(sink, log_position(2));
    EXPECT_EQ(log->outlook().status, append_status::full) << "no whole segment is free";
  }
  log->release(sink, log->end());
  while (GetParam() == append_promise::received && log->outlook().status != append_status::taken) {
    log->release(sink, log->end());  // frames are written behind, and released after that
    std::this_thread::yield();
  }
  EXPECT_EQ(log->outlook().status, append_status::taken);
  EXPECT_EQ(append_one(*log, make_frame(std::string(20'000, 'x'))), append_status::taken);
}

TEST_P(outlook, a_log_that_was_full_is_full_after_a_restart) {
  std::size_t sink = 0;
  {
    const auto log = make();
    sink = log->subscribe({"sink", true, {}}, log_position(1));
    fill(*log, 20'000);
    fill(*log, 1);
    EXPECT_TRUE(log->close().ok());
  }
  const auto log = make();
  sink = log->subscribe({"sink", true, {}}, log_position(1));
  EXPECT_EQ(log->outlook().status, append_status::full) << "no append has told";
  EXPECT_EQ(append_one(*log, make_frame("x")), append_status::full);
  log->release(sink, log->end());
  EXPECT_EQ(log->outlook().status, append_status::taken);
}

TEST_P(outlook, what_is_larger_than_the_log_says_nothing_about_it) {
  const auto log = make();
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  EXPECT_EQ(append_one(*log, make_frame(std::string(keep_bytes + 1, 'x'))), append_status::full);
  EXPECT_EQ(log->outlook().status, append_status::taken);
}

TEST_P(outlook, a_log_that_discards_is_never_full) {
  if (GetParam() == append_promise::received) {
    GTEST_SKIP() << "what is not written yet cannot be discarded";
  }
  log_shape settings = small_log();
  settings.when_full = full_policy::discard_oldest;
  const auto log = make(settings);
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(std::string(20'000, 'x'))), append_status::taken);
    ASSERT_EQ(log->outlook().status, append_status::taken);
  }
}

TEST_P(outlook, a_closed_log_takes_nothing) {
  const auto log = make();
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(log->outlook().status, append_status::failed);
}

INSTANTIATE_TEST_SUITE_P(modes, outlook,
                         testing::Values(append_promise::written, append_promise::received,
                                         append_promise::synced));

TEST(memory_outlook, full_until_a_sink_releases) {
  memory_budget budget{200'000};
  const auto log = make_memory_log({budget, full_policy::reject, test_clock});
  const std::size_t sink = log->subscribe({"sink", true, {}}, log_position(1));
  EXPECT_EQ(append_one(*log, make_frame(std::string(300'000, 'x'))), append_status::full);
  EXPECT_EQ(log->outlook().status, append_status::taken) << "it never fits";
  ASSERT_GT(fill(*log, 20'000), 2U);
  EXPECT_EQ(log->outlook().status, append_status::full);
  EXPECT_NE(log->outlook().detail.find("limits.memory"), std::string::npos);
  log->release(sink, log->end());
  EXPECT_EQ(log->outlook().status, append_status::taken);
  EXPECT_EQ(append_one(*log, make_frame(std::string(20'000, 'x'))), append_status::taken);
}

}  // namespace
}  // namespace weir
