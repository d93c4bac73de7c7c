// SPDX-License-Identifier: Apache-2.0
//
// What the connections of one [[tcp]] listener share: its write path, what is set of it, and when
// the log or the memory, after they had no room, are tried again. Lives on its listener's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.hpp"
#include "base/times.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "intake/stream_listener.hpp"
#include "observe/metrics.hpp"

namespace weir {

class line_stream;

/// What became of bytes that are not in the log.
struct stream_counts {
  /// Runs of lines that the log or the memory did not take, and that were tried again.
  counter retries;
  /// Bytes given up: at the end of weir, or lines that need more memory than there may ever be.
  counter lost_bytes;

  void collect(std::string_view listen, metric_collector& out) const;
};

/// What a worker needs; all of it outlives the worker.
struct stream_services {
  write_services writes;
  /// Of its listener; shared with /metrics.
  stream_counts& counts;
  /// The last append failed: /health says so.
  std::atomic<bool>& log_failed;
  clock_source clock;
  /// Of its listener. What of it changes holds from the next lines on.
  const published<tcp_settings>& configured;
};

class stream_home final : public stream_worker {
 public:
  explicit stream_home(const stream_services& services);
  ~stream_home() override;

  [[nodiscard]] std::unique_ptr<stream_client> open(stream_peer peer) override;
  [[nodiscard]] std::size_t waiting() const override;
  void flush() override;

  // For its streams.
  [[nodiscard]] const stream_services& services() const noexcept { return services_; }
  [[nodiscard]] moment now() const { return services_.clock(); }
  [[nodiscard]] write_path& path() noexcept { return path_; }
  [[nodiscard]] source_entry* source() const noexcept { return source_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Of the next lines.
  [[nodiscard]] const api::write_target& target();
  [[nodiscard]] std::size_t line_bytes_max() const noexcept { return line_bytes_max_; }
  /// The log or the memory had no room, for the reason given: nothing is tried for a while.
  void rest(std::string_view why);
  void rested() noexcept { pause_ns_ = 0; }
  [[nodiscard]] bool rests() const noexcept { return resting_; }
  void add_received(std::size_t bytes) noexcept { received_ += bytes; }
  void forget(line_stream& gone);

 private:
  const stream_services services_;
  write_path path_;
  std::uint64_t configured_version_ = 0;
  api::write_target target_;
  std::size_t line_bytes_max_ = 0;
  const std::string name_;
  source_entry* source_ = nullptr;
  std::vector<line_stream*> streams_;
  /// Since the last flush.
  std::size_t received_ = 0;
  bool resting_ = false;
  std::int64_t pause_ns_ = 0;
  steady_time rest_until_{};
};

}  // namespace weir
