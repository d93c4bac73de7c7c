// SPDX-License-Identifier: Apache-2.0
//
// The local log on a disk that refuses: each call that changes something fails in turn, in several
// ways. What was acknowledged is there, what failed is not, and the log works again afterwards.
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

enum class fault : std::uint8_t {
  refuse,       // the call fails and does nothing
  half,         // a write stores half of its bytes and says so: the next one goes on
  half_refuse,  // a write stores half of its bytes, the next one fails
};

/// The real files, but calls that change something fail at will. Any thread.
class faulty_files final : public forwarding_files {
 public:
  /// The call number `at` (from 0) goes wrong.
  void fail_at(int at, fault kind, int error) {
    const std::lock_guard lock(mutex_);
    calls_ = 0;
    at_ = at;
    kind_ = kind;
    error_ = error;
  }
  void refuse_all(bool writes, bool truncates) {
    const std::lock_guard lock(mutex_);
    refuse_writes_ = writes;
    refuse_truncates_ = truncates;
  }
  [[nodiscard]] int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  int create(const std::string& path, file_access access) override {
    const int error = next_call(false);
    return error < 0 ? error : real_.create(path, access);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override;
  int truncate(int descriptor, std::uint64_t size) override {
    const int error = next_call(true);
    return error < 0 ? error : real_.truncate(descriptor, size);
  }
  int remove(const std::string& path) override {
    const int error = next_call(false);
    return error < 0 ? error : real_.remove(path);
  }
  int sync(int descriptor) override {
    const int error = next_call(false);
    return error < 0 ? error : real_.sync(descriptor);
  }
  int sync_directory(const std::string& path) override {
    const int error = next_call(false);
    return error < 0 ? error : real_.sync_directory(path);
  }

 private:
  int next_call(bool truncates) {
    const std::lock_guard lock(mutex_);
    if (truncates && refuse_truncates_) {
      return -EIO;
    }
    return calls_++ == at_ && kind_ == fault::refuse ? -error_ : 0;
  }

  mutable std::mutex mutex_;
  int calls_ = 0;
  int at_ = -1;
  fault kind_ = fault::refuse;
  int error_ = 0;
  bool refuse_writes_ = false;
  bool refuse_truncates_ = false;
};

std::int64_t faulty_files::write_at(int descriptor, std::span<const std::string_view> pieces,
                                    std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const int call = calls_++;
  const bool hit = call == at_;
  const bool after_half = kind_ == fault::half_refuse && call == at_ + 1;
  if ((hit && kind_ == fault::refuse) || (after_half && at_ >= 0)) {
    return -error_;
  }
  if (!hit && !refuse_writes_) {
    return real_.write_at(descriptor, pieces, offset);
  }
  std::string all;
  for (const std::string_view piece : pieces) {
    all += piece;
  }
  const std::string half = all.substr(0, (all.size() + 1) / 2);
  const std::string_view half_piece[] = {half};
  const std::int64_t stored = real_.write_at(descriptor, half_piece, offset);
  // A full disk takes what fits before it refuses.
  return refuse_writes_ ? -ENOSPC : stored;
}

class local_log_fault : public testing::Test {
 protected:
  /// Appends `turns` of two frames, small segments; what was acknowledged, in order.
  void append_turns(frame_log& log, int turns, std::vector<std::string>& taken, int& failed) {
    for (int i = 0; i < turns; ++i) {
      std::vector<std::shared_ptr<frame>> frames;
      for (int j = 0; j < 2; ++j) {
        frames.push_back(make_frame("turn " + std::to_string(counter_++) + std::string(9000, 'x')));
      }
      if (append_all(log, frames) == append_status::taken) {
        taken.push_back(frames[0]->stored);
        taken.push_back(frames[1]->stored);
      } else {
        ++failed;
      }
    }
  }
  static std::vector<std::string> stored_in(frame_log& log) {
    std::vector<std::string> stored;
    std::uint64_t sequence = 0;
    for (const frame_ptr& each : read_all(log)) {
      EXPECT_EQ(each->header.position.number(), ++sequence);  // dense: a failed append uses none up
      stored.push_back(each->stored);
    }
    return stored;
  }
  /// The same where a given-up segment may leave a gap in the sequences.
  static std::vector<std::string> stored_payloads(frame_log& log) {
    std::vector<std::string> stored;
    for (const frame_ptr& each : read_all(log)) {
      stored.push_back(each->stored);
    }
    return stored;
  }
  static log_shape small_segments() {
    log_shape settings;
    settings.segment_bytes = 64 * 1024;
    return settings;
  }

