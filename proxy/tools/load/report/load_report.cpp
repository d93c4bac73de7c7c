// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/load_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/terminal_text.hpp"
#include "config/secrets.hpp"

namespace weir {
namespace {

using wish = load_figure::wish;

constexpr double ms_per_ns = 1e-6;
constexpr double bytes_per_mib = 1 << 20;
/// A smaller change is noise.
constexpr double change_least = 0.02;

void add_settings_of_lines(const load_options& options, load_report& out) {
  const auto add = [&out](std::string name, std::string value) {
    out.settings.emplace_back(std::move(name), std::move(value));
  };
  add("shape", std::string(bench::name_of(options.shape)));
  add("seed", std::to_string(options.seed));
  if (options.series > 0) {
    add("series", std::to_string(options.series));
  }
  if (options.churn > 0) {
    add("churn", fmt::format("{} a second", options.churn));
  }
  if (options.databases > 0) {
    add("databases", std::to_string(options.databases));
  }
  if (options.bad_share > 0) {
    std::string kinds;
    for (const bad_kind each : options.bad_kinds) {
      kinds.append(kinds.empty() ? "" : ", ").append(name_of(each));
    }
    add("bad lines", fmt::format("{} % ({})", options.bad_share * 100, kinds));
  }
}

void add_settings(const load_options& options, load_report& out) {
  const auto add = [&out](std::string name, std::string value) {
    out.settings.emplace_back(std::move(name), std::move(value));
  };
  const auto seconds = [](std::chrono::nanoseconds time) {
    return fmt::format("{} s", std::chrono::duration<double>(time).count());
  };
  add("target", out.target);
  add_settings_of_lines(options, out);
  add("rate", options.lines_per_second ? fmt::format("{} lines/s", *options.lines_per_second)
                                       : "as fast as it goes");
  if (options.duration) {
    add("duration", seconds(*options.duration));
  }
  if (options.lines) {
    add("lines", std::to_string(*options.lines));
  }
  if (options.udp) {
    add("datagram", fmt::format("{} bytes", options.datagram_bytes));
    return;
  }
  add("batch", fmt::format("{} lines", options.batch));
  add("connections", std::to_string(options.connections));
  add("compression", options.gzip ? "gzip" : "none");
  for (const std::string& header : options.headers) {
    add("header", header_without_secret(header));
  }
}

std::uint64_t sum(const auto& counts) {
  std::uint64_t total = 0;
  for (const auto& [key, count] : counts) {
    total += count;
  }
  return total;
}

void add_usage(std::string_view who, const process_usage& usage, std::uint64_t lines,
               load_report& out) {
  if (lines > 0) {
    out.figures.push_back({.name = fmt::format("CPU of {}", who),
                           .unit = "s a million lines",
                           .value = usage.cpu_seconds * 1e6 / static_cast<double>(lines),
                           .better = wish::less});
  }
  out.figures.push_back({.name = fmt::format("peak memory of {}", who),
                         .unit = "MiB",
                         .value = static_cast<double>(usage.peak_bytes) / bytes_per_mib,
                         .better = wish::less});
}

void add_figures(const load_options& options, const load_totals& totals, load_report& out) {
  const auto add = [&out](std::string name, std::string unit, double value, wish better) {
    out.figures.push_back({std::move(name), std::move(unit), value, better});
  };
  const auto count = [&add](std::string name, std::uint64_t value, wish better) {
    add(std::move(name), "", static_cast<double>(value), better);
  };
  const std::uint64_t done = options.udp ? totals.lines_sent : totals.lines_accepted;
  const std::uint64_t bytes = options.udp ? totals.line_bytes_sent : totals.line_bytes_accepted;
  const double seconds = static_cast<double>(totals.elapsed_ns) / 1e9;
  const std::string verb = options.udp ? "sent" : "accepted";
  if (seconds > 0) {
    add(verb + " lines", "lines/s", static_cast<double>(done) / seconds, wish::more);
    add(verb + " bytes", "MB/s", static_cast<double>(bytes) / seconds / 1e6, wish::more);
  }
  if (!options.udp) {
    for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}) {
      add(std::string("latency ") + name, "ms",
          static_cast<double>(totals.latency.quantile_ns(share)) * ms_per_ns, wish::less);
    }
    add("latency max", "ms", static_cast<double>(totals.latency.max_ns()) * ms_per_ns, wish::less);
  }
  add("time", "s", seconds, wish::neither);
  count(options.udp ? "datagrams" : "requests", totals.pieces_sent, wish::neither);
  count("lines sent", totals.lines_sent, wish::neither);
  if (!options.udp) {
    count("lines accepted", totals.lines_accepted, wish::neither);
    const auto stored = totals.answers.find(status_stored);
    count("refused requests",
          sum(totals.answers) - (stored == totals.answers.end() ? 0 : stored->second) -
              totals.refused_as_asked,
          wish::less);
  }
  if (options.bad_share > 0) {
    count("bad lines sent", sum_of(totals.bad_sent), wish::neither);
    count("lines rejected", totals.lines_rejected, wish::neither);
  }
  count("failures", sum(totals.failures), wish::less);
  if (options.series > 0) {
    count("series", totals.series, wish::neither);
    count("new series", totals.new_series, wish::neither);
  }
  if (totals.watched) {
    add_usage("the server's process", *totals.watched, done, out);
  }
  add_usage("weir load", totals.own, done, out);
}

}  // namespace

