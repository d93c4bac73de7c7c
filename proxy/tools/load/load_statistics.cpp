// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/text/json_text.hpp"
#include "config/secrets.hpp"
#include "tools/screen/screen_text.hpp"

namespace weir {
namespace {

constexpr double ns_per_ms = 1e6;

/// The shares of all answers that came at least so fast.
struct latency_share {
  std::string_view name;
  double share;
};
constexpr std::array latency_shares{latency_share{"p50", 0.5}, latency_share{"p90", 0.9},
                                    latency_share{"p99", 0.99}, latency_share{"p99.9", 0.999}};

double per_second(std::uint64_t amount, std::int64_t elapsed_ns) {
  return elapsed_ns > 0 ? static_cast<double>(amount) * 1e9 / static_cast<double>(elapsed_ns) : 0;
}

double per_million(double amount, std::uint64_t lines) {
  return lines > 0 ? amount * 1e6 / static_cast<double>(lines) : 0;
}

/// 1234567 as "1,234,567".
std::string grouped(double value) {
  const std::string digits = fmt::format("{:.0f}", value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      out += ',';
    }
    out += digits[i];
  }
  return out;
}
std::string grouped(std::uint64_t value) {
  return grouped(static_cast<double>(value));
}

/// What counts as done: over HTTP what was accepted, over UDP what was handed to the system.
std::uint64_t lines_done(const load_options& options, const load_totals& totals) {
  return options.udp ? totals.lines_sent : totals.lines_accepted;
}
std::uint64_t bytes_done(const load_options& options, const load_totals& totals) {
  return options.udp ? totals.line_bytes_sent : totals.line_bytes_accepted;
}

std::uint64_t sum(const auto& counts) {
  std::uint64_t total = 0;
  for (const auto& [key, count] : counts) {
    total += count;
  }
  return total;
}

/// As InfluxDB 1, 2 and 3 begin when lines are the reason, and not the request.
bool tells_of_lines(std::string_view body_begin) {
  static constexpr std::array<std::string_view, 3> words{"partial write", "unable to parse",
                                                         "parsing failed"};
  return std::any_of(words.begin(), words.end(), [body_begin](std::string_view each) {
    return body_begin.find(each) != std::string_view::npos;
  });
}

/// Answers that are not 204.
std::uint64_t refused(const load_totals& totals) {
  const auto stored = totals.answers.find(status_stored);
  return sum(totals.answers) - (stored == totals.answers.end() ? 0 : stored->second);
}

void summarize_bad(const load_options& options, const load_totals& totals, std::string& out) {
  const std::uint64_t bad = sum_of(totals.bad_sent);
  out += fmt::format("sent       {} good lines, {} bad (", grouped(totals.lines_sent - bad),
                     grouped(bad));
  std::string_view separator;
  for (const bad_kind kind : options.bad_kinds) {
    out += fmt::format("{}{} {}", separator, name_of(kind),
                       grouped(totals.bad_sent.at(static_cast<std::size_t>(kind))));
    separator = ", ";
  }
  out += ")\n";
  if (options.udp) {
    return;
  }
  out += fmt::format("verdicts   {} accepted, {} rejected", grouped(totals.lines_accepted),
                     grouped(totals.lines_rejected));
  out += totals.lines_dropped > 0 ? fmt::format(", {} dropped", grouped(totals.lines_dropped)) : "";
  out += totals.lines_unknown > 0
             ? fmt::format(", {} in refused requests whose answers do not count lines",
                           grouped(totals.lines_unknown))
             : "";
  out += "\n";
}

void summarize_series(const load_options& options, const load_totals& totals, std::string& out) {
  if (options.series > 0) {
    out += fmt::format("series     {}", grouped(totals.series));
    out += options.churn > 0 ? fmt::format(", {} of them new during the run ({:.1f} a second)",
                                           grouped(totals.new_series),
                                           per_second(totals.new_series, totals.elapsed_ns))
                             : "";
    out += "\n";
  }
  if (options.databases > 0) {
    out += fmt::format("databases  {}, load_0 to load_{}\n", grouped(options.databases),
                       options.databases - 1);
  }
}

void append_json_member(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  append_json_string(name, out);
  out.append(":").append(value);
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

std::string usage_json(const process_usage& usage, std::uint64_t lines) {
  return fmt::format(
      R"({{"cpu_seconds":{:.3f},"cpu_seconds_per_million_lines":{:.4f},"peak_bytes":{}}})",
      usage.cpu_seconds, per_million(usage.cpu_seconds, lines), usage.peak_bytes);
}

void append_json_lines(const load_options& options, const load_totals& totals, std::string& out) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  std::string kinds = "{";
  for (const bad_kind kind : options.bad_kinds) {
    append_json_member(kinds, name_of(kind),
                       number(totals.bad_sent.at(static_cast<std::size_t>(kind))));
  }
  append_json_member(out, "bad_lines_sent", number(sum_of(totals.bad_sent)));
  append_json_member(out, "bad_kinds", kinds + "}");
  if (!options.udp && options.bad_share > 0) {
    append_json_member(out, "lines_rejected", number(totals.lines_rejected));
    append_json_member(out, "lines_dropped", number(totals.lines_dropped));
    append_json_member(out, "lines_unknown", number(totals.lines_unknown));
    append_json_member(out, "refused_as_asked", number(totals.refused_as_asked));
  }
  append_json_member(out, "series", options.series > 0 ? number(totals.series) : "null");
  append_json_member(out, "new_series", options.series > 0 ? number(totals.new_series) : "null");
  append_json_member(out, "databases", options.databases > 0 ? number(options.databases) : "null");
}

void summarize_http(const load_totals& totals, std::string& out) {
  const auto ms = [&totals](double share) {
    return static_cast<double>(totals.latency.quantile_ns(share)) / ns_per_ms;
  };
  if (totals.latency.count() > 0) {
    out += "latency    ";
    for (const latency_share& each : latency_shares) {
      out += fmt::format("{} {:.3f} ms, ", each.name, ms(each.share));
    }
    out += fmt::format("max {:.3f} ms\n", static_cast<double>(totals.latency.max_ns()) / ns_per_ms);
  }
  out += "answers   ";
  for (const auto& [status, count] : totals.answers) {
    out += fmt::format(" {}: {}", status, grouped(count));
  }
  out += totals.answers.empty() ? " none\n" : "\n";
  if (!totals.first_refusal.empty()) {
    out += "           the first that refused: " + totals.first_refusal + "\n";
  }
}

void summarize_usage(std::string_view who, const process_usage& usage, std::uint64_t lines,
                     std::string& out) {
  out +=
      fmt::format("{}{:.2f} CPU s, {:.3f} a million lines, peak memory {} MiB\n", who,
                  usage.cpu_seconds, per_million(usage.cpu_seconds, lines), usage.peak_bytes >> 20);
}

}  // namespace