  memory_budget nothing_{0};
  memory_budget budget_{std::size_t{8} << 20};
  int counter_ = 0;
};

TEST_F(local_log_fault, each_call_fails_in_turn) {
  for (const fault kind : {fault::refuse, fault::half, fault::half_refuse}) {
    for (const int error : {ENOSPC, EIO}) {
      int calls = 1;
      for (int at = 0; at < calls; ++at) {
        test_directory directory;
        faulty_files files;
        std::vector<std::string> taken;
        int failed = 0;
        {
          auto log = open_log(directory.path(), nothing_, small_segments(), &files);
          files.fail_at(at, kind, error);
          append_turns(*log, 12, taken, failed);
          calls = files.calls();
          ASSERT_EQ(stored_in(*log), taken) << "call " << at;
          ASSERT_EQ(metric(*log, "weir_log_append_failures_total"), failed);
        }
        ASSERT_LE(failed, 1);
        ASSERT_EQ(taken.size(), static_cast<std::size_t>(24 - 2 * failed));
        if (kind == fault::half) {
          ASSERT_EQ(failed, 0);
        }
        auto log = open_log(directory.path(), nothing_, small_segments());
        ASSERT_EQ(stored_in(*log), taken) << "call " << at;
        ASSERT_EQ(metric(*log, "weir_log_torn_bytes_total"), 0);
        ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), 0);
      }
      EXPECT_GE(calls, 14);
    }
  }
}

TEST_F(local_log_fault, each_call_of_group_commits_fails_in_turn) {
  for (const fault kind : {fault::refuse, fault::half_refuse}) {
    int calls = 1;
    for (int at = 0; at < calls; ++at) {
      test_directory directory;
      faulty_files files;
      log_shape settings = small_segments();
      settings.promise = append_promise::synced;
      std::vector<std::string> taken;
      int failed = 0;
      {
        auto log = open_log(directory.path(), budget_, settings, &files);
        files.fail_at(at, kind, EIO);
        append_turns(*log, 12, taken, failed);
        calls = files.calls();
        ASSERT_EQ(stored_payloads(*log), taken) << "call " << at;
        ASSERT_EQ(metric(*log, "weir_log_append_failures_total"), failed);
      }
      ASSERT_EQ(budget_.used(), 0U);
      ASSERT_LE(failed, 1);
      ASSERT_EQ(taken.size(), static_cast<std::size_t>(24 - 2 * failed));
      auto log = open_log(directory.path(), nothing_, settings);
      ASSERT_EQ(stored_payloads(*log), taken) << "call " << at;
      ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), 0);
    }
    EXPECT_GE(calls, 26);
  }
}

TEST_F(local_log_fault, a_full_disk_fails_appends_until_there_is_room) {
  test_directory directory;
  faulty_files files;
  std::vector<std::string> taken;
  int failed = 0;
  {
    auto log = open_log(directory.path(), nothing_, small_segments(), &files);
    append_turns(*log, 5, taken, failed);
    files.refuse_all(true, false);
    append_turns(*log, 10, taken, failed);
    EXPECT_EQ(failed, 10);
    EXPECT_EQ(stored_in(*log), taken);
    files.refuse_all(false, false);
    append_turns(*log, 5, taken, failed);
    EXPECT_EQ(failed, 10);
    EXPECT_EQ(stored_in(*log), taken);
  }
  auto log = open_log(directory.path(), nothing_, small_segments());
  EXPECT_EQ(stored_in(*log), taken);
  EXPECT_EQ(taken.size(), 20u);
}

TEST_F(local_log_fault, what_cannot_be_cut_off_is_not_read_either) {
  test_directory directory;
  faulty_files files;
  std::vector<std::string> taken;
  int failed = 0;
  {
    auto log = open_log(directory.path(), nothing_, {}, &files);
    append_turns(*log, 3, taken, failed);
    files.refuse_all(true, true);
    append_turns(*log, 3, taken, failed);
    EXPECT_EQ(failed, 3);
    files.refuse_all(false, true);
    append_turns(*log, 3, taken, failed);
    EXPECT_EQ(failed, 3);
    EXPECT_EQ(stored_in(*log), taken);
  }
  EXPECT_EQ(directory.segments().size(), 2u);
  auto log = open_log(directory.path(), nothing_);
  EXPECT_EQ(stored_in(*log), taken);
  EXPECT_EQ(metric(*log, "weir_log_damaged_records_total"), 0);
}

