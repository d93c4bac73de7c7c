// SPDX-License-Identifier: Apache-2.0
//
// What one push says, ready for the log and for the group: every series with the labels of its
// group. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "exposition/document.hpp"
#include "push/grouping.hpp"
#include "push/sample_lines.hpp"

namespace weir::push {

/// All samples of a family, as the group keeps them.
struct pushed_family {
  std::string name{};
  exposition::metric_type type = exposition::metric_type::untyped;
  std::string help{};
  /// Lines of the classic text format, labels in the order of their names, without times.
  std::string text{};
  std::uint32_t samples = 0;
};

/// One push.
struct pushed {
  std::vector<pushed_family> families{};
  /// Its finite samples as line protocol.
  std::string lines{};
  line_counts counts{};
  /// What it holds at most, as it was asked of `read_options::room`.
  std::size_t bytes = 0;
};

/// The labels of the group's series. `instance` is among them, empty where the path has none, so
/// that a Prometheus that scrapes them does not put in its own.
[[nodiscard]] grouping series_labels(const grouping& group, job_suffix_mode suffix);

struct read_options {
  push_time_mode times = push_time_mode::reject;
  /// Time of receipt: that of samples without one. Nanoseconds since the epoch.
  std::int64_t now_ns = 0;
  /// The path of the group has no `instance`: that of a sample stays.
  bool keeps_instance = true;
  /// What is made of the samples may hold so much beside the document; nullptr: without a bound.
  exposition::byte_allowance* room = nullptr;
};

/// Gives each sample its group's labels. Fails (400) for a series that is there twice or has more
/// labels with those of its group than may be, for a histogram or summary whose parts have a label
/// of the group, and, where times are not to be kept, for a sample with a time; and where `room` is
/// spent (413 or 503), as every sample repeats what its metric and its group have but once.
/// Families called as those that the group itself shows (`push_time_seconds`) are left out.
[[nodiscard]] result<pushed> read_pushed(const exposition::document& all,
                                         const grouping& series_labels,
                                         const read_options& options);

inline constexpr std::string_view push_time_name = "push_time_seconds";
inline constexpr std::string_view failure_time_name = "push_failure_time_seconds";

}  // namespace weir::push
