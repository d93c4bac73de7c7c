// SPDX-License-Identifier: Apache-2.0
//
// Which version of remote write is spoken with each of a sink's addresses, until the process ends.
// Pure. One thread.
#pragma once

#include <cstddef>
#include <unordered_set>

namespace weir {

class protocol_versions {
 public:
  /// Whether version 2 is spoken with that address (transfer::address): with each, as long as
  /// nothing is noted.
  [[nodiscard]] bool second(std::size_t address) const { return !first_alone_.contains(address); }
  /// It knows version 1 alone. Whether that is new.
  bool note_first_alone(std::size_t address) { return first_alone_.insert(address).second; }

 private:
  std::unordered_set<std::size_t> first_alone_;
};

}  // namespace weir
