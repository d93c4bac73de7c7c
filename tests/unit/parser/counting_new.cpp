// SPDX-License-Identifier: Apache-2.0
//
// Replaces the global allocation functions by counting ones. A file of its own, so that no compiler
// sees through both sides at once and takes malloc and delete for a mismatch.
#include "counting_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> count{0};
}

namespace weir::test {
std::size_t allocation_count() noexcept {
  return count;
}
}  // namespace weir::test

void* operator new(std::size_t size) {
  ++count;
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