std::size_t latency_histogram::bucket_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= sub_bits) {
    return static_cast<std::size_t>(value);
  }
  // The highest bit is implied by the power; the six bits below it choose the bucket.
  const unsigned shift = width - sub_bits - 1;
  return (std::size_t{shift} << sub_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t latency_histogram::last_value_of(std::size_t bucket) noexcept {
  constexpr std::size_t sub = std::size_t{1} << sub_bits;
  if (bucket < 2 * sub) {
    return bucket;
  }
  const std::size_t shift = bucket / sub - 1;
  const std::uint64_t first = (bucket % sub + sub) << shift;
  return first + (std::uint64_t{1} << shift) - 1;
}

void latency_histogram::add(std::int64_t duration_ns) noexcept {
  const std::int64_t value = std::max<std::int64_t>(duration_ns, 0);
  ++counts_.at(bucket_of(static_cast<std::uint64_t>(value)));
  ++count_;
  max_ns_ = std::max(max_ns_, value);
}

std::int64_t latency_histogram::quantile_ns(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen > 0 && seen >= wanted) {
      return std::min(static_cast<std::int64_t>(last_value_of(i)), max_ns_);
    }
  }
  return 0;
}

bool count_answer(int status, const std::optional<answered_lines>& said,
                  std::string_view body_begin, const load_piece& piece, load_totals& totals) {
  ++totals.answers[status];
  const std::uint64_t bad = sum_of(piece.bad);
  const bool refused_lines =
      bad > 0 && (status == 400 || status == 422) && (said || tells_of_lines(body_begin));
  if (said && piece.lines > 0) {
    totals.lines_accepted += said->accepted;
    totals.line_bytes_accepted += piece.line_bytes * said->accepted / piece.lines;
    totals.lines_rejected += said->rejected;
    totals.lines_dropped += said->dropped;
  } else if (status == status_stored) {
    totals.lines_accepted += piece.lines;
    totals.line_bytes_accepted += piece.line_bytes;
  } else if (refused_lines) {
    totals.lines_unknown += piece.lines;
  }
  const bool as_asked = refused_lines && (!said || said->rejected <= bad);
  totals.refused_as_asked += as_asked ? 1 : 0;
  return status == status_stored || as_asked;
}

bool all_well(const load_totals& totals) noexcept {
  return totals.given_up.empty() && totals.failures.empty() &&
         refused(totals) == totals.refused_as_asked;
}

std::string load_summary(const load_options& options, const load_totals& totals) {
  const std::uint64_t lines = lines_done(options, totals);
  const std::uint64_t bytes = bytes_done(options, totals);
  std::string out = fmt::format("{}    {} lines {} {:.2f} s ({} {}): {} lines/s, {:.1f} MB/s\n",
                                options.udp ? "sent    " : "accepted", grouped(lines), "in",
                                static_cast<double>(totals.elapsed_ns) / 1e9,
                                grouped(totals.pieces_sent), options.udp ? "datagrams" : "requests",
                                grouped(per_second(lines, totals.elapsed_ns)),
                                per_second(bytes, totals.elapsed_ns) / 1e6);
  if (!options.udp) {
    summarize_http(totals, out);
  }
  if (options.bad_share > 0) {
    summarize_bad(options, totals, out);
  }
  summarize_series(options, totals, out);
  for (const auto& [reason, count] : totals.failures) {
    out += fmt::format("failed     {} {}: {}\n", grouped(count),
                       options.udp ? "datagrams" : "requests", reason);
  }
  if (totals.ring_lines > 0 && totals.lines_sent > totals.ring_lines) {
    out += fmt::format(
        "repeated   the {} different lines were sent {:.1f} times\n", grouped(totals.ring_lines),
        static_cast<double>(totals.lines_sent) / static_cast<double>(totals.ring_lines));
  }
  if (totals.watched) {
    summarize_usage(fmt::format("process {} ", *options.pid), *totals.watched, lines, out);
  } else if (options.pid) {
    out += fmt::format("process {} ended during the run\n", *options.pid);
  }
  summarize_usage("weir load  ", totals.own, lines, out);
  out += totals.interrupted ? "interrupted before its end\n" : "";
  return out;
}

