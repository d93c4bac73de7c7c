// SPDX-License-Identifier: Apache-2.0
//
// How each kind of sink is made: one row a kind, each in its kind's folder. The keys and checks of
// a kind are the row of the same name in config/sinks/sink_kinds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "log/position.hpp"
#include "net/transfer.hpp"
#include "observe/metrics.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/target.hpp"

struct uv_loop_s;

namespace weir {

/// What a target is made with. What is referred to must outlive the target.
struct target_environment {
  const sink_environment& sinks;
  /// The loop of the sink's thread, on which requests travel.
  uv_loop_s* loop;
  /// Where the sink's cursor starts.
  log_position low_water;
  /// Bytes of what the target may remember, if its kind keeps state.
  std::uint64_t state_bytes = 0;
};

struct made_target {
  /// Outlives `to`, and is ended before the loop is. Null where the kind needs none.
  std::unique_ptr<transfer> http;
  std::unique_ptr<target> to;
  /// Metrics beside those of every sink. Any thread, also after the end of `to`; may be empty.
  std::function<void(std::string_view sink_name, metric_collector& out)> collect;
};

struct target_kind {
  /// As sink_kind::name.
  std::string_view name;
  /// It has a share of `[limits] state`.
  bool keeps_state = false;
  /// Errors do not name the sink.
  result<made_target> (*make)(const sink_settings& settings, const target_environment& environment);
};

/// The row of the kind of `settings`.
[[nodiscard]] const target_kind& target_kind_of(const sink_settings& settings) noexcept;

/// What of `[limits] state` each of the wanted sinks has whose kind keeps state.
[[nodiscard]] std::uint64_t share_of_state(const sink_change& wanted) noexcept;

/// Whether a target can be made of the settings, for those who need one later. Nothing is kept.
[[nodiscard]] outcome check_target(const sink_settings& settings,
                                   const sink_environment& environment);

/// What carries requests to a server, and metrics of its own (as made_target's; may be empty).
struct made_transfer {
  std::unique_ptr<transfer> http;
  std::function<void(std::string_view sink_name, metric_collector& out)> collect;
};

/// For rows: to a server, or to the one of several addresses that answers. Addresses and version
/// are checked.
[[nodiscard]] result<made_transfer> transfer_to(const std::string& sink_name,
                                                const server_settings& server,
                                                std::uint32_t newest_version,
                                                const target_environment& environment);

}  // namespace weir
