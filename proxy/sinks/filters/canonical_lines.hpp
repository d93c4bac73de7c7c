// SPDX-License-Identifier: Apache-2.0
//
// How lines of the log are read again. Pure.
#pragma once

#include <limits>

#include "weir/line_protocol.hpp"

namespace weir {

/// These lines went through the gate; whatever it let pass is no matter here.
[[nodiscard]] inline parse_options options_of_canonical_lines() {
  parse_options options;
  options.utf8 = utf8_policy::pass;
  options.tag_count = tag_count_policy::pass;
  options.take_byte_order_mark = false;
  options.line_bytes_max = std::numeric_limits<std::size_t>::max() / 2;
  return options;
}

}  // namespace weir
