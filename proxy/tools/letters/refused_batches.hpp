// SPDX-License-Identifier: Apache-2.0
//
// What a sink's server refused, as the sink's refused file has it: batches of canonical lines, each
// below a comment that says when, where to and why. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "net/transfer.hpp"

namespace weir {

struct refused_batch {
  /// The comment, without its line feed. Times in it tell batches apart.
  std::string head{};
  std::string time{};
  std::string database{};
  std::string retention_policy{};
  std::string status{};
  std::string words{};
  /// Times are nanoseconds.
  std::string lines{};

  [[nodiscard]] std::uint64_t line_count() const noexcept;
  /// Names the batch in the file of those that were replayed: head and lines as a number.
  [[nodiscard]] std::string mark() const;
};

/// Lines before the first comment are passed over.
[[nodiscard]] std::vector<refused_batch> parse_refused(std::string_view text);

/// The request that writes a batch to its sink's own server. Requires: a sink of type "influxdb".
/// `batch` must live until its end.
[[nodiscard]] transfer_request replay_request(const sink_settings& sink,
                                              const refused_batch& batch);

}  // namespace weir
