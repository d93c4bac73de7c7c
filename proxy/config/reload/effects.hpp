// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a key that changes while weir runs: one row for each key there is. Pure.
#pragma once

#include <span>
#include <string_view>

#include "config/settings.hpp"

namespace weir {

struct key_effect {
  /// "log.keep", "sink.batch.age".
  std::string_view key;
  /// The key is in force from the next start on: puts what `running` has of it back into `wanted`.
  /// nullptr: it is in force at once.
  void (*keep)(settings& wanted, const settings& running) = nullptr;
};

[[nodiscard]] std::span<const key_effect> key_effects() noexcept;

/// The row of a key; nullptr: nobody has said what becomes of it.
[[nodiscard]] const key_effect* find_effect(std::string_view section,
                                            std::string_view name) noexcept;

}  // namespace weir
