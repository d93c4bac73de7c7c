// SPDX-License-Identifier: Apache-2.0
//
// The local log: its directory, its segments, and reading from disk what left memory.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "log_testing.hpp"

namespace weir {
namespace {

log_shape small_segments() {
  log_shape settings;
  settings.segment_bytes = 64 * 1024;
  return settings;
}

class local_log_files : public testing::Test {
 protected:
  void append(frame_log& log, std::uint64_t count, std::size_t bytes = 1000) {
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ(append_one(log, make_frame(payload_of(log.end().number(), bytes))),
                append_status::taken);
    }
  }
  static void expect_frames(const std::vector<frame_ptr>& frames, std::uint64_t first,
                            std::uint64_t end, std::size_t bytes = 1000) {
    ASSERT_EQ(frames.size(), end - first);
    for (std::uint64_t sequence = first; sequence < end; ++sequence) {
      const frame& each = *frames[sequence - first];
      ASSERT_EQ(each.header.position.number(), sequence);
      ASSERT_EQ(each.stored, payload_of(sequence, bytes));
      ASSERT_EQ(each.header.stored_bytes, each.stored.size());
      ASSERT_EQ(each.header.time_least, -5);
      ASSERT_EQ(each.header.time_greatest, 7);
      ASSERT_EQ(each.header.points, 1u);
    }
  }

  test_directory directory_;
  memory_budget budget_{std::size_t{1} << 20};
  memory_budget nothing_{0};
};

TEST_F(local_log_files, frames_from_disk_equal_those_from_memory) {
  auto log = open_log(directory_.path(), nothing_, small_segments());
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  append(*log, 500);
  EXPECT_EQ(metric(*log, "weir_log_memory_frames"), 0);
  expect_frames(read_all(*log), 1, 501);
  EXPECT_EQ(metric(*log, "weir_log_disk_reads_total"), 500);
  EXPECT_GT(directory_.segments().size(), 5u);
}

TEST_F(local_log_files, reading_goes_from_disk_over_to_memory) {
  memory_budget some(20'000);
  auto log = open_log(directory_.path(), some, small_segments());
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  append(*log, 200);
  EXPECT_GT(metric(*log, "weir_log_memory_frames"), 5);
  expect_frames(read_all(*log), 1, 201);
  EXPECT_LT(metric(*log, "weir_log_disk_reads_total"), 195);
  EXPECT_GT(metric(*log, "weir_log_disk_reads_total"), 150);
}

TEST_F(local_log_files, others_frames_are_passed_over_unread) {
  auto log = open_log(directory_.path(), nothing_, small_segments());
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(std::string(700, 'x'), i % 100 == 99 ? "db" : "other")),
              append_status::taken);
  }
  const auto frames = read_all(*log);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2]->header.position.number(), 300u);
  EXPECT_EQ(metric(*log, "weir_log_disk_reads_total"), 3);
}

TEST_F(local_log_files, two_readers_go_at_their_own_pace) {
  auto log = open_log(directory_.path(), nothing_, small_segments());
  append(*log, 300);
  const auto slow = log->reader();
  const auto fast = log->reader();
  log_position slow_from{1};
  log_position fast_from{1};
  for (int i = 0; i < 60; ++i) {
    const auto one = slow->next(slow_from, test_lane);
    ASSERT_EQ(one.status, read_status::frame);
    EXPECT_EQ(one.found->stored, payload_of(slow_from.number(), 1000));
    slow_from = one.next;
    for (int j = 0; j < 5; ++j) {
      const auto other = fast->next(fast_from, test_lane);
      ASSERT_EQ(other.status, read_status::frame);
      EXPECT_EQ(other.found->stored, payload_of(fast_from.number(), 1000));
      fast_from = other.next;
    }
  }
  EXPECT_EQ(fast->next(fast_from, test_lane).status, read_status::caught_up);
}

