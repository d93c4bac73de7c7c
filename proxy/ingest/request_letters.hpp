// SPDX-License-Identifier: Apache-2.0
//
// The dead letters of one write request, gathered while it is read. They reach the letter box when
// the request is committed, and are the first that it gives up when memory is short. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "letters/letter.hpp"

namespace weir {

class letter_box;

class request_letters {
 public:
  /// `box` outlives this object; nullptr: no letters are kept.
  explicit request_letters(letter_box* box) noexcept : box_(box) {}

  /// Begins a request. `wanted`: its client does not keep the lines itself.
  void begin(bool wanted) noexcept { wanted_ = wanted; }
  /// The next letter belongs to another body than those before.
  void next_body() noexcept { is_first_of_body_ = true; }

  /// Whether a line that was rejected (`dropped`: by a rule) is to become a letter.
  [[nodiscard]] bool wants(bool dropped) const noexcept;
  /// Adds a letter with the beginning of `text`, as much as letters.line allows; beyond what one
  /// request may hold it is counted as lost. Requires: `wants(line.dropped)`.
  void add(const letter_header& sender, letter_line line, std::string_view text);

  /// Memory that the letters take, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Gives up the letters so far; `commit` counts them as lost.
  void give_up() noexcept;

  /// The request is in the log: hands its letters to the box.
  void commit();
  /// Forgets the request.
  void reset() noexcept;

 private:
  letter_box* box_;
  bool wanted_ = false;
  bool is_first_of_body_ = true;
  /// One for each body that has letters.
  std::vector<letter_batch> batches_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace weir
