// SPDX-License-Identifier: Apache-2.0
//
// Lines explained as a write would treat them now: what the parser says, how a line would be
// repaired, what the checks of the gate decide, what goes into the log and what series sinks make
// of it. Nothing of the lines is kept, counted or remembered: they are tried in a copy of what the
// gate remembers (tried_memory.hpp). Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "facts/explain/series_of_line.hpp"
#include "facts/explain/tried_memory.hpp"
#include "facts/refusals/finding.hpp"
#include "gate/gate.hpp"
#include "gate/line_repair.hpp"
#include "gate/rules/rules.hpp"

namespace weir {

/// What the lines are judged by. All that is pointed to outlives the explanation.
struct explain_terms {
  std::string database{};
  std::string retention_policy{};
  /// Nanoseconds in a unit of the timestamps, or automatic_unit_ns.
  std::int64_t unit_ns = 1;
  /// Time of receipt, nanoseconds since the epoch.
  std::int64_t now_ns = 0;
  std::size_t line_bytes_max = std::size_t{1} << 20;
  const database_settings* policy = nullptr;
  /// A set of its own: a set that writes use would count. nullptr: there are no rules.
  const rule_set* rules = nullptr;
  /// As in `gate_request`.
  std::optional<nanoseconds> upstream_retention{};
  /// nullptr: types, duplicates and series are checked among the lines alone.
  gate_memory* remembered = nullptr;
  const std::vector<sink_settings>* sinks = nullptr;
  /// The names that were given so far; nullptr: none. It is not changed.
  std::shared_ptr<const name_book> names = nullptr;
};

enum class line_fate : std::uint8_t { accepted, mended, noted, rejected, dropped };
[[nodiscard]] std::string_view name_of(line_fate fate) noexcept;

/// What is said of a line that is kept.
struct line_note {
  std::string_view code;
  std::string title;
  std::string explanation;
  std::string remedy;
};

/// A point as its line spells it, without escapes.
struct line_parts {
  struct field {
    std::string key;
    std::string_view type;
    std::string text;
  };
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<field> fields;
  /// Nanoseconds since the epoch, as the point would be logged; nothing: its line has no time and
  /// was refused.
  std::optional<std::int64_t> time_ns;
};

struct explained_line {
  std::uint64_t line = 0;
  std::string text{};
  line_fate fate = line_fate::accepted;
  /// Empty: there is nothing to say.
  std::string_view code{};
  std::string title{};
  /// What its sender would be answered, without the line.
  std::string message{};
  std::string explanation{};
  std::string remedy{};
  /// 1-based byte of the mistake; 0: the line as a whole.
  std::uint64_t column = 0;
  std::size_t length = 0;
  /// An excerpt with its caret, as in finding_example.
  std::string shown{};
  std::size_t mark_column = 0;
  std::size_t mark_columns = 0;
  /// As it was probably meant, with the condition.
  std::vector<repaired_line> repaired{};
  std::vector<line_note> notes{};
  std::optional<line_parts> point{};
  /// What is logged, without its line feed.
  std::optional<std::string> canonical{};
  std::vector<sink_series> becomes{};
  /// Sinks whose filters leave it out.
  std::vector<std::string> not_taken_by{};
};

struct explanation_report {
  static constexpr std::size_t lines_max = 1'000;

  std::vector<explained_line> lines{};
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  /// The text has more lines than are explained.
  bool truncated = false;
};

/// Of each line of `text`, at most `lines_max`.
[[nodiscard]] explanation_report explain_lines(std::string_view text, const explain_terms& terms);

/// Appends the report as an object of JSON (docs/api.md).
void append_report(const explanation_report& report, std::string& out);
/// The parts of it: the beginning, each line, and what follows the last.
void begin_report(std::string& out);
void append_line(const explained_line& line, std::string& out);
void end_report(const explanation_report& report, std::string& out);

/// The report on a text, some lines at a time, so that a loop which serves others has no long
/// turns. Pure; one thread.
class piecewise_explanation {
 public:
  /// What `terms` point to outlives it.
  piecewise_explanation(std::string text, explain_terms terms);
  ~piecewise_explanation();
  piecewise_explanation(const piecewise_explanation&) = delete;
  piecewise_explanation& operator=(const piecewise_explanation&) = delete;

  /// Appends the next piece of the document. False: that was the last.
  [[nodiscard]] bool next(std::string& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
