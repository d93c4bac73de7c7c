// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/rfc3339.hpp"
#include "tools/load/report/report_plot.hpp"

namespace weir {
namespace {

constexpr std::string_view data_begin = R"(<script type="application/json" id="weir-load-report">)";
constexpr std::string_view data_end = "</script>";

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--faint:#59636e;--line:#d8dee4;
--c0:#0b62c4;--c1:#b35900;--c2:#a3179b;--c3:#14762f;--good:#14762f;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--back:#14171c;--text:#e6e8eb;--faint:#a2abb5;--line:#353b44;
--c0:#6cb0ff;--c1:#ffab5e;--c2:#f18be9;--c3:#6fd58b;--good:#6fd58b;--bad:#ff8a80}}
p{overflow-wrap:anywhere}body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
p.note,figcaption,.unit{color:var(--faint)}figcaption strong{color:var(--text)}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{min-width:4rem;padding:.2rem .8rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th[scope]{min-width:9rem}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.better{color:var(--good)}.worse{color:var(--bad)}
figure{margin:1.5rem 0;overflow-x:auto}figure>svg{width:100%;min-width:36rem;height:auto;display:block}
pre{overflow-x:auto;padding:.8rem;border:1px solid var(--line)}
svg text{fill:var(--faint);font-size:12px}text.y{text-anchor:end}text.x{text-anchor:middle}
.grid{stroke:var(--line)}path{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.before{stroke-dasharray:5 4;opacity:.65}.strip{fill:transparent}.strip:hover{fill:var(--faint);fill-opacity:.15}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:0;padding:0}
.legend svg{width:24px;height:8px;margin-right:.4rem}
)css";

std::string time_text(std::int64_t at_ns) {
  return html_text(rfc3339(at_ns, rfc3339_decimals::three));
}

using reading = std::optional<double> (*)(const load_sample&);

void add_lines(plot& to, std::string_view name, unsigned color, reading of, const load_report& now,
               const load_report* before) {
  for (const load_report* const run : {&now, before}) {
    if (run == nullptr) {
      continue;
    }
    const bool is_before = run == before;
    plot_line line{.name = std::string(name) + (is_before ? " before" : ""),
                   .color = color,
                   .before = is_before,
                   .points = {}};
    for (const load_sample& each : run->samples) {
      line.points.emplace_back(each.at_s, of(each));
    }
    const bool any = std::any_of(line.points.begin(), line.points.end(),
                                 [](const auto& each) { return each.second.has_value(); });
    if (any) {
      to.lines.push_back(std::move(line));
    }
  }
}

std::string plots_html(const load_report& now, const load_report* before) {
  plot rate{
      .title = now.udp ? "Lines sent" : "Lines accepted", .unit = "lines a second", .lines = {}};
  add_lines(
      rate, now.udp ? "sent" : "accepted", 0,
      [](const load_sample& of) { return std::optional(of.lines_per_second); }, now, before);
  const auto rejects = [](const load_report* run) {
    return run != nullptr && std::any_of(run->samples.begin(), run->samples.end(),
                                         [](const auto& of) { return of.rejected_per_second > 0; });
  };
  if (rejects(&now) || rejects(before)) {
    add_lines(
        rate, "rejected", 1,
        [](const load_sample& of) { return std::optional(of.rejected_per_second); }, now, before);
  }
  plot latency{.title = "Latency", .unit = "ms", .logarithmic = true, .lines = {}};
  add_lines(
      latency, "p50", 0, [](const load_sample& of) { return of.p50_ms; }, now, before);
  add_lines(
      latency, "p99", 1, [](const load_sample& of) { return of.p99_ms; }, now, before);
  add_lines(
      latency, "max", 2, [](const load_sample& of) { return of.max_ms; }, now, before);
  plot cpu{.title = "CPU", .unit = "cores", .lines = {}};
  add_lines(
      cpu, "the server's process", 0, [](const load_sample& of) { return of.watched_cpu; }, now,
      before);
  add_lines(
      cpu, "weir load", 3, [](const load_sample& of) { return of.own_cpu; }, now, before);
  std::string out;
  for (const plot* const each : {&rate, &latency, &cpu}) {
    out += each->lines.empty() ? "" : plot_html(*each);
  }
  double longest = 0;
  for (const load_sample& each : now.samples) {
    longest = std::max(longest, each.seconds);
  }
  if (longest > 1.5) {
    out += fmt::format(
        "<p class=\"note\">The run was long: a point stands for up to {} seconds. Its rate is "
        "their "
        "mean, its p99 the highest p99 of any second in it, its p50 the mean of theirs.</p>\n",
        shown_number(std::round(longest)));
  }
  return out;
}

std::string figures_html(const load_report& now, const load_report* before) {
  std::string out =
      "<div class=\"wide\" role=\"region\" aria-label=\"Summary\" "
      "tabindex=\"0\"><table><thead><tr><th>Summary</th><th class=\"number\">";
  out += before == nullptr ? "This run</th>"
                           : "Now</th><th class=\"number\">Before</th><th "
                             "class=\"number\">Ratio</th><th>Which is</th>";
  out += "</tr></thead><tbody>\n";
  for (const load_figure& each : now.figures) {
    out += fmt::format(
        "<tr><th scope=\"row\">{} <span class=\"unit\">{}</span></th><td "
        "class=\"number\">{}</td>",
        html_text(each.name), html_text(each.unit), shown_number(each.value));
    if (before != nullptr) {
      const load_figure* const old = find_figure(*before, each.name);
      const load_change change = old == nullptr ? load_change{} : change_of(each, *old);
      out += fmt::format(
          "<td class=\"number\">{}</td><td class=\"number\">{}</td><td "
          "class=\"{}\">{}</td>",
          old == nullptr ? "-" : shown_number(old->value), change.ratio, change.verdict,
          change.verdict);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string settings_html(const load_report& now, const load_report* before) {
  std::string out =
      "<div class=\"wide\" role=\"region\" aria-label=\"Settings\" "
      "tabindex=\"0\"><table><thead><tr><th>Setting</th><th>";
  out += before == nullptr ? "This run</th>" : "Now</th><th>Before</th>";
  out += "</tr></thead><tbody>\n";
  const auto add_row = [&](std::string_view name, std::string_view value) {
    out +=
        fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td>", html_text(name), html_text(value));
    out +=
        before == nullptr ? "" : fmt::format("<td>{}</td>", html_text(setting_of(*before, name)));
    out += "</tr>\n";
  };
  for (const auto& [name, value] : now.settings) {
    add_row(name, value);
  }
  if (before != nullptr) {
    for (const auto& [name, value] : before->settings) {
      if (setting_of(now, name) == not_set) {
        add_row(name, not_set);
      }
    }
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string report_page(const load_report& now, const load_report* before) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>weir load: {0}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{1}</style></head>\n"
      "<body><main>\n<h1>weir load: {0}</h1>\n<p class=\"note\">Began {2}",
      html_text(now.target), style, time_text(now.began_ns));
  if (before != nullptr) {
    out += fmt::format("; compared with a run to {} that began {}, dashed in the plots",
                       html_text(before->target), time_text(before->began_ns));
  }
  out += ".</p>\n" + figures_html(now, before) + "<h2>Over time</h2>\n" + plots_html(now, before);
  out += "<h2>Settings</h2>\n" + settings_html(now, before);
  out += "<h2>As it was printed</h2>\n<pre tabindex=\"0\">" + html_text(now.summary) + "</pre>\n";
  // The strings in it have no "<": nothing ends it early.
  out.append(data_begin).append(report_json(now)).append(data_end);
  return out + "\n</main></body></html>\n";
}

result<load_report> read_report_page(std::string_view page) {
  const std::size_t begin = page.rfind(data_begin);
  const std::size_t end =
      begin == std::string_view::npos ? begin : page.find(data_end, begin + data_begin.size());
  if (end == std::string_view::npos) {
    return failure{"it is no report of weir load"};
  }
  return read_report_json(page.substr(begin + data_begin.size(), end - begin - data_begin.size()));
}

}  // namespace weir
