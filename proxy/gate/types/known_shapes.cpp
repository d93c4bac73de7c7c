// SPDX-License-Identifier: Apache-2.0
#include "gate/types/known_shapes.hpp"

#include <algorithm>
#include <utility>

#include "gate/series/series_hash.hpp"

namespace weir {
namespace {

/// Of one shape in the table, without its fields, about.
constexpr std::size_t shape_bytes = 80;

}  // namespace

void known_shapes::add(std::uint32_t shape, std::span<const field_view> fields) {
  const std::lock_guard lock(mutex_);
  if (shapes_.contains(shape) ||
      !lease_.grow_to(lease_.bytes() + shape_bytes + fields.size() * sizeof(std::uint32_t))) {
    return;
  }
  std::vector<std::uint32_t> names;
  names.reserve(fields.size());
  for (const field_view& field : fields) {
    names.push_back(static_cast<std::uint32_t>(hash_text(field.key, 0)));
  }
  std::sort(names.begin(), names.end());
  shapes_.emplace(shape, std::move(names));
}

void known_shapes::take(std::uint32_t shape, const known_shapes& from) {
  std::vector<std::uint32_t> names;
  {
    const std::lock_guard lock(from.mutex_);
    const auto known = from.shapes_.find(shape);
    if (known == from.shapes_.end()) {
      return;
    }
    names = known->second;
  }
  const std::lock_guard lock(mutex_);
  if (lease_.grow_to(lease_.bytes() + shape_bytes + names.size() * sizeof(std::uint32_t))) {
    shapes_.emplace(shape, std::move(names));
  }
}

bool known_shapes::overlap(std::uint32_t one, std::uint32_t other) const {
  const std::lock_guard lock(mutex_);
  const auto a = shapes_.find(one);
  const auto b = shapes_.find(other);
  if (a == shapes_.end() || b == shapes_.end()) {
    return false;
  }
  auto i = a->second.begin();
  auto j = b->second.begin();
  while (i != a->second.end() && j != b->second.end()) {
    if (*i == *j) {
      return true;
    }
    if (*i < *j) {
      ++i;
    } else {
      ++j;
    }
  }
  return false;
}

}  // namespace weir