load_report make_report(const load_options& options, const load_totals& totals,
                        std::int64_t began_ns) {
  load_report out;
  out.began_ns = began_ns;
  out.udp = options.udp;
  out.target = url_without_secret((options.udp ? "udp://" : "http://") +
                                  to_string(options.address) + options.path);
  out.summary = load_summary(options, totals);
  if (!totals.given_up.empty()) {
    out.summary += "given up: " + totals.given_up + "\n";
  }
  out.samples = totals.samples.all();
  add_settings(options, out);
  add_figures(options, totals, out);
  return out;
}

std::string setting_of(const load_report& in, std::string_view name) {
  const auto found = std::find_if(in.settings.begin(), in.settings.end(),
                                  [name](const auto& each) { return each.first == name; });
  return found == in.settings.end() ? std::string(not_set) : found->second;
}

const load_figure* find_figure(const load_report& in, std::string_view name) {
  const auto found = std::find_if(in.figures.begin(), in.figures.end(),
                                  [name](const load_figure& each) { return each.name == name; });
  return found == in.figures.end() ? nullptr : &*found;
}

std::string shown_number(double value) {
  const double size = std::abs(value);
  if (size < 1e15 && value == std::floor(value)) {
    std::string digits = fmt::format("{:.0f}", size);
    for (std::size_t at = digits.size(); at > 3; at -= 3) {
      digits.insert(at - 3, ",");
    }
    return (value < 0 ? "-" : "") + digits;
  }
  if (size >= 1'000 && size < 1e15) {
    return shown_number(std::round(value));
  }
  return size >= 1 ? fmt::format("{:.1f}", value) : fmt::format("{:.3g}", value);
}

load_change change_of(const load_figure& now, const load_figure& before) {
  if (!(std::abs(before.value) > 0) || now.unit != before.unit) {
    return {};
  }
  const double ratio = now.value / before.value;
  const bool counts = std::abs(ratio - 1) >= change_least && now.better != wish::neither;
  const bool better = (ratio > 1) == (now.better == wish::more);
  return {.ratio = fmt::format("{:.2f}x", ratio),
          .verdict = !counts  ? std::string_view()
                     : better ? "better"
                              : "worse"};
}

std::string comparison_text(const load_report& now, const load_report& before) {
  const auto name_of_figure = [](const load_figure& of) {
    return visible(of.unit.empty() ? of.name : of.name + ", " + of.unit);
  };
  constexpr std::size_t names_min = 20;
  std::size_t names = names_min;
  for (const load_figure& each : now.figures) {
    names = std::max(names, name_of_figure(each).size());
  }
  const auto row = [names](std::string_view name, std::string_view value, std::string_view old,
                           const load_change& change) {
    std::string line = fmt::format("{:<{}}{:>16}{:>16}{:>9}  {}", name, names, value, old,
                                   change.ratio, change.verdict);
    line.resize(line.find_last_not_of(' ') + 1);
    return line + "\n";
  };
  std::string out = row("compared", "now", "before", {.ratio = "ratio", .verdict = ""});
  for (const load_figure& each : now.figures) {
    const load_figure* const old = find_figure(before, each.name);
    out += row(name_of_figure(each), shown_number(each.value),
               old == nullptr ? "-" : shown_number(old->value),
               old == nullptr ? load_change{} : change_of(each, *old));
  }
  for (const auto& [name, value] : now.settings) {
    const std::string was = setting_of(before, name);
    if (was != value) {
      out += visible(fmt::format("differs    {}: {}, before {}", name, value, was)) + "\n";
    }
  }
  for (const auto& [name, value] : before.settings) {
    if (setting_of(now, name) == not_set) {
      out += visible(fmt::format("differs    {}: {}, before {}", name, not_set, value)) + "\n";
    }
  }
  return out;
}

}  // namespace weir
