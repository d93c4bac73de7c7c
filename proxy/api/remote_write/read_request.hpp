// SPDX-License-Identifier: Apache-2.0
//
// Reads the messages of remote write, versions 1 and 2, from protobuf. What it reads goes to
// series_lines; exemplars and metadata are passed over. Pure; no exception leaves it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/remote_write/series_lines.hpp"

namespace weir::api {

/// Why a message cannot be read, or not go on.
struct read_failure {
  std::string message;
  /// There is no memory for it; `message` is empty.
  bool short_of_memory = false;
};

/// prometheus.WriteRequest.
[[nodiscard]] std::optional<read_failure> read_version_1(std::string_view message,
                                                         series_lines& to);

/// Series of a message that are left out for themselves, while the others are read.
struct wrong_series {
  /// Of those, in samples and histograms.
  std::uint64_t samples = 0;
  std::uint64_t series = 0;
  /// Of the first of them.
  static constexpr std::size_t reasons_max = 10;
  std::vector<std::string> reasons;
};

/// io.prometheus.write.v2.Request. `room` is asked for what its symbols take.
[[nodiscard]] std::optional<read_failure> read_version_2(std::string_view message,
                                                         translated_lines& room, series_lines& to,
                                                         wrong_series& wrong);

}  // namespace weir::api
