// SPDX-License-Identifier: Apache-2.0
#include "base/page_memory_posix.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace weir {
namespace {

void* map(std::size_t bytes) noexcept {
  void* const data =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return data == MAP_FAILED ? nullptr : data;
}

}  // namespace

page_memory::page_memory(std::size_t bytes) noexcept {
  if (bytes == 0) {
    return;
  }
  if (bytes < huge_page_bytes) {
    data_ = map(bytes);
    bytes_ = data_ == nullptr ? 0 : bytes;
    return;
  }
  // A huge page begins at a multiple of its size: map more than is needed and give the ends back.
  const std::size_t whole = (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
  char* const begin = static_cast<char*>(map(whole + huge_page_bytes));
  if (begin == nullptr) {
    return;
  }
  const std::size_t over = reinterpret_cast<std::uintptr_t>(begin) % huge_page_bytes;
  const std::size_t before = over == 0 ? 0 : huge_page_bytes - over;
  if (before > 0) {
    ::munmap(begin, before);
  }
  if (huge_page_bytes - before > 0) {
    ::munmap(begin + before + whole, huge_page_bytes - before);
  }
  data_ = begin + before;
  bytes_ = whole;
  ::madvise(data_, bytes_, MADV_HUGEPAGE);  // where it fails the pages are small
}

page_memory::~page_memory() {
  if (data_ != nullptr) {
    ::munmap(data_, bytes_);
  }
}

}  // namespace weir
