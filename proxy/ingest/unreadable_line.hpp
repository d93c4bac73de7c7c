// SPDX-License-Identifier: Apache-2.0
//
// A line that gave no point, as the reader of its format describes it to admission, which asks for
// texts only where a letter or an answer has room for them. An interface: unparsed_line.hpp is line
// protocol's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/verdict.hpp"
#include "facts/refusals/finding.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class unreadable_line {
 public:
  virtual ~unreadable_line() = default;

  /// The reason that the line is counted under.
  [[nodiscard]] virtual parse_code code() const noexcept = 0;
  /// The line as it came, without its line feed.
  [[nodiscard]] virtual std::string_view text() const noexcept = 0;
  /// 1-based number of the line in its body.
  [[nodiscard]] virtual std::uint64_t line() const noexcept = 0;
  /// 1-based byte at which the mistake was noticed; 0: the line as a whole.
  [[nodiscard]] virtual std::uint64_t column() const noexcept = 0;

  /// The reason, without the line.
  [[nodiscard]] virtual std::string reason() const = 0;
  /// The line in a plain answer.
  [[nodiscard]] virtual rejected_line in_plain_answer() const = 0;
  /// The line in a verbose answer, which lists `before` lines already.
  [[nodiscard]] virtual rejected_line in_verbose_answer(std::size_t before) const = 0;
  /// The line as an example of its mistake, explained.
  [[nodiscard]] virtual finding_example as_example() const = 0;
  /// What a plain answer adds for a person; empty where there is nothing to add.
  [[nodiscard]] virtual line_hint hint() const = 0;
};

}  // namespace weir