TEST_F(local_log_files, one_reader_jumps_back_and_forth) {
  auto log = open_log(directory_.path(), nothing_, small_segments());
  append(*log, 300);
  const auto reader = log->reader();
  for (std::uint64_t i = 0; i < 600; ++i) {
    const std::uint64_t wanted = 1 + (i * 7919) % 300;
    const auto found = reader->next(log_position(wanted), test_lane);
    ASSERT_EQ(found.status, read_status::frame);
    ASSERT_EQ(found.found->header.position.number(), wanted);
    ASSERT_EQ(found.found->stored, payload_of(wanted, 1000));
  }
}

TEST_F(local_log_files, reopening_goes_on_where_it_ended) {
  std::uint64_t end = 1;
  for (int round = 0; round < 5; ++round) {
    auto log = open_log(directory_.path(), budget_, small_segments());
    ASSERT_EQ(log->end().number(), end);
    ASSERT_EQ(metric(*log, "weir_log_torn_bytes_total"), 0);
    expect_frames(read_all(*log), 1, end);
    append(*log, 70);
    end += 70;
    ASSERT_TRUE(log->close().ok());
  }
  EXPECT_EQ(metric(*open_log(directory_.path(), budget_), "weir_log_damaged_records_total"), 0);
}

TEST_F(local_log_files, released_segments_are_deleted_but_never_the_newest) {
  std::uint64_t end = 0;
  {
    auto log = open_log(directory_.path(), budget_, small_segments());
    const std::size_t number = log->subscribe({"sink", true, {}}, log_position(1));
    append(*log, 300);
    end = log->end().number();
    log->release(number, log_position(200));
    EXPECT_GT(log->first().number(), 100u);
    EXPECT_LE(log->first().number(), 200u);
    log->release(number, log_position(end));
    EXPECT_EQ(metric(*log, "weir_log_segments"), 1);
    EXPECT_EQ(metric(*log, "weir_log_discarded_points_total"), 0);
    ASSERT_TRUE(log->close().ok());
    EXPECT_EQ(directory_.segments().size(), 1u);
  }
  auto log = open_log(directory_.path(), budget_, small_segments());
  EXPECT_EQ(log->end().number(), end);
}

TEST_F(local_log_files, sequences_go_on_when_the_newest_segment_is_empty) {
  {
    auto log = open_log(directory_.path(), budget_);
    append(*log, 3);
  }
  write_file(directory_.path() + "/segments/00000000000000000004.log", "");
  {
    auto log = open_log(directory_.path(), budget_);
    EXPECT_EQ(log->end().number(), 4u);
    expect_frames(read_all(*log), 1, 4);
    append(*log, 1);
  }
  EXPECT_EQ(open_log(directory_.path(), budget_)->end().number(), 5u);
}

TEST_F(local_log_files, discards_only_what_no_required_sink_needs) {
  log_shape settings = small_segments();
  settings.keep_bytes = 400 * 1024;
  auto log = open_log(directory_.path(), budget_, settings);
  const std::size_t required = log->subscribe({"required", true, {}}, log_position(1));
  static_cast<void>(log->subscribe({"optional", false, {}}, log_position(1)));
  std::uint64_t done = 0;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(i, 1000), "db", 2)), append_status::taken);
    done = i;
    log->release(required, log_position(i + 1));
  }
  ASSERT_TRUE(log->close().ok());
  const auto frames = read_all(*log);
  EXPECT_EQ(frames.back()->header.position.number(), done);
  const double lost = 2.0 * static_cast<double>(log->first().number() - 1);
  EXPECT_GT(lost, 500);
  EXPECT_EQ(metric(*log, "weir_log_discarded_points_total"), lost);
  EXPECT_LE(metric(*log, "weir_log_bytes"), 400 * 1024);
}

