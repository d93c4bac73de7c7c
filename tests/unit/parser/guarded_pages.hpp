// SPDX-License-Identifier: Apache-2.0
//
// Memory whose neighbours are unmapped, so that a read outside it ends the test.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace weir::test {

class guarded_pages {
 public:
  explicit guarded_pages(std::size_t count = 1)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), size_(count * page_) {
    void* const memory =
        mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
    if (base_ != nullptr && mprotect(base_ + page_, size_, PROT_READ | PROT_WRITE) != 0) {
      base_ = nullptr;
    }
  }
  ~guarded_pages() { munmap(base_, size_ + 2 * page_); }
  guarded_pages(const guarded_pages&) = delete;
  guarded_pages& operator=(const guarded_pages&) = delete;

  [[nodiscard]] bool ready() const { return base_ != nullptr; }
  std::string_view at_the_end(std::string_view bytes) {
    char* const place = base_ + page_ + size_ - bytes.size();
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }
  std::string_view at_the_beginning(std::string_view bytes) {
    std::memcpy(base_ + page_, bytes.data(), bytes.size());
    return {base_ + page_, bytes.size()};
  }

 private:
  std::size_t page_;
  std::size_t size_;
  char* base_ = nullptr;
};

}  // namespace weir::test
