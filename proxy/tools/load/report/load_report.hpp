// SPDX-License-Identifier: Apache-2.0
//
// A load run as its report keeps it: what was asked for, what came of it and how it went, with the
// JSON form in which a page carries it, so that a later run can be put beside it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "tools/load/load_statistics.hpp"
#include "tools/load/report/load_samples.hpp"

namespace weir {

/// One number of the summary.
struct load_figure {
  enum class wish : std::uint8_t { more, less, neither };
  std::string name;
  /// "" for a count.
  std::string unit;
  double value = 0;
  /// Which is better when two runs are compared.
  wish better = wish::neither;
};

struct load_report {
  /// When the run began.
  std::int64_t began_ns = 0;
  std::string target;
  bool udp = false;
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<load_figure> figures;
  /// The summary, as it was printed.
  std::string summary;
  std::vector<load_sample> samples;
};

[[nodiscard]] load_report make_report(const load_options& options, const load_totals& totals,
                                      std::int64_t began_ns);

/// Has no `<`, so that it may stand in a page as it is.
[[nodiscard]] std::string report_json(const load_report& report);

/// Reads what report_json wrote. The failure says what is wrong, without the name of a file.
[[nodiscard]] result<load_report> read_report_json(std::string_view json);

/// How a value changed; nothing to compare with (0): "".
struct load_change {
  /// "1.25x"
  std::string ratio;
  /// "better", "worse", or "" where neither is, or the change is less than 2 %.
  std::string_view verdict;
};
[[nodiscard]] load_change change_of(const load_figure& now, const load_figure& before);

/// The figure of that name; nullptr if there is none.
[[nodiscard]] const load_figure* find_figure(const load_report& in, std::string_view name);

/// What a setting's value is said to be that a run did not have.
inline constexpr std::string_view not_set = "not set";
/// Several of one name: the first.
[[nodiscard]] std::string setting_of(const load_report& in, std::string_view name);

/// "1,234,567", "12.3", "0.0045".
[[nodiscard]] std::string shown_number(double value);

/// Two runs side by side for a terminal, with line feeds; texts of reports are made visible.
[[nodiscard]] std::string comparison_text(const load_report& now, const load_report& before);

}  // namespace weir
