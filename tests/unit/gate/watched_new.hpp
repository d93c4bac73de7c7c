// SPDX-License-Identifier: Apache-2.0
//
// A function that runs whenever this program calls operator new. Link watched_new.cpp.
#pragma once

namespace weir::test {

/// On the thread that allocates; it must not allocate itself. nullptr: none.
void watch_allocations(void (*watch)()) noexcept;

}  // namespace weir::test
