// SPDX-License-Identifier: Apache-2.0
//
// A small body that is read as a whole, while it gathers: bounded, and counted by the budget of the
// memory for requests. Pure. Thread: its exchange's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_budget.hpp"

namespace weir {

class gathered_text {
 public:
  enum class status : std::uint8_t {
    kept,
    too_long,    // more than `bytes_max` with this piece, which was left out
    overloaded,  // the budget has no room for it: all of it is forgotten
  };

  /// `memory` outlives it.
  gathered_text(std::size_t bytes_max, memory_budget& memory, std::shared_ptr<memory_share> share)
      : bytes_max_(bytes_max), lease_(memory, std::move(share)) {}

  [[nodiscard]] status add(std::string_view piece) {
    if (text_.size() + piece.size() > bytes_max_) {
      return status::too_long;
    }
    text_.append(piece);
    if (!lease_.grow_to(text_.capacity())) {
      std::string{}.swap(text_);
      return status::overloaded;
    }
    return status::kept;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The text, for somebody else to keep while it stays counted here.
  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  const std::size_t bytes_max_;
  std::string text_;
  memory_lease lease_;
};

}  // namespace weir
