// SPDX-License-Identifier: Apache-2.0
//
// What `weir lint` shows to people: diagnostics with an excerpt and a caret, and the summary. Pure.
// Nothing of the input reaches the terminal as a control sequence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/excerpt.hpp"
#include "tools/lint/lint.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Where explanations are wrapped, in columns.
inline constexpr std::size_t text_columns_max = 92;

struct diagnostic_place {
  std::string_view name;  // of the input
  std::uint64_t line = 0;
  std::string_view text;  // the line as the error or point holds it
  bool refused = true;    // an error; otherwise a warning
  bool shielded = false;  // InfluxDB 1.x would take it
  bool colour = false;
};

void append_diagnostic(const diagnostic_place& place, const diagnosis& told,
                       const std::vector<repaired_line>& repaired, std::string& out);

void append_summary(std::string_view name, const lint_totals& totals, bool colour,
                    std::string& out);

}  // namespace weir
