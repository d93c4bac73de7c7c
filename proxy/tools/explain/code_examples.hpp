// SPDX-License-Identifier: Apache-2.0
//
// A line that shows each code of the parser and of the gate, and, of those of the gate, what weir
// does with it and which keys change that. Tests hold the lines against the parser, and the keys
// against the table of keys. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gate/codes.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What becomes of a line with the code, unless a key says otherwise.
enum class code_deed : std::uint8_t { rejects, drops, repairs, notes };

struct gate_code_example {
  gate_code code;
  code_deed deed;
  std::string_view line;
  /// Under which circumstances the line gets the code.
  std::string_view when;
  /// "section.key", separated by spaces; empty: none changes it.
  std::string_view keys;
};

/// In the order of gate_codes, without `none`.
[[nodiscard]] std::span<const gate_code_example> gate_code_examples() noexcept;

/// Lines that the parser refuses with this code. Some have to be long.
[[nodiscard]] std::string example_of(parse_code code);

/// Keys that decide whether the parser refuses a line with this code; often none.
[[nodiscard]] std::string_view keys_of(parse_code code) noexcept;

/// Lines of which one has the mistake of this name (parser/mistakes); empty: there is no such one.
[[nodiscard]] std::string_view mistake_example_of(std::string_view mistake) noexcept;

}  // namespace weir
