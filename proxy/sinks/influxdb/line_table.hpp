// SPDX-License-Identifier: Apache-2.0
//
// The lines of a batch, told apart, so that single ones can be sent or taken out. A line feed
// inside a quoted string is no line's end, so the parser decides. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

class line_table {
 public:
  /// Canonical lines. What the parser does not take for one is told apart by line feeds.
  explicit line_table(std::string lines);
  // Views into it must stay true.
  line_table(const line_table&) = delete;
  line_table& operator=(const line_table&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  /// With its line feed. Valid as long as this is.
  [[nodiscard]] std::string_view line(std::size_t index) const noexcept;
  /// The lines [begin, end) as one text. Valid as long as this is.
  [[nodiscard]] std::string_view lines(std::size_t begin, std::size_t end) const noexcept;
  /// Calls `use` with the point of the line, if it is one. The point is valid during the call.
  void read(std::size_t index, const std::function<void(const point_view&)>& use) const;

 private:
  std::string text_;
  /// Offsets behind each line.
  std::vector<std::size_t> ends_;
  mutable line_reader reader_;
};

}  // namespace weir
