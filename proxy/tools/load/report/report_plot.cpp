// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/report_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text/terminal_text.hpp"
#include "tools/load/report/load_report.hpp"

namespace weir {
namespace {

// Of the picture, in its own units; a browser scales it.
constexpr double width = 900;
constexpr double height = 260;
constexpr double left = 80;
constexpr double right = 890;
constexpr double top = 12;
constexpr double bottom = 225;

/// From values to the picture.
struct scale {
  double seconds = 1;
  bool logarithmic = false;
  std::vector<double> ticks{};

  [[nodiscard]] double x(double at) const { return left + (right - left) * at / seconds; }
  [[nodiscard]] double y(double value) const {
    const double first = ticks.front();
    const double last = ticks.back();
    const double share = logarithmic ? std::log(value / first) / std::log(last / first)
                                     : (value - first) / (last - first);
    return bottom - (bottom - top) * std::clamp(share, 0.0, 1.0);
  }
};

bool is_shown(const plot& of, const std::optional<double>& value) {
  constexpr double smallest = 1e-6;
  return value && std::isfinite(*value) && (*value >= smallest || !of.logarithmic);
}

scale scale_of(const plot& of) {
  scale out{.logarithmic = of.logarithmic};
  double least = 0;
  double most = 0;
  for (const plot_line& line : of.lines) {
    for (const auto& [at, value] : line.points) {
      if (std::isfinite(at)) {
        out.seconds = std::max(out.seconds, at);
      }
      if (is_shown(of, value)) {
        most = std::max(most, *value);
        least = least > 0 ? std::min(least, *value) : *value;
      }
    }
  }
  out.ticks = !of.logarithmic ? linear_ticks(most)
              : most > 0      ? logarithmic_ticks(least, most)
                              : std::vector<double>{1, 10};
  return out;
}

/// "0:05", "2:00:00".
std::string clock(double seconds) {
  const auto all = static_cast<long long>(std::llround(seconds));
  return all >= 3600 ? fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60)
                     : fmt::format("{}:{:02}", all / 60, all % 60);
}

void append_axes(const scale& by, std::string& out) {
  for (const double tick : by.ticks) {
    out += fmt::format(
        R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text class="y" x="{}" y="{:.1f}">{}</text>)",
        left, right, by.y(tick), by.y(tick), left - 6, by.y(tick) + 4, shown_number(tick));
  }
  // Whole seconds, or minutes where there are many.
  constexpr double ticks_most = 8;
  double step = 1;
  for (const double each :
       {2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0}) {
    step = by.seconds / step > ticks_most ? each : step;
  }
  step = std::max(step, std::ceil(by.seconds / ticks_most / 3600) * (step >= 3600 ? 3600 : 0));
  for (double at = 0; at <= by.seconds; at += step) {
    out += fmt::format(R"(<text class="x" x="{:.1f}" y="{}">{}</text>)", by.x(at), bottom + 20,
                       clock(at));
  }
}

void append_line(const plot& of, const plot_line& line, const scale& by, std::string& out) {
  std::string path;
  bool pen_is_down = false;
  for (const auto& [at, value] : line.points) {
    const bool shown = is_shown(of, value) && std::isfinite(at);
    if (shown) {
      path += fmt::format("{}{:.1f} {:.1f}", pen_is_down ? "L" : "M", by.x(at), by.y(*value));
    }
    pen_is_down = shown;
  }
  // A point alone is a dot.
  out += fmt::format(R"(<path class="c{}{}" d="{}"/>)", line.color, line.before ? " before" : "",
                     path.find('L') == std::string::npos && !path.empty() ? path + "h1" : path);
}

/// What is at each time, one strip of the picture for each.
void append_titles(const plot& of, const scale& by, std::string& out) {
  std::map<double, std::string> texts;
  for (const plot_line& line : of.lines) {
    for (const auto& [at, value] : line.points) {
      if (is_shown(of, value) && std::isfinite(at)) {
        texts[at] += fmt::format("\n{}: {} {}", line.name, shown_number(*value), of.unit);
      }
    }
  }
  double from = left;
  for (const auto& [at, text] : texts) {
    const double to = by.x(at);
    out += fmt::format(
        R"(<rect class="strip" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>)",
        from, top, std::max(to - from, 1.0), bottom - top, html_text(clock(at) + text));
    from = to;
  }
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : visible_lines(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::vector<double> linear_ticks(double most) {
  constexpr double nothing = 1e-9;
  if (!(most > nothing) || !std::isfinite(most)) {
    return {0, 1};
  }
  double step = std::pow(10, std::floor(std::log10(most)));
  step *= most / step <= 2 ? 0.25 : most / step <= 5 ? 0.5 : 1.0;
  std::vector<double> out;
  // By numbers of steps, so that errors do not add up.
  for (int i = 0; out.empty() || out.back() < most; ++i) {
    out.push_back(step * i);
  }
  return out;
}

std::vector<double> logarithmic_ticks(double least, double most) {
  const double first = std::floor(std::log10(least));
  std::vector<double> out;
  for (int i = 0; out.size() < 2 || out.back() < most; ++i) {
    out.push_back(std::pow(10, first + i));
  }
  return out;
}

std::string plot_html(const plot& of) {
  const scale by = scale_of(of);
  std::string out = fmt::format(
      R"(<figure tabindex="0"><figcaption><strong>{0}</strong>, {1}</figcaption><svg role="img" aria-label="{0} over time, {1}" )"
      R"(viewBox="0 0 {2} {3}">)",
      html_text(of.title), html_text(of.unit), width, height);
  append_axes(by, out);
  for (const plot_line& line : of.lines) {
    append_line(of, line, by, out);
  }
  append_titles(of, by, out);
  out += "</svg><ul class=\"legend\">";
  for (const plot_line& line : of.lines) {
    out +=
        fmt::format(R"(<li><svg viewBox="0 0 24 8"><path class="c{}{}" d="M0 4h24"/></svg>{}</li>)",
                    line.color, line.before ? " before" : "", html_text(line.name));
  }
  return out + "</ul></figure>\n";
}

}  // namespace weir
