// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace weir {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "BUG: %s:%d: %s does not hold; please report this\n", file, line,
               expression);
  std::abort();
}

}  // namespace weir
