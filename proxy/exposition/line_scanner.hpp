// SPDX-License-Identifier: Apache-2.0
//
// Reads the parts of one line of a text format: names, labels, values. It knows where it is, so
// that a mistake has its column; what the parts mean is for the readers. Pure; one thread.
//
// HOT: runs per byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exposition/document.hpp"

namespace weir::exposition {

/// What the two text formats do not have in common.
enum class dialect : std::uint8_t {
  classic,       // blanks are free; a comma may follow the last label
  open_metrics,  // one space, and only where the grammar has it
};

class line_scanner {
 public:
  /// `into` takes the labels and whatever had to be unescaped. Both outlive the scanner.
  line_scanner(document& into, mistake& fault, dialect form) noexcept
      : into_(into), fault_(fault), form_(form) {}

  /// Begins with the `number`th line; its views outlive the document.
  void begin(std::string_view line, std::uint64_t number) noexcept {
    line_ = line;
    at_ = 0;
    number_ = number;
  }
  [[nodiscard]] std::uint64_t line() const noexcept { return number_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == line_.size(); }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::string_view rest() const noexcept { return line_.substr(at_); }
  [[nodiscard]] bool take(char c) noexcept {
    if (at_end() || line_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  /// Spaces and tabs of the classic format; nothing in OpenMetrics.
  void skip_blanks() noexcept;
  /// What separates two parts: blanks, or one space. False: there is none.
  [[nodiscard]] bool separator() noexcept;
  /// Up to the next blank.
  [[nodiscard]] std::string_view token() noexcept;
  /// The plain or quoted name of a metric; nothing, and the mistake told, where there is none.
  [[nodiscard]] std::optional<std::string_view> metric_name();
  /// The labels in braces, behind the opening one; they are appended to the document's. `name` is
  /// set where the name of the metric stands among them, in quotes (`{"my.name"}`).
  [[nodiscard]] bool labels(std::string_view& name);
  /// The rest of the line, with `\\` and `\n` (of OpenMetrics also `\"`) read.
  [[nodiscard]] std::optional<std::string_view> help();

  /// Tells a mistake at the place where it is, or at another of the line; always false.
  bool fail(std::string message) { return fail_at(at_, std::move(message)); }
  bool fail_at(std::size_t at, std::string message);

 private:
  [[nodiscard]] bool label_or_name(std::size_t first, std::string_view& name);
  [[nodiscard]] bool add_label(std::size_t first, std::size_t place, std::string_view name);
  [[nodiscard]] bool between_labels();
  [[nodiscard]] std::string_view plain_name(bool with_colon) noexcept;
  /// Behind the opening quote.
  [[nodiscard]] std::optional<std::string_view> quoted_text();
  [[nodiscard]] std::optional<std::string_view> unescaped(std::string_view text, std::size_t place,
                                                          bool quotes);

  document& into_;
  mistake& fault_;
  const dialect form_;
  std::string_view line_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
  std::string scratch_;
};

}  // namespace weir::exposition
