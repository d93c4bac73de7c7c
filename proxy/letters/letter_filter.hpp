// SPDX-License-Identifier: Apache-2.0
//
// Which letters a command selects, and the set of those that were replayed already. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "letters/letter.hpp"

namespace weir {

/// Numbers, as ranges.
class id_set {
 public:
  void add(std::uint64_t id);
  void add(const id_set& others);
  [[nodiscard]] bool contains(std::uint64_t id) const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// Removes all smaller numbers.
  void forget_below(std::uint64_t id);

  /// "17" or "20-34" a line, ascending.
  [[nodiscard]] std::string text() const;
  /// Reads what `text` wrote. Fails on a line that is neither a number nor a range.
  [[nodiscard]] static result<id_set> parse(std::string_view text);

 private:
  void add_range(std::uint64_t first, std::uint64_t last);

  /// First to last; ranges neither touch nor overlap.
  std::map<std::uint64_t, std::uint64_t> ranges_;
};

struct letter_filter {
  /// Empty: any.
  std::string database{};
  std::string code{};
  /// Part of the listener, the address, the user or the agent; case of letters does not matter.
  std::string source{};
  std::optional<std::int64_t> since_ns{};
  std::optional<std::int64_t> until_ns{};
  /// Empty: any.
  std::vector<std::uint64_t> ids{};

  [[nodiscard]] bool matches(const letter& each) const;
};

/// A time as a person gives it: "2h" before `now_ns`, or "2026-01-02", "2026-01-02T03:04" or
/// "2026-01-02T03:04:05Z", in UTC.
[[nodiscard]] result<std::int64_t> parse_moment(std::string_view text, std::int64_t now_ns);

/// "http 192.0.2.1:4711 ann Telegraf/1.39": who sent a letter, in one word each.
[[nodiscard]] std::string source_of(const letter_header& header);

}  // namespace weir
