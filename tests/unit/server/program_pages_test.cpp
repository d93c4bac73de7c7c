// SPDX-License-Identifier: Apache-2.0
//
// What the allocator keeps, seen from outside: page faults, and the pages that the process holds.
// Sanitizers bring allocators of their own.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "server/program_pages_posix.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_TESTS_SANITIZED
#endif
#endif

namespace weir {
namespace {

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(WEIR_TESTS_SANITIZED)

constexpr std::size_t mib = std::size_t{1} << 20;

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

std::size_t resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  pages >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// One that is touched as a whole.
std::unique_ptr<std::byte[]> buffer_of(std::size_t bytes) {
  std::unique_ptr<std::byte[]> made(new std::byte[bytes]);
  std::memset(made.get(), 1, bytes);
  return made;
}

TEST(heap_pages, of_buffers_that_come_again_are_kept) {
  keep_heap_pages();
  buffer_of(7 * mib).reset();
  const long before = page_faults();
  for (int round = 0; round < 10; ++round) {
    // Two at once: what is freed first lies below the other, what is freed last at the end.
    auto small = buffer_of(2 * mib);
    auto large = buffer_of(5 * mib - static_cast<std::size_t>(round) * 4096);
    small.reset();
    large.reset();
  }
  EXPECT_LT(page_faults() - before, 512) << "2 MiB, of 70 that were touched";
}

TEST(heap_pages, that_nobody_uses_are_given_back) {
  keep_heap_pages();
  std::vector<std::unique_ptr<std::byte[]>> blocks;
  for (int i = 0; i < 1'000; ++i) {
    blocks.push_back(buffer_of(mib / 16));
  }
  const auto last = buffer_of(mib / 16);  // the end of the heap is in use
  blocks.clear();
  const std::size_t before = resident_bytes();
  give_back_heap_pages();
  EXPECT_LT(resident_bytes() + 40 * mib, before);
}

#endif

}  // namespace
}  // namespace weir
