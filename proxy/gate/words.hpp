// SPDX-License-Identifier: Apache-2.0
//
// What the gate's codes mean to a person, and the form in which an answer tells them. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "gate/check.hpp"

namespace weir {

/// How InfluxDB tells of such a refusal.
enum class refusal_form : std::uint8_t {
  line,     // each line with words of its own, as for lines that do not parse
  storage,  // one reason for all such points and `dropped=N`, as its storage does
};

[[nodiscard]] refusal_form form_of(gate_code code) noexcept;

/// What the code means and what to do about it: one or two sentences.
[[nodiscard]] std::string_view explanation(gate_code code) noexcept;

}  // namespace weir
