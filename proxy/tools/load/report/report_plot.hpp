// SPDX-License-Identifier: Apache-2.0
//
// A plot over time as SVG, for a page without scripts. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Of one kind of numbers in one run.
struct plot_line {
  std::string name;
  /// Which colour, from 0; the page's style sheet has four.
  unsigned color = 0;
  /// Of the run that is compared with: dashed.
  bool before = false;
  /// In ascending order of time, in seconds; where there is no value the line is broken.
  std::vector<std::pair<double, std::optional<double>>> points;
};

struct plot {
  std::string title;
  std::string unit;
  /// By powers of ten; what is not above 0 is left out.
  bool logarithmic = false;
  std::vector<plot_line> lines;
};

/// `&`, `<`, `>` and quotes spelled as HTML wants them in text and in attributes, and what is
/// invisible spelled out; line feeds stay.
[[nodiscard]] std::string html_text(std::string_view text);

/// A figure with its legend. The values at each time are told by titles, which browsers show when
/// the mouse rests there.
[[nodiscard]] std::string plot_html(const plot& of);

/// Round numbers from 0 to at least `most`, some four to eight of them.
[[nodiscard]] std::vector<double> linear_ticks(double most);
/// Powers of ten around both. Requires: 0 < least <= most.
[[nodiscard]] std::vector<double> logarithmic_ticks(double least, double most);

}  // namespace weir