TEST_F(local_log_files, retains_what_nobody_needs_for_a_while_as_far_as_there_is_room) {
  std::int64_t now_ns = 1'000'000'000;
  log_shape settings = small_segments();
  settings.directory = directory_.path();
  settings.keep_bytes = 400 * 1024;
  local_log_options options = options_of(settings, budget_, [&] { return now_ns; });
  options.retain_ns = 1000;
  auto log = open_local_log(std::move(options)).value();
  const std::size_t sink = log->subscribe({"sink", true, {}}, log_position(1));
  const auto put = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ(append_one(*log, make_frame(payload_of(i, 1000))), append_status::taken);
      log->release(sink, log->end());
    }
  };
  put(200);
  EXPECT_EQ(log->first().number(), 1u);
  EXPECT_LE(log->usage().bytes, 64U * 1024);
  // Room comes first, and nothing counts as lost.
  put(1000);
  EXPECT_GT(log->first().number(), 500u);
  EXPECT_LE(metric(*log, "weir_log_bytes"), 400 * 1024);
  EXPECT_EQ(metric(*log, "weir_log_discarded_points_total"), 0);
  // Then time.
  now_ns += 2000;
  put(1);
  EXPECT_GT(log->first().number(), 1000u);
}

TEST_F(local_log_files, keep_smaller_than_a_segment_still_works) {
  log_shape settings;
  settings.keep_bytes = 100 * 1024;
  auto log = open_log(directory_.path(), budget_, settings);
  const std::size_t number = log->subscribe({"sink", true, {}}, log_position(1));
  for (std::uint64_t i = 1; i <= 500; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(i, 1000))), append_status::taken) << i;
    log->release(number, log_position(i + 1));
    ASSERT_LE(metric(*log, "weir_log_bytes"), 100 * 1024);
  }
}

TEST_F(local_log_files, one_batch_larger_than_a_segment_is_kept_whole) {
  auto log = open_log(directory_.path(), nothing_, small_segments());
  append(*log, 3);
  std::vector<std::shared_ptr<frame>> turn;
  for (std::uint64_t i = 4; i < 3004; ++i) {  // more pieces than one call of the system takes
    turn.push_back(make_frame(payload_of(i, 1000)));
  }
  ASSERT_EQ(log->append(turn).status, append_status::taken);
  append(*log, 3);
  expect_frames(read_all(*log), 1, 3007);
  log.reset();
  log = open_log(directory_.path(), nothing_, small_segments());
  expect_frames(read_all(*log), 1, 3007);
}

TEST_F(local_log_files, refuses_names_that_the_format_cannot_hold) {
  auto log = open_log(directory_.path(), budget_);
  EXPECT_EQ(append_one(*log, make_frame("x", std::string(record_name_bytes_max + 1, 'd'))),
            append_status::failed);
  EXPECT_EQ(append_one(*log, make_frame("x", std::string(record_name_bytes_max, 'd'))),
            append_status::taken);
  log.reset();
  log = open_log(directory_.path(), nothing_);
  EXPECT_EQ(read_all(*log, log_position(1), {std::string(record_name_bytes_max, 'd'), ""}).size(),
            1u);
}

TEST_F(local_log_files, a_second_log_is_told_who_holds_the_directory) {
  auto log = open_log(directory_.path(), budget_);
  log_shape settings;
  settings.directory = directory_.path();
  const auto second = open_local_log(options_of(settings, budget_, test_clock, nullptr));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  log.reset();
  EXPECT_TRUE(open_local_log(options_of(settings, budget_, test_clock, nullptr)).ok());
}

TEST_F(local_log_files, a_directory_that_cannot_be_made_is_an_error) {
  write_file(directory_.path() + "/file", "");
  log_shape settings;
  settings.directory = directory_.path() + "/file/log";
  const auto opened = open_local_log(options_of(settings, budget_, test_clock, nullptr));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("/file/log"), std::string::npos);
}

TEST_F(local_log_files, frames_without_readers_do_not_stay_in_memory) {
  auto log = open_log(directory_.path(), budget_);
  append(*log, 50);
  EXPECT_EQ(budget_.used(), 0u);
  expect_frames(read_all(*log), 1, 51);
}

}  // namespace
}  // namespace weir
