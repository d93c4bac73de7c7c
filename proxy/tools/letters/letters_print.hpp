// SPDX-License-Identifier: Apache-2.0
//
// Letters as a person reads them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "letters/letter.hpp"

namespace weir {

/// The beginning of `text` as a terminal can show it (terminal_text.hpp), in so many columns.
[[nodiscard]] std::string visible(std::string_view text, std::size_t columns_max);

/// The codes that letters have.
[[nodiscard]] std::vector<std::string> known_codes();

/// "ID  TIME  DATABASE  CODE  SOURCE  LINE".
[[nodiscard]] std::string list_heading();
[[nodiscard]] std::string list_row(const letter& each, bool replayed);

/// Everything about one letter, with the place of its mistake and the remedy.
[[nodiscard]] std::string describe_letter(const letter& each, bool replayed);

class letter_statistics {
 public:
  void add(const letter& each, bool replayed);
  [[nodiscard]] std::string text(std::uint64_t damaged) const;
  [[nodiscard]] std::string json(std::uint64_t damaged) const;

 private:
  /// Sources beyond it are counted as "other".
  static constexpr std::size_t sources_max = 1'000;

  std::uint64_t letters_ = 0;
  std::uint64_t replayed_ = 0;
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::map<std::tuple<std::string, std::string, bool>, std::uint64_t> by_code_;
  std::map<std::string, std::uint64_t> by_source_;
};

}  // namespace weir
