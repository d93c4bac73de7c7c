// SPDX-License-Identifier: Apache-2.0
//
// Group commits, on files whose syncs begin and end when the test says so: nobody is told before
// the sync that covers their frames, one sync serves all that wait, and after one that failed
// nothing of the old file is believed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

/// The real files, with syncs that wait for permission. Any thread.
class held_files final : public forwarding_files {
 public:
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  /// Lets `count` syncs end; with `error`, they fail.
  void let(int count, int error = 0) {
    const std::lock_guard lock(mutex_);
    permitted_ += count;
    error_ = error;
    changed_.notify_all();
  }
  void let_all() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    error_ = 0;
    changed_.notify_all();
  }
  void fail_directories(int error) {
    const std::lock_guard lock(mutex_);
    directory_error_ = error;
  }
  void fail_truncations(int error) {
    const std::lock_guard lock(mutex_);
    truncate_error_ = error;
  }
  /// Waits until so many syncs have begun since the start.
  void wait_begun(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }
  [[nodiscard]] int directory_syncs() const {
    const std::lock_guard lock(mutex_);
    return directory_syncs_;
  }
  void forget_written() {
    const std::lock_guard lock(mutex_);
    from_start_ = 0;
  }
  /// Bytes that were written since, one after the other from a file's beginning.
  [[nodiscard]] std::uint64_t written_at_start() const {
    const std::lock_guard lock(mutex_);
    return from_start_;
  }
  /// Bytes that had been written when the latest sync began.
  [[nodiscard]] std::uint64_t covered() const {
    const std::lock_guard lock(mutex_);
    return covered_;
  }

  int sync(int descriptor) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    covered_ = written_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_ || permitted_ > 0; });
    permitted_ -= held_ ? 1 : 0;
    return error_ != 0 ? -error_ : real_.sync(descriptor);
  }
  int truncate(int descriptor, std::uint64_t size) override {
    const std::lock_guard lock(mutex_);
    return truncate_error_ != 0 ? -truncate_error_ : real_.truncate(descriptor, size);
  }
  int sync_directory(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    ++directory_syncs_;
    return directory_error_ != 0 ? -directory_error_ : real_.sync_directory(path);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    const std::int64_t bytes = real_.write_at(descriptor, pieces, offset);
    const std::lock_guard lock(mutex_);
    written_ += bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
    from_start_ += bytes > 0 && offset == from_start_ ? static_cast<std::uint64_t>(bytes) : 0;
    return bytes;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int permitted_ = 0;
  int error_ = 0;
  int directory_error_ = 0;
  int truncate_error_ = 0;
  int begun_ = 0;
  int directory_syncs_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t covered_ = 0;
  std::uint64_t from_start_ = 0;
};

class local_log_synced : public testing::Test {
 protected:
  std::unique_ptr<frame_log> open(log_shape settings = {}) {
    settings.promise = append_promise::synced;
    return open_log(directory_.path(), budget_, settings, &files_);
  }
  static append_result append(frame_log& log, const std::string& stored) {
    const std::shared_ptr<frame> frames[] = {make_frame(stored)};
    return log.append(frames);
  }
  static std::vector<std::string> stored_in(frame_log& log) {
    std::vector<std::string> stored;
    for (const frame_ptr& each : read_all(log)) {
      stored.push_back(each->stored);
    }
    return stored;
  }
  using payloads = std::vector<std::string>;

  test_directory directory_;
  memory_budget budget_{std::size_t{8} << 20};
  held_files files_;
};

