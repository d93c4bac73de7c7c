// SPDX-License-Identifier: Apache-2.0
#include "gate/series/point_window.hpp"

#include <algorithm>

#include "base/per_request/bring_near.hpp"

namespace weir {
namespace {

constexpr std::size_t set_bytes = point_window::ways * point_window::point_bytes;
/// How many points ahead a set is fetched while points are sorted in.
constexpr std::size_t fetched_ahead = 16;

}  // namespace

point_window::point_window(std::size_t bytes)
    : sets_(bytes / 2 / set_bytes), table_(sets_ * set_bytes), written_(sets_ * set_bytes) {
  if (table_.data() == nullptr || written_.data() == nullptr) {
    sets_ = 0;  // only newest points are compared then; nothing else depends on the window
  }
}

void point_window::remember(std::span<const keyed_point> points) {
  if (sets_ == 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  auto* const ring = static_cast<keyed_point*>(written_.data());
  for (const keyed_point& point : points) {
    ring[next_] = point;
    next_ = after(next_);
  }
  waiting_ = std::min(places(), waiting_ + points.size());
}

void point_window::sort_in() noexcept {
  const auto* const ring = static_cast<const keyed_point*>(written_.data());
  std::size_t at = next_ >= waiting_ ? next_ - waiting_ : next_ + places() - waiting_;
  std::size_t ahead = at;
  for (std::size_t i = 0; i < fetched_ahead && i < waiting_; ++i) {
    ahead = after(ahead);
  }
  for (; waiting_ > 0; --waiting_) {
    bring_near_to_write(set_of(ring[ahead].key));
    ahead = after(ahead);
    put(ring[at]);
    at = after(at);
  }
}

void point_window::put(const keyed_point& point) noexcept {
  keyed_point* const set = set_of(point.key);
  std::size_t chosen = (point.key >> 1) % ways;  // of a full set, one for each key
  for (std::size_t i = 0; i < ways; ++i) {
    const bool same = set[i].key == point.key && set[i].content.shape() == point.content.shape();
    if (same || set[i].key == 0) {
      chosen = i;
      break;
    }
  }
  set[chosen] = point;
}

void point_window::forget(std::uint64_t key, point_content content) {
  if (sets_ == 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  sort_in();
  keyed_point* const set = set_of(key);
  for (std::size_t i = 0; i < ways; ++i) {
    if (set[i].key == key && set[i].content == content) {
      set[i] = {};
    }
  }
}

}  // namespace weir