TEST_F(local_log_fault, received_frames_wait_for_the_disk_and_further_ones_fail) {
  test_directory directory;
  faulty_files files;
  log_shape settings;
  settings.promise = append_promise::received;
  std::vector<std::string> taken;
  int failed = 0;
  {
    auto log = open_log(directory.path(), budget_, settings, &files);
    static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
    files.refuse_all(true, false);
    while (metric(*log, "weir_log_append_failures_total") == 0) {
      append_turns(*log, 1, taken, failed);
      std::this_thread::yield();
    }
    EXPECT_GE(metric(*log, "weir_log_write_failures_total"), 1);
    EXPECT_EQ(stored_in(*log), taken);
    files.refuse_all(false, false);
    const std::size_t before = taken.size();
    while (taken.size() == before) {
      append_turns(*log, 1, taken, failed);
      std::this_thread::yield();
    }
    EXPECT_TRUE(log->close().ok());
  }
  auto log = open_log(directory.path(), nothing_);
  EXPECT_EQ(stored_in(*log), taken);
}

TEST_F(local_log_fault, a_disk_that_takes_bytes_again_is_noticed_without_an_append) {
  for (const append_promise mode :
       {append_promise::written, append_promise::received, append_promise::synced}) {
    test_directory directory;
    faulty_files files;
    log_shape settings;
    settings.promise = mode;
    auto log = open_log(directory.path(), budget_, settings, &files);
    static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
    EXPECT_EQ(log->outlook().status, append_status::taken);
    files.refuse_all(true, false);
    while (append_one(*log, make_frame("m f=1 1\n")) == append_status::taken) {
      std::this_thread::yield();  // `received` is told by the next append
    }
    const append_result refused = log->outlook();
    EXPECT_EQ(refused.status, append_status::failed);
    EXPECT_NE(refused.detail.find("No space left"), std::string::npos) << refused.detail;
    files.refuse_all(false, false);
    while (log->outlook().status != append_status::taken) {
      std::this_thread::yield();
    }
    const std::size_t before = stored_in(*log).size();
    EXPECT_EQ(append_one(*log, make_frame("m f=2 2\n")), append_status::taken);
    EXPECT_EQ(stored_in(*log).size(), before + 1);
    EXPECT_TRUE(log->close().ok());
    log.reset();
    const auto again = open_log(directory.path(), nothing_, settings);
    EXPECT_EQ(stored_in(*again).size(), before + 1) << "nothing of a probe is left";
    EXPECT_EQ(metric(*again, "weir_log_torn_bytes_total"), 0);
  }
}

TEST_F(local_log_fault, a_disk_that_still_refuses_stays_so) {
  test_directory directory;
  faulty_files files;
  auto log = open_log(directory.path(), budget_, {}, &files);
  files.refuse_all(true, false);
  ASSERT_EQ(append_one(*log, make_frame("m f=1 1\n")), append_status::failed);
  const int before = files.calls();
  while (files.calls() < before + 4) {
    std::this_thread::yield();  // two probes, each a write and a cut
  }
  EXPECT_EQ(log->outlook().status, append_status::failed);
}

TEST_F(local_log_fault, closing_tells_of_frames_that_could_not_be_written) {
  test_directory directory;
  faulty_files files;
  log_shape settings;
  settings.promise = append_promise::received;
  auto log = open_log(directory.path(), budget_, settings, &files);
  files.refuse_all(true, false);
  ASSERT_EQ(append_one(*log, make_frame("m f=1 1\n")), append_status::taken);
  const outcome closed = log->close();
  ASSERT_FALSE(closed.ok());
  EXPECT_NE(closed.error().message.find("1 frames"), std::string::npos) << closed.error().message;
}

TEST_F(local_log_fault, a_directory_on_a_disk_that_refuses_cannot_be_opened) {
  test_directory directory;
  faulty_files files;
  files.fail_at(1, fault::refuse, ENOSPC);  // the header of the first segment
  log_shape settings;
  settings.directory = directory.path();
  const auto opened = open_local_log(options_of(settings, budget_, test_clock, &files));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("No space left"), std::string::npos);
  EXPECT_TRUE(directory.segments().empty());
}

}  // namespace
}  // namespace weir
