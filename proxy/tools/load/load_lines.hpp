// SPDX-License-Identifier: Apache-2.0
//
// The lines of a run, one after the other: the shape's own, or those of as many series as are asked
// for, some of which are replaced by new ones while time goes on, and among them the bad ones that
// are asked for. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/generate.hpp"
#include "tools/load/bad_lines.hpp"
#include "tools/load/load_options.hpp"

namespace weir {

/// How many lines there are of each kind, in the order of `bad_kinds`.
using bad_counts = std::array<std::uint64_t, bad_kinds.size()>;

[[nodiscard]] std::uint64_t sum_of(const bad_counts& bad) noexcept;

class load_lines {
 public:
  /// Requires: options that check_load made, which outlive it. Lines of series are put together
  /// from at most `options.ring_bytes` of lines that are made here.
  explicit load_lines(const load_options& options);

  /// What lines follow for, until the next call: a database (0, where there is one), so long after
  /// the run's beginning.
  void begin_body(std::uint64_t database, std::int64_t elapsed_ns);
  /// Appends one line with its line feed.
  void append_line(std::string& body);
  /// No line that `append_line` appends next is longer.
  [[nodiscard]] std::size_t line_bytes_max() const noexcept { return line_bytes_max_; }
  /// Of the lines since `begin_body`.
  [[nodiscard]] const bad_counts& bad_of_body() const noexcept { return bad_of_body_; }

  /// Series of all databases that good lines were made of so far; 0 where none were asked for.
  [[nodiscard]] std::uint64_t series() const noexcept;
  /// Of these, those that came in the place of others.
  [[nodiscard]] std::uint64_t new_series() const noexcept;

 private:
  /// A line of `arena_` whose series' number and time are written anew each time.
  struct line_template {
    std::size_t offset = 0;
    /// From the line's begin: where the number goes, and where the time begins.
    std::size_t number_at = 0;
    std::size_t time_at = 0;
  };
  struct database_state {
    /// Numbers up to here were given out.
    std::uint64_t created = 0;
    /// Of the series that are sent in turn.
    std::uint64_t turn = 0;
    /// The last number that was given out.
    std::uint64_t last = 0;
  };
  void make_templates();
  void append_good(std::string& body);
  void append_of_series(std::uint64_t number, std::string& body);
  [[nodiscard]] std::uint64_t next_number();
  [[nodiscard]] bool bad_is_due() const noexcept;
  /// False: no kind that is wanted can be made here.
  bool append_bad(std::string& body);
  [[nodiscard]] std::optional<bad_kind> next_kind() noexcept;

  const load_options& options_;
  bench::line_generator generator_;
  std::string arena_;
  std::vector<line_template> templates_;
  std::vector<database_state> databases_;
  std::size_t line_bytes_max_ = 0;
  std::int64_t time_ns_;
  std::uint64_t lines_ = 0;
  std::uint64_t bad_lines_ = 0;
  std::size_t kinds_used_ = 0;

  database_state* database_ = nullptr;
  /// Of the database: how many series there may have been by now.
  std::uint64_t series_allowed_ = 0;
  bad_counts bad_of_body_{};
  /// The newest good line of the body; no bytes: there is none yet.
  std::size_t good_at_ = 0;
  std::size_t good_bytes_ = 0;
  /// A good line that becomes a bad one.
  std::string scratch_;
};

}  // namespace weir
