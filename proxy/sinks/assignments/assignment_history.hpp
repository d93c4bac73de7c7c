// SPDX-License-Identifier: Apache-2.0
//
// Which addresses share the series of a sink, and from which position of the log on. All sinks of a
// group look into the same history, so each series of a frame belongs to one address, whenever the
// frame is delivered and however often the addresses have changed since. Pure; immutable once it is
// shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/position.hpp"

namespace weir {

/// From `from` on, up to the next one.
struct assignment {
  log_position from;
  /// In ascending order, so that their order in the configuration does not matter. Empty: the
  /// frames were not split, and each address gets all of them.
  std::vector<std::string> addresses;
  /// Of each: its address_hash.
  std::vector<std::uint64_t> hashes;

  [[nodiscard]] bool to_all() const noexcept { return addresses.empty(); }
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// `none`: it is none of them.
  [[nodiscard]] std::size_t index_of(std::string_view address) const noexcept;
};

class assignment_history {
 public:
  /// Changes of the addresses that are remembered, as long as something before them is pending.
  static constexpr std::size_t changes_max = 64;

  /// From `from` on these addresses share the series (none: each gets all of it). Requires: `from`
  /// is not below the last one's; where it is the same, nothing was split by the last one. False:
  /// there are too many.
  [[nodiscard]] bool add(log_position from, std::vector<std::string> addresses);
  /// What ends at or below `least` is needed no more: every address is done with it.
  void forget_before(log_position least);

  /// Null: it is older than what is remembered, and nobody's any more.
  [[nodiscard]] const assignment* at(log_position position) const noexcept;
  /// A frame there may have series of that address.
  [[nodiscard]] bool concerns(log_position position, std::string_view address) const noexcept;
  /// Where its first series begin, and below which its last ones are; both are 0 for an address
  /// that has none. Of one that is in force the second is `in_force`.
  [[nodiscard]] log_position begin_of(std::string_view address) const noexcept;
  [[nodiscard]] log_position end_of(std::string_view address) const noexcept;
  static constexpr log_position in_force{UINT64_MAX};

  [[nodiscard]] const std::vector<assignment>& entries() const noexcept { return entries_; }

 private:
  std::vector<assignment> entries_;
};

}  // namespace weir