TEST_F(local_log_synced, nobody_is_told_before_the_sync_that_covers_them) {
  auto log = open();
  ticket_waiter waiter(*log);
  files_.hold();
  const append_result first = append(*log, std::string(5000, 'a'));
  ASSERT_EQ(first.status, append_status::pending);
  files_.wait_begun(1);
  EXPECT_GT(files_.covered(), 5000U);
  EXPECT_FALSE(first.ticket->settled());
  EXPECT_TRUE(stored_in(*log).empty());
  EXPECT_EQ(log->end().number(), 1U);

  // These come while the disk is busy: they belong to the next commit, all of them to one.
  const append_result second = append(*log, std::string(6000, 'b'));
  const append_result third = append(*log, std::string(7000, 'c'));
  files_.let(1);
  EXPECT_EQ(waiter.settled(first), append_status::taken);
  EXPECT_GE(files_.directory_syncs(), 2);  // of the segments' directory, and above it when opened
  files_.wait_begun(2);
  EXPECT_GT(files_.covered(), 18'000U);
  EXPECT_FALSE(second.ticket->settled());
  EXPECT_FALSE(third.ticket->settled());
  EXPECT_EQ(stored_in(*log), payloads{std::string(5000, 'a')});

  files_.let(1);
  EXPECT_EQ(waiter.settled(second), append_status::taken);
  EXPECT_EQ(waiter.settled(third), append_status::taken);
  EXPECT_EQ(metric(*log, "weir_log_syncs_total"), 2);
  EXPECT_EQ(stored_in(*log).size(), 3U);
  EXPECT_EQ(log->end().number(), 4U);
}

TEST_F(local_log_synced, a_failed_sync_fails_all_that_waited_and_ends_the_segment) {
  {
    auto log = open();
    ticket_waiter waiter(*log);
    ASSERT_EQ(append_one(*log, make_frame("kept f=1 1\n")), append_status::taken);
    files_.hold();
    const append_result busy = append(*log, "busy f=1 1\n");
    files_.wait_begun(2);
    const append_result one = append(*log, "one f=1 1\n");
    const append_result other = append(*log, "other f=1 1\n");
    files_.let(1);
    EXPECT_EQ(waiter.settled(busy), append_status::taken);
    files_.let(1, EIO);
    EXPECT_EQ(waiter.settled(one), append_status::failed);
    EXPECT_EQ(waiter.settled(other), append_status::failed);
    EXPECT_NE(one.ticket->detail().find("Input/output error"), std::string::npos);
    EXPECT_EQ(metric(*log, "weir_log_sync_failures_total"), 1);
    EXPECT_EQ(metric(*log, "weir_log_append_failures_total"), 2);
    EXPECT_EQ(directory_.segments().size(), 1U);

    files_.let_all();
    ASSERT_EQ(append_one(*log, make_frame("after f=1 1\n")), append_status::taken);
    EXPECT_EQ(directory_.segments().size(), 2U);
    EXPECT_EQ(stored_in(*log), (payloads{"kept f=1 1\n", "busy f=1 1\n", "after f=1 1\n"}));
    EXPECT_EQ(metric(*log, "weir_log_bytes"),
              static_cast<double>(file_bytes(directory_.segments()[0]).size() +
                                  file_bytes(directory_.segments()[1]).size()));
  }
  auto log = open();
  EXPECT_EQ(stored_in(*log), (payloads{"kept f=1 1\n", "busy f=1 1\n", "after f=1 1\n"}));
}

// A client that was told of the failure writes again: its points would be in the log twice.
TEST_F(local_log_synced, what_failed_and_could_not_be_cut_off_does_not_come_back) {
  for (const bool kept_before : {true, false}) {
    const test_directory directory;
    log_shape settings;
    settings.promise = append_promise::synced;
    payloads expected;
    {
      auto log = open_log(directory.path(), budget_, settings, &files_);
      static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
      if (kept_before) {
        ASSERT_EQ(append_one(*log, make_frame("kept f=1 1\n")), append_status::taken);
        expected.emplace_back("kept f=1 1\n");
      }
      // The first failure leaves its record where it is, the others meet a segment without any.
      files_.hold();
      files_.let(3, EIO);
      for (const int truncate_error : {EIO, 0, EIO}) {
        files_.fail_truncations(truncate_error);
        EXPECT_EQ(append_one(*log, make_frame("refused f=1 1\n")), append_status::failed);
      }
      files_.let_all();
      ASSERT_EQ(append_one(*log, make_frame("again f=1 1\n")), append_status::taken);
      expected.emplace_back("again f=1 1\n");
      EXPECT_EQ(stored_in(*log), expected);
    }
    files_.fail_truncations(0);
    auto log = open_log(directory.path(), budget_, settings, &files_);
    EXPECT_EQ(stored_in(*log), expected);
    EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), 0);
  }
}

// The process before may have ended when a sync had failed: its pages count as stored and are not,
// and a sync of what is appended to them passes over them.
TEST_F(local_log_synced, what_an_earlier_process_wrote_is_written_again_before_it_is_gone_on_with) {
  const std::string payload(3'000'000, 'x');
  for (const append_promise promise : {append_promise::written, append_promise::synced}) {
    const test_directory directory;
    log_shape settings;
    settings.promise = promise;
    {
      auto log = open_log(directory.path(), budget_, settings, &files_);
      ASSERT_EQ(append_one(*log, make_frame(payload)), append_status::taken);
      ASSERT_TRUE(log->close().ok());
    }
    const std::string before = file_bytes(directory.segments().front());
    files_.forget_written();
    auto log = open_log(directory.path(), budget_, settings, &files_);
    EXPECT_EQ(files_.written_at_start(), promise == append_promise::synced ? before.size() : 0U);
    EXPECT_EQ(file_bytes(directory.segments().front()), before);
    EXPECT_EQ(stored_in(*log), payloads{payload});
  }
}

