// SPDX-License-Identifier: Apache-2.0
//
// What became of one write request's lines: the gate fills it, a dialect's api turns it into that
// dialect's answer. Data with bounds of its own, no I/O; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A refused line. A plain answer needs its message alone; the rest is filled where the client
/// asked for the verbose one.
struct rejected_line {
  /// As the plain answer spells it, quoting the line ("unable to parse 'cpu v=': missing
  /// field value"); of a verbose answer the reason alone.
  std::string message{};
  /// 1-based number in the body.
  std::uint64_t line = 0;
  /// 1-based byte at which the mistake lies; 0: the line as a whole. Of a plain answer, where it
  /// was noticed: finding the place reads the line again.
  std::uint64_t column = 0;
  /// The stable name of the reason: `name_of` a parse_code or a gate_code.
  std::string_view code{};
  /// What it means and what to do about it.
  std::string explanation{};
  /// The line, cut to `quoted_bytes_max`.
  std::string text{};
  /// Its reason is among `write_verdict::storage` already.
  bool at_storage = false;

  [[nodiscard]] std::size_t bytes() const noexcept {
    return message.size() + explanation.size() + text.size();
  }
};

/// Points that InfluxDB's storage would refuse: it gives one reason for all of them, and a count.
struct storage_refusal {
  std::string_view code{};
  /// That of the first.
  std::string reason{};
  std::uint64_t points = 0;
};

/// What weir adds to InfluxDB's message on a refused line, for people.
struct line_hint {
  /// Of the mistake: `diagnosis::kind`.
  std::string_view kind{};
  std::string text{};
};

struct write_verdict {
  /// What a plain answer may carry of refusals; further ones are only counted.
  static constexpr std::size_t message_bytes_max = std::size_t{64} << 10;
  static constexpr std::size_t messages_max = 100;
  /// The same of a verbose answer.
  static constexpr std::size_t verbose_bytes_max = std::size_t{4} << 20;
  static constexpr std::size_t verbose_lines_max = 10'000;
  /// Of a line that a verbose answer quotes.
  static constexpr std::size_t quoted_bytes_max = 1024;

  /// Hints of a plain answer: how many, how long each, and of how many refused lines one is looked
  /// for. Looking for one reads the line several times, so that a body of bad lines must not have
  /// it done for each.
  static constexpr std::size_t hints_max = 3;
  static constexpr std::size_t hint_bytes_max = 300;
  static constexpr std::size_t hint_lines_max = 8;

  std::uint64_t lines = 0;
  std::uint64_t accepted = 0;
  /// Lines with a message of their own.
  std::uint64_t rejected = 0;
  /// Points that were older than their retention policy keeps them (not part of `rejected`).
  std::uint64_t beyond_retention = 0;
  /// What is special to the first of those points; follows the phrase that clients match.
  std::string retention_detail;
  /// Other points of that kind, by code (not part of `rejected` either).
  std::vector<storage_refusal> storage;
  /// Good lines that were not kept because the client wants all or nothing.
  std::uint64_t withheld = 0;
  /// The client wants all or nothing, and nothing was kept.
  bool nothing_kept = false;
  /// The client asked for every refused line.
  bool verbose = false;
  /// The first refusals, bounded as above; kept by `reject` and `refuse_at_storage`.
  std::vector<rejected_line> refusals;
  std::size_t refusal_bytes = 0;
  /// One for each kind of mistake; each is one line of text.
  std::vector<line_hint> hints;
  std::size_t hint_lines = 0;

  [[nodiscard]] bool flawless() const noexcept {
    return rejected == 0 && beyond_retention == 0 && storage.empty();
  }
  /// Points among those that parsed and that storage would refuse.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

  /// Whether `reject` would still keep a line: if not, its message need not be made.
  [[nodiscard]] bool wants_message() const noexcept {
    return refusals.size() < lines_max() && refusal_bytes < bytes_max();
  }
  /// Whether the hint for another refused line would still be kept.
  [[nodiscard]] bool wants_hint() const noexcept {
    return !verbose && hints.size() < hints_max && hint_lines < hint_lines_max;
  }
  /// Keeps the first hint of each kind. Requires: `wants_hint`.
  void add_hint(line_hint hint);
  /// Counts a refused line and keeps it if there is room.
  void reject(rejected_line line);
  void reject(std::string message) { reject(rejected_line{.message = std::move(message)}); }
  /// A reason of that code is kept already.
  [[nodiscard]] bool knows(std::string_view code) const noexcept;
  /// Counts a point that storage would refuse; the line is kept for a verbose answer. `reason` is
  /// wanted for the first of its code.
  void refuse_at_storage(std::string_view code, std::string reason, rejected_line line);
  /// The same for points beyond retention, whose message is fixed.
  void refuse_by_retention(rejected_line line);

 private:
  [[nodiscard]] std::size_t lines_max() const noexcept {
    return verbose ? verbose_lines_max : messages_max;
  }
  [[nodiscard]] std::size_t bytes_max() const noexcept {
    return verbose ? verbose_bytes_max : message_bytes_max;
  }
  void keep(rejected_line line);
};

}  // namespace weir
