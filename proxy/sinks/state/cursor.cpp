// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/cursor.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, discard_reason_count> reason_names{
    "refused",      "partial",   "too_large", "damaged", "lost",
    "out_of_order", "duplicate", "too_old",   "future",  "string"};

}  // namespace

std::string_view name_of(discard_reason reason) noexcept {
  return reason_names[static_cast<std::size_t>(reason)];
}

std::uint64_t cursor_state::discarded_total() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t one : discarded) {
    sum += one;
  }
  return sum;
}

}  // namespace weir
