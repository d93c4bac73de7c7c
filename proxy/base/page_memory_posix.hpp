// SPDX-License-Identifier: Apache-2.0
//
// Memory for large tables that are read in random order: straight from the system, zero until it is
// written, in huge pages where the system has them. With small pages nearly every access would miss
// the processor's table of addresses (TLB).
#pragma once

#include <cstddef>
#include <utility>

namespace weir {

/// Memory of this size and more comes in whole huge pages: take a multiple of it.
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

/// Memory of zeros. Empty when it has 0 bytes or the system has no more.
class page_memory {
 public:
  page_memory() = default;
  explicit page_memory(std::size_t bytes) noexcept;
  page_memory(page_memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  page_memory& operator=(page_memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~page_memory();

  [[nodiscard]] void* data() const noexcept { return data_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir
