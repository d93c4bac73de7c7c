// SPDX-License-Identifier: Apache-2.0
//
// Bytes that nobody can guess, from the system. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace weir {

/// At most 256. Fails where the system has none.
[[nodiscard]] result<std::string> random_bytes(std::size_t count);

}  // namespace weir
