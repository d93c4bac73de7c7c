// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the log share: frames, directories, and a collector of metrics.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/file_system.hpp"
#include "log/open_log.hpp"
#include "log/record.hpp"
#include "unit/metric_values.hpp"

namespace weir {

/// A directory of its own that goes with the test.
class test_directory {
 public:
  test_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-log-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  test_directory(const test_directory&) = delete;
  test_directory& operator=(const test_directory&) = delete;
  ~test_directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Paths of the segment files, in order.
  [[nodiscard]] std::vector<std::string> segments(const std::string& suffix = ".log") const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/segments")) {
      if (entry.path().string().ends_with(suffix)) {
        paths.push_back(entry.path().string());
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

 private:
  std::string path_;
};

inline std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::shared_ptr<frame> make_frame(std::string stored, std::string database = "db",
                                         std::uint32_t points = 1) {
  auto made = std::make_shared<frame>();
  made->stored = std::move(stored);
  made->header.database = std::move(database);
  made->header.points = points;
  made->header.received_ns = 1'700'000'000'000'000'000;
  made->header.stored_bytes = static_cast<std::uint32_t>(made->stored.size());
  made->header.inflated_bytes = made->header.stored_bytes;
  made->header.time_least = -5;
  made->header.time_greatest = 7;
  return made;
}

/// The payload that the tests put at `sequence`: tells itself apart and has some length.
inline std::string payload_of(std::uint64_t sequence, std::size_t bytes = 100) {
  std::string payload = "m f=" + std::to_string(sequence) + " 1\n";
  payload.append(bytes > payload.size() ? bytes - payload.size() : 0,
                 static_cast<char>('a' + sequence % 26));
  return payload;
}

/// Waits for tickets of a log. The log must outlive it.
class ticket_waiter {
 public:
  explicit ticket_waiter(frame_log& log) : log_(log) {
    number_ = log_.watch([this] {
      { const std::lock_guard lock(mutex_); }
      woken_.notify_all();
    });
  }
  ~ticket_waiter() { log_.unwatch(number_); }
  ticket_waiter(const ticket_waiter&) = delete;
  ticket_waiter& operator=(const ticket_waiter&) = delete;

  /// The status that an append ends with.
  append_status settled(const append_result& given) {
    if (given.status != append_status::pending) {
      return given.status;
    }
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [&given] { return given.ticket->settled(); });
    return given.ticket->status();
  }

 private:
  frame_log& log_;
  std::size_t number_ = 0;
  std::mutex mutex_;
  std::condition_variable woken_;
};

/// Appends, and waits for the group commit where there is one.
inline append_status append_all(frame_log& log, std::span<const std::shared_ptr<frame>> frames) {
  ticket_waiter waiter(log);
  return waiter.settled(log.append(frames));
}

inline append_status append_one(frame_log& log, std::shared_ptr<frame> one) {
  const std::shared_ptr<frame> frames[] = {std::move(one)};
  return append_all(log, frames);
}

inline const lane_key test_lane{"db", ""};

/// Everything that a fresh reader finds in a lane from `from` on.
inline std::vector<frame_ptr> read_all(frame_log& log, log_position from = log_position(1),
                                       const lane_key& lane = test_lane) {
  std::vector<frame_ptr> frames;
  const auto reader = log.reader();
  for (;;) {
    const read_result found = reader->next(from, lane);
    EXPECT_NE(found.status, read_status::failed) << found.detail;
    if (found.status != read_status::frame) {
      return frames;
    }
    EXPECT_GE(found.found->header.position, from);
    EXPECT_EQ(found.next, found.found->header.position.next());
    frames.push_back(found.found);
    from = found.next;
  }
}

inline double metric(const frame_log& log, const std::string& name) {
  metric_values collector;
  log.collect(collector);
  const auto found = collector.values.find(name);
  return found == collector.values.end() ? -1 : found->second;
}

inline std::int64_t test_clock() {
  static std::atomic<std::int64_t> now{1'700'000'000'000'000'000};
  return now.fetch_add(1);
}

/// The options of a local log that have a value of their own in some test.
struct log_shape {
  std::string directory;
  append_promise promise = append_promise::written;
  full_policy when_full = full_policy::reject;
  std::uint64_t keep_bytes = std::uint64_t{4} << 30;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
};

inline local_log_options options_of(const log_shape& shape, memory_budget& budget,
                                    std::function<std::int64_t()> now_ns = test_clock,
                                    file_system* files = nullptr) {
  auto steady_ns = now_ns;
  return {.directory = shape.directory,
          .promise = shape.promise,
          .when_full = shape.when_full,
          .keep_bytes = shape.keep_bytes,
          .segment_bytes = shape.segment_bytes,
          .frames = budget,
          .now_ns = std::move(now_ns),
          .files = files,
          .steady_ns = std::move(steady_ns)};
}

/// A log in `directory`, with what most tests want. The budget must outlive it.
inline std::unique_ptr<frame_log> open_log(const std::string& directory, memory_budget& budget,
                                           log_shape settings = {}, file_system* files = nullptr) {
  settings.directory = directory;
  auto opened = open_local_log(options_of(settings, budget, test_clock, files));
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return opened.ok() ? std::move(opened).value() : nullptr;
}

}  // namespace weir
