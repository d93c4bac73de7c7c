// SPDX-License-Identifier: Apache-2.0
//
// How often this program has called operator new. Link counting_new.cpp.
#pragma once

#include <cstddef>

namespace weir::test {

[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace weir::test
