// SPDX-License-Identifier: Apache-2.0
//
// Where in a line lies what the gate refused it for, and the reason without the line. Cold. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "facts/refusals/finding.hpp"

namespace weir {

/// Bytes of `point.text`; nothing where the line as a whole is meant, or that is not known.
/// `message` is what the gate says of the line.
[[nodiscard]] std::optional<line_place> place_of(gate_code code, const point_view& point,
                                                 std::string_view message);

/// The reason alone: `message` without the line that it quotes, as it is quoted there, for where
/// the line stands beside it.
[[nodiscard]] std::string without_quote(std::string message, std::string_view line);

}  // namespace weir
