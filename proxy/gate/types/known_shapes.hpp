// SPDX-License-Identifier: Apache-2.0
//
// Maps the hash of a shape to the names of its fields: asked when two points of one series and time
// have different shapes, to tell halves of one point from points that contradict each other.
// Bounded. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/memory_budget.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class known_shapes {
 public:
  explicit known_shapes(memory_budget& budget) : lease_(budget) {}

  /// Without room in the budget it is not kept.
  void add(std::uint32_t shape, std::span<const field_view> fields);
  /// Takes over what `from` knows of the shape.
  void take(std::uint32_t shape, const known_shapes& from);
  /// Whether they have a field in common; false also when one of them is not known.
  [[nodiscard]] bool overlap(std::uint32_t one, std::uint32_t other) const;

 private:
  mutable std::mutex mutex_;
  memory_lease lease_;
  /// Hashes of the names, sorted.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> shapes_;
};

}  // namespace weir