std::string load_json(const load_options& options, const load_totals& totals) {
  const std::uint64_t lines = lines_done(options, totals);
  const double seconds = static_cast<double>(totals.elapsed_ns) / 1e9;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const auto ms = [](std::int64_t ns) {
    return fmt::format("{:.3f}", static_cast<double>(ns) / ns_per_ms);
  };
  std::string answers = "{";
  for (const auto& [status, count] : totals.answers) {
    append_json_member(answers, std::to_string(status), number(count));
  }
  std::string failures = "{";
  for (const auto& [reason, count] : totals.failures) {
    append_json_member(failures, reason, number(count));
  }
  std::string out = "{";
  append_json_member(out, "target",
                     json_text(url_without_secret(to_string(options.address) + options.path)));
  append_json_member(out, "shape", json_text(bench::name_of(options.shape)));
  append_json_member(out, "seconds", fmt::format("{:.6f}", seconds));
  append_json_member(out, options.udp ? "datagrams" : "requests", number(totals.pieces_sent));
  append_json_member(out, "lines_sent", number(totals.lines_sent));
  if (!options.udp) {
    append_json_member(out, "lines_accepted", number(totals.lines_accepted));
  }
  append_json_lines(options, totals, out);
  append_json_member(out, "lines_per_second",
                     fmt::format("{:.1f}", per_second(lines, totals.elapsed_ns)));
  append_json_member(
      out, "megabytes_per_second",
      fmt::format("{:.3f}", per_second(bytes_done(options, totals), totals.elapsed_ns) / 1e6));
  append_json_member(out, "wire_bytes_sent", number(totals.wire_bytes_sent));
  append_json_member(out, "different_lines",
                     number(totals.ring_lines > 0 ? totals.ring_lines : totals.lines_sent));
  std::string latency = "{";
  for (const latency_share& each : latency_shares) {
    append_json_member(latency, each.name, ms(totals.latency.quantile_ns(each.share)));
  }
  append_json_member(latency, "max", ms(totals.latency.max_ns()));
  append_json_member(out, "latency_ms", latency + "}");
  append_json_member(out, "answers", answers + "}");
  append_json_member(out, "failures", failures + "}");
  append_json_member(out, "first_refusal", json_text(totals.first_refusal));
  append_json_member(out, "connections_opened", number(totals.connections_opened));
  append_json_member(out, "process",
                     totals.watched ? usage_json(*totals.watched, lines) : std::string("null"));
  append_json_member(out, "own", usage_json(totals.own, lines));
  append_json_member(out, "interrupted", totals.interrupted ? "true" : "false");
  append_json_member(out, "given_up", json_text(totals.given_up));
  return out + "}\n";
}

std::string load_progress(const load_totals& last, const load_totals& now, std::int64_t interval_ns,
                          std::int64_t elapsed_ns) {
  // Over UDP nothing is answered: what was sent is all there is to see.
  const bool answered = !now.answers.empty();
  const std::uint64_t lines =
      answered ? now.lines_accepted - last.lines_accepted : now.lines_sent - last.lines_sent;
  const std::uint64_t bytes = answered ? now.line_bytes_accepted - last.line_bytes_accepted
                                       : now.line_bytes_sent - last.line_bytes_sent;
  return fmt::format("{:6.1f} s  {:>11} lines/s  {:8.1f} MB/s  {} refused  {} failed",
                     static_cast<double>(elapsed_ns) / 1e9, grouped(per_second(lines, interval_ns)),
                     per_second(bytes, interval_ns) / 1e6,
                     grouped(refused(now) - now.refused_as_asked), grouped(sum(now.failures)));
}

std::string load_left(const load_options& options, const load_totals& now,
                      std::int64_t elapsed_ns) {
  const auto elapsed = static_cast<double>(elapsed_ns);
  double share = 0;
  if (options.duration) {
    share = elapsed / std::max(1.0, static_cast<double>(options.duration->count()));
  }
  if (options.lines) {
    share = std::max(share, static_cast<double>(now.lines_sent) /
                                std::max(1.0, static_cast<double>(*options.lines)));
  }
  if (!(share > 0)) {
    return "0%";
  }
  share = std::min(share, 1.0);
  return fmt::format("{}, {} left", percent(share),
                     short_duration(elapsed * (1 / share - 1) / 1e9));
}

}  // namespace weir
