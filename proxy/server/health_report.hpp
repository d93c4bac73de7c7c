// SPDX-License-Identifier: Apache-2.0
//
// Decides what /health and /ready say of what is known. Healthy is what can go on without a person
// and without a restart; ready is what takes writes now. Pure.
#pragma once

#include <string>
#include <vector>

#include "http/message.hpp"
#include "log/frame_log.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

struct health_facts {
  /// What the next append would be answered.
  append_result log{};
  std::vector<sink_standing> sinks{};
  /// Weir ends.
  bool draining = false;
  /// Why the last reload of the configuration failed; empty: it did not.
  std::string reload_failed{};
};

/// What both say, as sentences.
struct health_verdict {
  bool healthy = true;
  bool ready = true;
  /// What is not as it should be, also where weir is healthy none the less.
  std::vector<std::string> why{};
};
[[nodiscard]] health_verdict verdict_of(const health_facts& known);

/// 503 where the disk refuses the log or lanes are held: an operator has to act. A full log empties
/// by itself once the servers behind its sinks take points again: it is reported, and no failure.
/// Nor is a reload that failed: weir goes on with the configuration that it had.
[[nodiscard]] http::response health_of(const health_facts& known);

/// 503 while every write would be answered so, and why.
[[nodiscard]] http::response readiness_of(const health_facts& known);

}  // namespace weir
