// SPDX-License-Identifier: Apache-2.0
//
// Which lines of a frame a sink takes, by the names of their measurements. Which frames it takes is
// the sink's own matter. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class line_filter {
 public:
  /// Of measurements, as matches_patterns reads them; escapes of line protocol are undone before.
  explicit line_filter(std::vector<std::string> measurements);

  /// It takes every line: there is no need to ask it.
  [[nodiscard]] bool takes_all() const noexcept { return takes_all_; }

  /// Appends to `out` those lines of `lines` that are taken, unchanged, and returns how many.
  /// `lines` are whole canonical lines. From where they turn out not to be, all is taken: what is
  /// wrong with them is for the server to say.
  std::uint32_t append_taken(std::string_view lines, std::string& out) const;

 private:
  std::vector<std::string> measurements_;
  bool takes_all_;
};

}  // namespace weir
