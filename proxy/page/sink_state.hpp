// SPDX-License-Identifier: Apache-2.0
//
// In which state a sink is, in a word and in a sentence. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "page/facts.hpp"

namespace weir::page {

struct sink_state {
  enum class word : std::uint8_t { idle, delivering, behind, down, held, stopped };

  word is = word::idle;
  std::string text{};
  /// Empty: nothing has to be done.
  std::string remedy{};
};

[[nodiscard]] std::string_view name_of(sink_state::word is) noexcept;
[[nodiscard]] sink_state state_of(const sink_facts& known);

/// What is empty stays so.
[[nodiscard]] std::string with_full_stop(std::string text);
/// The same with a capital letter.
[[nodiscard]] std::string sentence(std::string text);
/// "12 s", "4 min", "3 h 20 min", "2 d 3 h".
[[nodiscard]] std::string spoken_seconds(double seconds);
/// "12 KiB", "3.4 GiB".
[[nodiscard]] std::string spoken_bytes(std::uint64_t bytes);

}  // namespace weir::page