// There is nothing to go on from where the only segment has no record yet.
TEST_F(local_log_synced, a_segment_that_cannot_be_made_anew_is_tried_again) {
  counting_files files;
  log_shape settings;
  settings.promise = append_promise::synced;
  auto log = open_log(directory_.path(), budget_, settings, &files);
  const auto fail_from_next = [&files](int calls_later) {
    files.fail_at = static_cast<int>(files.calls.size()) + calls_later;
  };
  fail_from_next(1);  // after the write, the sync
  files.dead = true;  // and the truncation
  EXPECT_EQ(append_one(*log, make_frame("refused f=1 1\n")), append_status::failed);
  files.dead = false;
  fail_from_next(1);  // the old file is cut back: removed, but no new one can be made
  EXPECT_EQ(append_one(*log, make_frame("refused f=1 1\n")), append_status::failed);
  EXPECT_EQ(directory_.segments().size(), 1U) << "the old one is there until the new one is";
  EXPECT_EQ(log->outlook().detail.find("has vanished"), std::string::npos) << log->outlook().detail;
  EXPECT_EQ(append_one(*log, make_frame("kept f=1 1\n")), append_status::taken);
  log.reset();
  EXPECT_EQ(stored_in(*open()), payloads{"kept f=1 1\n"});
}

TEST_F(local_log_synced, a_directory_that_is_made_again_is_on_stable_storage) {
  counting_files files;
  log_shape settings;
  settings.promise = append_promise::synced;
  auto log = open_log(directory_.path(), budget_, settings, &files);
  ASSERT_EQ(append_one(*log, make_frame("first f=1 1\n")), append_status::taken);
  std::filesystem::remove_all(directory_.path() + "/segments");
  files.calls.clear();
  ASSERT_EQ(append_one(*log, make_frame("second f=1 1\n")), append_status::taken);
  const auto synced = [&files](const std::string& path) {
    return std::find(files.calls.begin(), files.calls.end(), "sync " + path) != files.calls.end();
  };
  EXPECT_TRUE(synced(directory_.path()));
  EXPECT_TRUE(synced(directory_.path() + "/segments"));
}

// The name of the next segment says that what follows the last record before it is none.
TEST_F(local_log_synced, what_is_left_of_a_segment_that_was_not_begun_takes_nothing_along) {
  for (const append_promise promise : {append_promise::written, append_promise::synced}) {
    const test_directory directory;
    counting_files files;
    log_shape settings;
    settings.promise = promise;
    settings.segment_bytes = 64 << 10;
    const std::string unbegun = directory.path() + "/segments/00000000000000000002.log.new";
    auto log = open_log(directory.path(), budget_, settings, &files);
    ASSERT_EQ(append_one(*log, make_frame("first f=1 1\n")), append_status::taken);
    files.fail_at = static_cast<int>(files.calls.size()) + 1;  // after the creation, its header
    files.dead = true;                                         // and the removal
    const std::string large = "large s=\"" + std::string(66'000, 'x') + "\" 1\n";
    EXPECT_EQ(append_one(*log, make_frame(large)), append_status::failed);
    EXPECT_EQ(directory.segments().size(), 1U);
    EXPECT_TRUE(std::filesystem::exists(unbegun));
    EXPECT_EQ(append_one(*log, make_frame("refused f=1 1\n")), append_status::failed);
    files.dead = false;
    files.fail_at = -1;
    EXPECT_EQ(append_one(*log, make_frame("kept f=1 1\n")), append_status::taken);
    EXPECT_EQ(directory.segments().size(), 1U);
    log.reset();
    log = open_log(directory.path(), budget_, settings, &files);
    EXPECT_EQ(stored_in(*log), (payloads{"first f=1 1\n", "kept f=1 1\n"}));
    EXPECT_FALSE(std::filesystem::exists(unbegun));
  }
}

TEST_F(local_log_synced, a_disk_that_keeps_refusing_leaves_no_heap_of_files) {
  {
    auto log = open();
    static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
    ASSERT_EQ(append_one(*log, make_frame("first f=1 1\n")), append_status::taken);
    files_.hold();
    files_.let(20, EIO);
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(append_one(*log, make_frame("lost f=1 1\n")), append_status::failed);
    }
    files_.let_all();
    ASSERT_EQ(append_one(*log, make_frame("last f=1 1\n")), append_status::taken);
    EXPECT_EQ(stored_in(*log), (payloads{"first f=1 1\n", "last f=1 1\n"}));
    EXPECT_EQ(metric(*log, "weir_log_segments"), 2);
    EXPECT_TRUE(log->close().ok());
    EXPECT_EQ(directory_.segments().size(), 2U);
  }
  auto log = open();
  EXPECT_EQ(stored_in(*log), (payloads{"first f=1 1\n", "last f=1 1\n"}));
}

