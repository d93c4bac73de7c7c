// SPDX-License-Identifier: Apache-2.0
//
// Checks of invariants. They stay on in shipped builds: a proxy that goes on with a broken
// invariant loses data. What a client, a server, a disk or a configuration can cause is an error
// value, and never an assertion.
#pragma once

namespace weir {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}  // namespace weir

#define WEIR_ASSERT(expression)                         \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::weir::assertion_failed(#expression, __FILE__, __LINE__))
