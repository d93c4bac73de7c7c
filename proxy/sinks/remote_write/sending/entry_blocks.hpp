// SPDX-License-Identifier: Apache-2.0
//
// Entries of a table by their places, in blocks, so that none moves while the table grows and those
// that were made together lie together. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/per_request/bring_near.hpp"

namespace weir {

template <class Entry>
class entry_blocks {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Entry& operator[](std::size_t place) {
    return blocks_[place / block_entries][place % block_entries];
  }
  [[nodiscard]] const Entry& operator[](std::size_t place) const {
    return blocks_[place / block_entries][place % block_entries];
  }
  /// Its place is the size before.
  Entry& append() {
    if (size_ % block_entries == 0) {
      blocks_.push_back(std::make_unique<Entry[]>(block_entries));
    }
    return (*this)[size_++] = {};
  }
  /// Requires: there are as many.
  void keep_first(std::size_t count) {
    size_ = count;
    blocks_.resize((count + block_entries - 1) / block_entries);
  }
  /// It is looked at soon; any number will do.
  void expect(std::size_t place) const {
    if (place < size_) {
      bring_near(&(*this)[place]);
    }
  }

 private:
  static constexpr std::size_t block_entries = 1'024;

  std::vector<std::unique_ptr<Entry[]>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace weir
