// SPDX-License-Identifier: Apache-2.0
//
// Has memory fetched that is looked at soon. In place of __builtin_prefetch by itself: g++ 12 takes
// a function that does nothing else for one without effect, and leaves out the calls of it. Pure.
#pragma once

namespace weir {

/// Any address will do.
[[gnu::always_inline]] inline void bring_near(const void* where) noexcept {
  __builtin_prefetch(where);
  asm volatile("");  // an effect, for whoever calls this
}
/// The same for memory that is written soon.
[[gnu::always_inline]] inline void bring_near_to_write(const void* where) noexcept {
  __builtin_prefetch(where, 1);
  asm volatile("");
}

}  // namespace weir
