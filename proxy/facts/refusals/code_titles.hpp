// SPDX-License-Identifier: Apache-2.0
//
// What each code of the gate is in a few plain words, as a headline has them. Pure.
#pragma once

#include <string_view>

#include "gate/codes.hpp"

namespace weir {

/// Without a full stop; empty for gate_code::none.
[[nodiscard]] std::string_view title_of(gate_code code) noexcept;

}  // namespace weir
