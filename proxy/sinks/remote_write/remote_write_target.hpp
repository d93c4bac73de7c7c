// SPDX-License-Identifier: Apache-2.0
//
// Delivers to a Prometheus remote write receiver: all lanes through one shard, because they may
// write the same series. Pure. Lives on its sink's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/settings.hpp"
#include "sinks/remote_write/sending/shard.hpp"
#include "sinks/target.hpp"

namespace weir {

class remote_write_target final : public target {
 public:
  /// As shard's.
  remote_write_target(std::string sink_name, const remote_write_settings& settings,
                      shard_parts parts, std::string_view sent_before, log_position low_water)
      : sink_name_(std::move(sink_name)),
        settings_(settings),
        http_(parts.http),
        only_(sink_name_, settings_, std::move(parts), sent_before, low_water) {}

  void deliver(const batch& source, done on_done) override {
    only_.deliver(source, std::move(on_done));
  }
  void abort() override {
    http_.abort();
    only_.abort();
  }
  std::optional<std::int64_t> tick(std::int64_t now_ms, bool abreast) override {
    return only_.tick(now_ms, abreast);
  }
  [[nodiscard]] bool marks_ends() const noexcept override { return only_.marks_ends(); }
  void end_series(const lane_key& lane, std::string_view lines) override {
    only_.end_series(lane, std::string(lines));
  }
  void close() override { only_.close(); }
  void saved(log_position low_water) override { only_.saved(low_water); }
  [[nodiscard]] bool needs_cuts() const noexcept override { return true; }
  /// A Prometheus takes nothing that is an hour older than its newest sample.
  [[nodiscard]] std::int64_t span_ns_most() const noexcept override {
    return std::chrono::nanoseconds(std::chrono::minutes(10)).count();
  }

 private:
  const std::string sink_name_;
  const remote_write_settings settings_;
  transfer& http_;
  shard only_;
};

}  // namespace weir
