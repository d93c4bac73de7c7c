// SPDX-License-Identifier: Apache-2.0
//
// Replaces the global allocation functions by watched ones. A file of its own, so that no compiler
// sees through both sides at once and takes malloc and delete for a mismatch.
#include "unit/gate/watched_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<void (*)()> at_allocation{nullptr};
}

namespace weir::test {
void watch_allocations(void (*watch)()) noexcept {
  at_allocation = watch;
}
}  // namespace weir::test

void* operator new(std::size_t size) {
  if (void (*const watch)() = at_allocation) {
    watch();
  }
  if (void* const memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
