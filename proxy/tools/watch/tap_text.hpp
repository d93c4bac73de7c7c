// SPDX-License-Identifier: Apache-2.0
//
// What `weir tap` shows of the lines that pass: read from weir's JSON lines, written for people.
// Pure. Nothing of a line reaches the terminal as a control sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

/// A line that passed.
struct tapped_line {
  double at = 0;
  std::string verdict{};  // "accepted", "rejected", "dropped"
  std::string database{};
  std::string retention_policy{};
  std::string line{};
  bool cut = false;
  std::string code{};
  std::string message{};
  /// 1-based; 0: not known.
  std::uint64_t column = 0;
  std::string address{};
  std::string agent{};
  std::string user{};
};

/// How many lines matched in a second, and how many of them were sent.
struct tapped_second {
  std::uint64_t seen = 0;
  std::uint64_t shown = 0;
};

/// One of both is there.
struct tap_record {
  std::optional<tapped_line> line{};
  std::optional<tapped_second> second{};
};
[[nodiscard]] result<tap_record> read_tap(std::string_view json);

/// `at` is shown as a time of day, in UTC. Ends with a line feed.
[[nodiscard]] std::string tap_text(const tapped_line& line, bool coloured);

/// What is counted while a tap runs, and what is said of it.
class tap_account {
 public:
  void take(const tapped_line& line);
  /// A note for when lines are left out: at the first time, and then every 10 s. Empty: nothing is
  /// to be said.
  [[nodiscard]] std::string take(const tapped_second& second);
  [[nodiscard]] std::uint64_t shown() const noexcept { return shown_; }
  [[nodiscard]] std::string summary(double seconds) const;

 private:
  std::uint64_t shown_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t seen_ = 0;
  /// Seconds since the last note; none was made yet.
  std::optional<std::uint64_t> since_note_;
};

}  // namespace weir
