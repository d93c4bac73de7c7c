// SPDX-License-Identifier: Apache-2.0
//
// One entry of `push.job_ttl`: how long pushed groups of some jobs live. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

struct job_ttl {
  /// Of job names, with * and ?.
  std::string pattern;
  /// Nothing: they live for ever ("inf").
  std::optional<std::chrono::nanoseconds> ttl;
};

/// Reads "nightly_*: 26h" or "forever: inf".
[[nodiscard]] result<job_ttl> read_job_ttl(std::string_view text);

/// A time to live as a configuration or a header writes it: "90s", "inf"; at least a second.
[[nodiscard]] result<std::optional<std::chrono::nanoseconds>> read_ttl(std::string_view text);

}  // namespace weir
