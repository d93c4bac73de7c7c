// SPDX-License-Identifier: Apache-2.0
//
// What a refused line's answer and letter say: InfluxDB's words where it has some. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gate/check.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Of a refused line, what an answer quotes.
inline constexpr std::size_t quoted_bytes_max = std::size_t{16} << 10;

/// A line as an answer quotes it: whole as InfluxDB does, unless it is too long to be read.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t bytes_max = quoted_bytes_max);

/// A refusal by the gate, in InfluxDB's words where it has some. `detail` are the gate's own.
[[nodiscard]] std::string words_for(gate_code code, const point_view& point,
                                    const std::string& detail);

/// What is left of `words` where the line that they quote stands beside them: the reason alone.
[[nodiscard]] std::string without_line(std::string words, std::string_view line);

}  // namespace weir
