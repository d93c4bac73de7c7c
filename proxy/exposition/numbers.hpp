// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the text formats, read as Prometheus' own programs do and written so that these read
// back the same bits. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::exposition {

/// As Go's ParseFloat without hexadecimals and underscores: "1.5e3", "+Inf", "nan". Nothing where
/// it is no number or beyond the range of a double.
[[nodiscard]] std::optional<double> read_number(std::string_view text) noexcept;

/// Whole and in the range of 64 bits.
[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view text) noexcept;

/// The shortest text that is read back as the same number; "NaN", "+Inf", "-Inf".
void append_number(double value, std::string& out);

}  // namespace weir::exposition
