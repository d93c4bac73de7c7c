// SPDX-License-Identifier: Apache-2.0
//
// What is read out of the table of codes; the table itself is in codes.hpp.
#include "gate/codes.hpp"

#include <algorithm>

namespace weir {

std::optional<gate_code> find_gate_code(std::string_view name) noexcept {
  const auto row = std::find_if(gate_codes.begin(), gate_codes.end(),
                                [name](const gate_code_row& each) { return each.name == name; });
  return row == gate_codes.end() ? std::nullopt : std::optional(row->code);
}

std::string explanation(gate_code code) {
  const gate_code_row& row = row_of(code);
  std::string text(row.explanation);
  if (!row.remedy.empty()) {
    text.append(" ").append(row.remedy);
  }
  return text;
}

std::string refusal_message(gate_code code, std::string_view line, std::string_view detail) {
  const gate_code_row& row = row_of(code);
  std::string_view rest = row.message;
  if (rest.empty()) {  // a check whose table says that it never refuses
    rest = message_refused;
    detail = row.name;
  }
  std::string text;
  while (!rest.empty()) {
    const std::size_t literal = std::min(rest.find('{'), rest.size());
    text.append(rest.substr(0, literal));
    rest.remove_prefix(literal);
    if (!rest.empty()) {
      text.append(rest.starts_with("{line}") ? line : detail);
      rest.remove_prefix(rest.find('}') + 1);
    }
  }
  return text;
}

}  // namespace weir
