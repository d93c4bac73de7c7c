// SPDX-License-Identifier: Apache-2.0
//
// A copy of what the gate remembers, as far as the lines that are tried in it ask for it: so that a
// gate says of them what it would say of lines that come now, and nothing of them is remembered.
//
// A copy, and not a memory that refuses to be written: the checks decide while they write (a type
// is registered by the first field that has it, a series counts for its database before the next
// line of the request is looked at), and a second set of checks that only reads would be another
// gate. What a line asks for is known once the line is canonical: the entry of its series, the
// types of its fields, the counts of its database and measurement, and the points at its time.
// Pure; one thread; what it is copied from may be written meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gate/series/gate_memory.hpp"

namespace weir {

class tried_memory {
 public:
  /// `real` outlives it.
  tried_memory(gate_memory& real, std::string_view database, std::string_view retention_policy);

  /// Copies what a line asks for, which is canonical, with its time and without its line feed.
  void copy_for(std::string_view canonical);
  [[nodiscard]] gate_memory& memory() noexcept { return *copy_; }

 private:
  void copy_types(const point_view& point, std::uint64_t measurement);
  void copy_series(const point_view& point, std::uint64_t measurement);

  /// Not changed, but that points which were written down in it may be sorted, as they are when a
  /// late line asks for them.
  gate_memory& real_;
  const std::string database_;
  const std::string retention_policy_;
  const database_memory* const known_;
  std::unique_ptr<gate_memory> copy_;
  /// Measurements whose counts were copied: later ones are of the lines that were tried.
  std::unordered_set<std::uint64_t> counted_;
  std::string measurement_;
  std::string name_;
};

}  // namespace weir
