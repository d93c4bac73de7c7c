// SPDX-License-Identifier: Apache-2.0
//
// Which kernels a benchmark compares, and options that choose one of them: the only place of the
// benchmarks that knows how that is done.
#pragma once

#include <string_view>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir::bench {

/// Best first.
[[nodiscard]] inline std::vector<std::string_view> kernel_names() {
  return {weir::kernel_name()};
}

/// Requires: `kernel` is one of `kernel_names()`.
[[nodiscard]] inline parse_options options_with(std::string_view kernel) {
  static_cast<void>(kernel);
  return parse_options{};
}

}  // namespace weir::bench
