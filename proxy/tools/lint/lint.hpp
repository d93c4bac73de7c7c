// SPDX-License-Identifier: Apache-2.0
//
// `weir lint` without its files: line protocol in, diagnostics, JSON or canonical lines out. Pure;
// memory is bounded by the longest line and one output buffer, however large the input is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// The words of the command line.
struct lint_arguments {
  std::string file = "-";
  std::string precision = "ns";
  std::string utf8 = "reject";
  std::string color = "auto";
  bool json = false;
  bool canonical = false;
  /// 1 and -1: --warnings and --no-warnings; 0: neither was given.
  int warnings = 0;
  std::uint64_t limit = 5;
};

enum class lint_format : std::uint8_t { people, json, canonical };
enum class colour_choice : std::uint8_t { automatic, always, never };

struct lint_options {
  parse_options parse{};
  lint_format format = lint_format::people;
  colour_choice colour = colour_choice::automatic;
  /// Accepted lines are judged too.
  bool warnings = true;
  /// Diagnostics shown of each kind; all are counted. 0: all are shown.
  std::uint64_t shown_max = 5;
};

/// The failure names the option and what it may be.
[[nodiscard]] result<lint_options> check_lint(const lint_arguments& given);

struct diagnostic_place;

/// How often a kind of mistake was found.
struct kind_count {
  std::string_view title;
  bool refused = false;
  std::uint64_t count = 0;
};

struct lint_totals {
  line_counts lines;
  /// Accepted lines with at least one warning.
  std::uint64_t suspicious = 0;
  /// Diagnostics that were not shown because of `shown_max`.
  std::uint64_t hidden = 0;
  /// By `diagnosis::kind`, whose names are all different.
  std::map<std::string_view, kind_count> kinds;

  [[nodiscard]] bool clean() const noexcept { return lines.errors == 0 && suspicious == 0; }
};

/// Where output goes: `data` is what was asked for as JSON or canonical lines, `told` is for
/// people.
enum class lint_stream : std::uint8_t { data, told };
/// Takes output; the bytes are the caller's again when it returns.
using lint_writer = std::function<void(lint_stream, std::string_view)>;

class linter {
 public:
  /// `name` is the input's in diagnostics; `colour` says whether those are coloured.
  linter(const lint_options& options, std::string name, bool colour, lint_writer write);

  /// Reads a piece of any size. Its bytes may change when the call returns.
  void feed(std::string_view piece);
  /// The input is complete: reads what is left and tells the summary.
  void finish();

  [[nodiscard]] const lint_totals& totals() const noexcept { return totals_; }

 private:
  void read();
  void take_point();
  void take_error();
  /// `repair_it` is asked only for what is shown.
  void tell(const diagnosis& told, const diagnostic_place& place,
            const std::function<std::vector<repaired_line>()>& repair_it);
  void flush(std::size_t bytes_kept_max);

  lint_options options_;
  std::string name_;
  bool colour_;
  lint_writer write_;
  line_reader reader_;
  lint_totals totals_;
  std::string data_;
  std::string told_;
};

}  // namespace weir
