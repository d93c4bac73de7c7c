// SPDX-License-Identifier: Apache-2.0
//
// A line that is no line protocol, as its answer, hint and letter tell of it. Pure.
#pragma once

#include "ingest/unreadable_line.hpp"

namespace weir {

class unparsed_line final : public unreadable_line {
 public:
  /// `error` is one that a reader with options of that `unit_ns` gave; both the error and its line
  /// must outlive this object.
  unparsed_line(const parse_error& error, std::int64_t unit_ns) noexcept
      : error_(error), unit_ns_(unit_ns) {}

  [[nodiscard]] parse_code code() const noexcept override { return error_.code; }
  [[nodiscard]] std::string_view text() const noexcept override { return error_.text; }
  [[nodiscard]] std::uint64_t line() const noexcept override { return error_.line; }
  [[nodiscard]] std::uint64_t column() const noexcept override { return error_.column; }
  [[nodiscard]] std::string reason() const override { return weir::reason(error_); }
  [[nodiscard]] rejected_line in_plain_answer() const override;
  [[nodiscard]] rejected_line in_verbose_answer(std::size_t before) const override;
  [[nodiscard]] finding_example as_example() const override;
  [[nodiscard]] line_hint hint() const override;

 private:
  const parse_error& error_;
  std::int64_t unit_ns_;
};

}  // namespace weir
