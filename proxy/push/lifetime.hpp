// SPDX-License-Identifier: Apache-2.0
//
// How long a group lives after a push. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/job_ttl.hpp"
#include "config/settings.hpp"

namespace weir::push {

/// What `[push]` says of it.
struct lifetime_terms {
  std::int64_t least_ns = 0;
  std::int64_t most_ns = 0;
  std::int64_t once_ns = 0;
  /// 0: never.
  std::int64_t repeat_ns = 0;
  std::vector<job_ttl> by_job{};
};

[[nodiscard]] lifetime_terms lifetime_terms_of(const push_settings& configured);

/// A time to live in nanoseconds; nothing: for ever.
using time_to_live = std::optional<std::int64_t>;

/// The time that the configuration names for a job; nothing where it names none.
[[nodiscard]] std::optional<time_to_live> named_ttl(const lifetime_terms& terms,
                                                    std::string_view job);

/// The interval of a group's pushes after another gap: long gaps count at once, short ones little
/// by little, and pushes within a second of one another are one. 0: none is known.
[[nodiscard]] std::int64_t next_interval(std::int64_t known_ns, std::int64_t gap_ns) noexcept;

/// By the interval that was seen.
[[nodiscard]] std::int64_t learnt_ttl(const lifetime_terms& terms,
                                      std::int64_t interval_ns) noexcept;

}  // namespace weir::push