TEST_F(local_log_synced, a_new_segment_counts_when_its_directory_is_synced) {
  log_shape settings;
  settings.segment_bytes = 64 * 1024;
  auto log = open(settings);
  ASSERT_EQ(append_one(*log, make_frame(std::string(40'000, 'a'))), append_status::taken);
  const int before = files_.directory_syncs();
  ASSERT_EQ(append_one(*log, make_frame("same segment")), append_status::taken);
  EXPECT_EQ(files_.directory_syncs(), before);
  files_.fail_directories(EIO);
  EXPECT_EQ(append_one(*log, make_frame(std::string(40'000, 'b'))), append_status::failed);
  EXPECT_EQ(files_.directory_syncs(), before + 1);
  files_.fail_directories(0);
  EXPECT_EQ(append_one(*log, make_frame(std::string(40'000, 'c'))), append_status::taken);
  EXPECT_EQ(stored_in(*log),
            (payloads{std::string(40'000, 'a'), "same segment", std::string(40'000, 'c')}));
}

TEST_F(local_log_synced, waiting_frames_are_within_the_memory_budget) {
  auto log = open();
  ticket_waiter waiter(*log);
  files_.hold();
  std::vector<append_result> waiting;
  append_result last;
  for (int i = 0; i < 100; ++i) {
    last = append(*log, std::string(std::size_t{1} << 20, 'x'));
    if (last.status != append_status::pending) {
      break;
    }
    waiting.push_back(last);
  }
  EXPECT_EQ(last.status, append_status::full);
  EXPECT_LE(waiting.size(), 8U);
  EXPECT_LE(budget_.used(), budget_.limit());
  files_.let_all();
  for (const append_result& each : waiting) {
    EXPECT_EQ(waiter.settled(each), append_status::taken);
  }
  EXPECT_EQ(budget_.used(), 0U);  // nobody reads: nothing stays in memory
}

TEST_F(local_log_synced, closing_commits_what_waits) {
  auto log = open();
  files_.hold();
  const append_result first = append(*log, "a f=1 1\n");
  files_.wait_begun(1);
  const append_result second = append(*log, "b f=1 1\n");
  std::thread closer([&log] { EXPECT_TRUE(log->close().ok()); });
  files_.let_all();
  closer.join();
  ASSERT_TRUE(first.ticket->settled());
  ASSERT_TRUE(second.ticket->settled());
  EXPECT_EQ(second.ticket->status(), append_status::taken);
  EXPECT_EQ(append(*log, "c f=1 1\n").status, append_status::failed);
}

TEST_F(local_log_synced, many_threads_share_syncs_and_lose_nothing) {
  constexpr int threads = 8;
  constexpr int appends = 200;
  {
    log_shape settings;
    settings.segment_bytes = 256 * 1024;
    auto log = open(settings);
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&log, t] {
        ticket_waiter waiter(*log);
        for (int i = 0; i < appends; ++i) {
          const append_result given =
              append(*log, std::to_string(t) + " " + std::to_string(i) + std::string(200, '.'));
          EXPECT_EQ(waiter.settled(given), append_status::taken);
        }
      });
    }
    for (std::thread& each : running) {
      each.join();
    }
    EXPECT_LT(metric(*log, "weir_log_syncs_total"), threads * appends);
    EXPECT_EQ(stored_in(*log).size(), static_cast<std::size_t>(threads * appends));
  }
  auto log = open();
  EXPECT_EQ(stored_in(*log).size(), static_cast<std::size_t>(threads * appends));
}

// A cursor that comes back after a loss of power must not ask for segments that are gone.
TEST(local_log_synced_removal, what_subscribers_keep_is_settled_before_a_segment_is_removed) {
  test_directory directory;
  memory_budget budget(std::size_t{1} << 26);
  counting_files files;
  log_shape shape;
  shape.promise = append_promise::synced;
  shape.segment_bytes = 64 * 1024;
  auto log = open_log(directory.path(), budget, shape, &files);
  const auto removals = [&files] {
    return std::count_if(files.calls.begin(), files.calls.end(),
                         [](const std::string& call) { return call.starts_with("remove"); });
  };
  std::atomic<int> settled{0};
  std::atomic<bool> too_late{false};
  const std::size_t sink = log->subscribe({"sink",
                                           true,
                                           {},
                                           {},
                                           [&] {
                                             ++settled;
                                             too_late = too_late || removals() > 0;
                                           }},
                                          log_position(1));
  for (std::uint64_t i = 0; i < 30; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(i, 8000))), append_status::taken);
  }
  EXPECT_EQ(settled, 0);
  log->release(sink, log->end());
  ASSERT_TRUE(log->close().ok());
  EXPECT_EQ(settled, 1);
  EXPECT_FALSE(too_late);
  EXPECT_GT(removals(), 1);
}

}  // namespace
}  // namespace weir
