// SPDX-License-Identifier: Apache-2.0
#include "gate/point_window.hpp"

namespace weir {
namespace {

constexpr std::size_t set_bytes = point_window::ways * point_window::place_bytes;

}  // namespace

point_window::point_window(std::size_t bytes)
    : sets_(bytes / set_bytes), slots_(sets_ * set_bytes) {
  if (slots_.data() == nullptr) {
    sets_ = 0;  // only newest points are compared then; nothing else depends on the window
  }
}

void point_window::remember(std::uint64_t place, point_content content) noexcept {
  if (sets_ == 0) {
    return;
  }
  slot* const set = set_of(place);
  std::size_t chosen = (place >> 1) % ways;  // of a full set, one for each place
  for (std::size_t i = 0; i < ways; ++i) {
    const std::uint64_t held = set[i].content.load(std::memory_order_relaxed);
    const std::uint64_t check = set[i].check.load(std::memory_order_relaxed);
    const bool same =
        (check ^ held) == place && point_content::from_bits(held).shape() == content.shape();
    if (same || check == 0) {
      chosen = i;
      break;
    }
  }
  set[chosen].content.store(content.bits(), std::memory_order_relaxed);
  set[chosen].check.store(place ^ content.bits(), std::memory_order_relaxed);
}

void point_window::forget(std::uint64_t place, point_content content) noexcept {
  if (sets_ == 0) {
    return;
  }
  slot* const set = set_of(place);
  for (std::size_t i = 0; i < ways; ++i) {
    if (set[i].content.load(std::memory_order_relaxed) == content.bits() &&
        set[i].check.load(std::memory_order_relaxed) == (place ^ content.bits())) {
      set[i].check.store(0, std::memory_order_relaxed);
      set[i].content.store(0, std::memory_order_relaxed);
    }
  }
}

}  // namespace weir
