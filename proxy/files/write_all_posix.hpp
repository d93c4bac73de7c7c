// SPDX-License-Identifier: Apache-2.0
//
// Writing to a descriptor that is no file of weir's: standard output and the like.
#pragma once

#include <string_view>

namespace weir {

/// Writes all of `bytes`, however many calls that takes. 0, or errno. Any thread.
[[nodiscard]] int write_all(int fd, std::string_view bytes) noexcept;

}  // namespace weir
