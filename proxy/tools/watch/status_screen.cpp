// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/status_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/text/counted.hpp"
#include "base/text/terminal_text.hpp"
#include "tools/screen/screen_text.hpp"

namespace weir {
namespace {

constexpr std::size_t columns_least = 44;
constexpr std::size_t rejections_most = 5;
constexpr std::size_t databases_most = 10;
constexpr std::size_t senders_most = 3;
constexpr std::size_t name_columns = 16;

std::string_view colour_of_level(std::string_view level, const screen_colours& colours) {
  return level == "error" ? colours.red : level == "warning" ? colours.yellow : colours.dim;
}

std::string_view colour_of_state(std::string_view state, const screen_colours& colours) {
  if (state == "down" || state == "held" || state == "stopped") {
    return colours.red;
  }
  return state == "behind" ? colours.yellow : colours.green;
}

std::string plural(double count, std::string_view one) {
  return fmt::format("{} {}{}", grouped_digits(static_cast<std::uint64_t>(count)), one,
                     count == 1 ? "" : "s");
}

/// What `weir status` and `weir top` are made of: rows without line feeds.
class sections {
 public:
  sections(const status_document& status, const screen_shape& shape)
      : status_(status),
        columns_(std::max(columns_least, shape.columns)),
        colours_(colours_of(shape.coloured)) {}

  using rows = std::vector<std::string>;

  [[nodiscard]] std::string title() const;
  [[nodiscard]] rows state() const;
  /// `whole`: commands are not cut, so that they can be copied.
  [[nodiscard]] rows advice(bool whole) const;
  [[nodiscard]] rows counts() const;
  [[nodiscard]] rows curves(const history_document& history) const;
  [[nodiscard]] rows log(std::size_t words_rows) const;
  [[nodiscard]] std::string topic(const std::string& growth, std::size_t columns) const;
  [[nodiscard]] rows sinks(bool with_details) const;
  [[nodiscard]] rows databases(std::size_t most) const;
  [[nodiscard]] rows rejections(bool with_details) const;

  [[nodiscard]] std::string in(std::string_view colour, std::string_view text) const {
    return colour.empty() || text.empty() ? std::string(text)
                                          : fmt::format("{}{}{}", colour, text, colours_.off);
  }
  [[nodiscard]] std::string dim(std::string_view text) const { return in(colours_.dim, text); }

 private:
  /// Wrapped; the first row begins with `indent`, and the others are as far to the right.
  void add_words(std::string_view text, std::string_view indent, rows& out) const;
  void add_sink_details(const status_sink& sink, rows& out) const;
  [[nodiscard]] std::string rejection_head(const status_rejection& each) const;
  void add_example(const status_rejection& each, rows& out) const;
  [[nodiscard]] rows heading(std::string_view text) const {
    return {in(colours_.cyan, cut_to(text, columns_))};
  }

  const status_document& status_;
  const std::size_t columns_;
  const screen_colours& colours_;
};

void sections::add_words(std::string_view text, std::string_view indent, rows& out) const {
  if (text.empty()) {
    return;
  }
  std::string wrapped(indent);
  append_wrapped_words(visible(text), std::string(indent.size(), ' '), indent.size(), columns_,
                       wrapped);
  for (std::string_view rest = wrapped; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    out.push_back(cut_to(rest.substr(0, end), columns_));
    rest.remove_prefix(end + 1);
  }
}

std::string sections::title() const {
  const std::string text =
      fmt::format("weir {} on {} (process {:.0f}), up {}", visible(status_.version),
                  visible(status_.host), status_.pid, short_duration(status_.uptime));
  return in(colours_.bold, cut_to(text, columns_));
}

sections::rows sections::state() const {
  rows out;
  if (!status_.healthy || !status_.ready) {
    const std::string_view words = status_.healthy ? "NOT READY" : "NOT WELL";
    out.push_back(in(colours_.red, words));
    for (const std::string& each : status_.why) {
      add_words(each, "  ", out);
    }
    return out;
  }
  const auto count = std::count_if(
      status_.advice.begin(), status_.advice.end(),
      [](const status_advice& each) { return each.level == "error" || each.level == "warning"; });
  out.push_back(count == 0 ? in(colours_.green, "well")
                           : in(colours_.yellow,
                                count == 1 ? std::string("runs; 1 thing needs a person")
                                           : fmt::format("runs; {} things need a person", count)));
  return out;
}

sections::rows sections::advice(bool whole) const {
  rows out;
  for (const status_advice& each : status_.advice) {
    const std::string head = fmt::format("{}: {}", visible(each.level), visible(each.about));
    out.push_back(in(colour_of_level(each.level, colours_), cut_to(head, columns_)));
    add_words(each.what, "  ", out);
    add_words(each.remedy, "  -> ", out);
    if (!each.command.empty()) {
      const std::string command = visible(each.command);
      out.push_back("  $ " + in(colours_.bold, whole ? command : cut_to(command, columns_ - 4)));
    }
  }
  return out;
}

struct counted_row {
  std::string_view name;
  double status_counts::*count;
  std::vector<std::optional<double>> history_document::*curve;
};
constexpr std::array counted_rows{
    counted_row{"received", &status_counts::received, &history_document::received},
    counted_row{"accepted", &status_counts::accepted, &history_document::accepted},
    counted_row{"rejected", &status_counts::rejected, &history_document::rejected},
    counted_row{"dropped", &status_counts::dropped, &history_document::dropped},
    counted_row{"delivered", &status_counts::delivered, &history_document::delivered},
};

sections::rows sections::counts() const {
  rows out = heading(fmt::format("{:<12}{:>12}{:>20}", "Lines", "a second", "since the start"));
  for (const counted_row& each : counted_rows) {
    const double rate = status_.rates.*each.count;
    const auto total = static_cast<std::uint64_t>(std::max(0.0, status_.totals.*each.count));
    const std::string row =
        fmt::format("  {:<10}{:>12}{:>20}", each.name, short_count(rate), grouped_digits(total));
    out.push_back(each.name == "rejected" && rate > 0 ? in(colours_.red, row) : row);
  }
  return out;
}

sections::rows sections::curves(const history_document& history) const {
  rows out;
  constexpr std::size_t head_columns = 20;
  for (const counted_row& each : counted_rows) {
    const double rate = status_.rates.*each.count;
    const std::string head = fmt::format("{:<10}{:>7}/s ", each.name, short_count(rate));
    const bool is_bad = each.name == "rejected" && rate > 0;
    out.push_back((is_bad ? in(colours_.red, head) : head) +
                  in(is_bad ? colours_.red : colours_.green,
                     sparkline(history.*each.curve, columns_ - head_columns)));
  }
  return out;
}

/// A topic has no fill: what is told is whether all of it can be written to.
std::string sections::topic(const std::string& growth, std::size_t columns) const {
  const status_log& log = status_.log;
  const std::string leaders = !log.fault.empty() ? ": " + log.fault
                              : log.leaderless > 0
                                  ? fmt::format(", {:.0f} without a leader", log.leaderless)
                                  : std::string();
  const std::string text =
      fmt::format("topic {} in Kafka, {:.0f} partition{}{}{}", visible(log.topic), log.partitions,
                  log.partitions == 1 ? "" : "s", visible(leaders), growth);
  const bool well = log.fault.empty() && log.leaderless == 0;
  return fmt::format("{:<10}", "Log") +
         in(well ? std::string_view() : colours_.red, cut_to(text, columns));
}

sections::rows sections::log(std::size_t words_rows) const {
  const status_log& log = status_.log;
  const bool is_memory = log.kind == "memory";
  const double share = log.share.value_or(log.keep_bytes > 0 ? log.bytes / log.keep_bytes : 0.0);
  constexpr double near_full = 0.8;
  constexpr double half_full = 0.5;
  const std::string_view colour = share >= near_full   ? colours_.red
                                  : share >= half_full ? colours_.yellow
                                                       : colours_.green;
  const std::string growth =
      log.append_bytes_per_second && *log.append_bytes_per_second > 0
          ? fmt::format(", {}/s come in", short_bytes(*log.append_bytes_per_second))
          : std::string();
  const std::string head =
      fmt::format("{} of {}{}{}", short_bytes(log.bytes), short_bytes(log.keep_bytes),
                  is_memory ? " (in memory)" : "", growth);
  constexpr std::size_t bar_columns = 22;
  constexpr std::size_t lead_columns = 10;
  rows out;
  if (!log.topic.empty()) {
    out.push_back(topic(growth, columns_ - lead_columns));
    return out;
  }
  out.push_back(fmt::format("{:<10}", "Log") + in(colour, bar(share, bar_columns)) + " " +
                cut_to(fmt::format("{} {}", percent(share), head),
                       columns_ - lead_columns - bar_columns - 1));
  rows words;
  // What comes next says how long that takes, too.
  std::string text = log.next;
  if (text.empty() && log.outage_seconds_left) {
    text = fmt::format("An outage of {} from now on would fit.",
                       short_duration(*log.outage_seconds_left));
  }
  add_words(text, std::string(lead_columns, ' '), words);
  words.resize(std::min(words.size(), words_rows));
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

void sections::add_sink_details(const status_sink& sink, rows& out) const {
  if (sink.state != "idle" && sink.state != "delivering") {
    add_words(sink.state_text, "    ", out);
    if (!sink.error.empty() && sink.state_text.find(sink.error) == std::string::npos) {
      add_words(
          fmt::format(
              "last error{}: {}",
              sink.error_age_seconds ? ", " + short_duration(*sink.error_age_seconds) + " ago" : "",
              sink.error),
          "    ", out);
    }
    add_words(sink.remedy, "    -> ", out);
  }
  for (const status_lane& each : sink.held) {
    const std::string name =
        each.retention_policy.empty() ? each.database : each.database + "/" + each.retention_policy;
    add_words(
        fmt::format(
            "held: {} ({}{}): {}", name, plural(each.points, "point"),
            each.parked_points > 0 ? ", " + plural(each.parked_points, "point") + " parked" : "",
            each.why),
        "    ", out);
    add_words(each.remedy, "    -> ", out);
    if (!each.command.empty()) {
      out.push_back("    $ " + in(colours_.bold, visible(each.command)));
    }
  }
}

sections::rows sections::sinks(bool with_details) const {
  if (status_.sinks.empty()) {
    return {status_.delivers ? "No sink: points stay in the log."
                             : "Delivers nothing (service.roles): other weirs do."};
  }
  rows out = heading(fmt::format("{:<18}{:<14}{:<12}{:>10}{:>11}{:>14}", "Sinks", "type", "state",
                                 "points/s", "lag", "pending"));
  for (const status_sink& each : status_.sinks) {
    const std::string name = padded(visible(each.name), name_columns);
    const std::string type = padded(visible(each.type), 13);
    const std::string state = padded(visible(each.state), 12);
    const std::string rest =
        fmt::format("{:>9}{:>11}{:>14}",
                    each.delivered_per_second ? short_count(*each.delivered_per_second) : "-",
                    each.lag_seconds ? short_duration(*each.lag_seconds) : "-",
                    short_count(each.pending_points) +
                        (each.parked_points > 0 ? "+" + short_count(each.parked_points) : ""));
    constexpr std::size_t before_columns = 2 + name_columns + 13 + 12 + 1;
    out.push_back(fmt::format("  {}{}{} {}", name, type,
                              in(colour_of_state(each.state, colours_), state),
                              cut_to(rest, columns_ - std::min(columns_, before_columns))));
    if (with_details) {
      add_sink_details(each, out);
    }
  }
  return out;
}

sections::rows sections::databases(std::size_t most) const {
  if (status_.databases.empty()) {
    return {};
  }
  rows out = heading(fmt::format("{:<24}{:>12}{:>12}{:>12}{:>12}", "Databases", "lines/s",
                                 "received", "rejected", "series"));
  for (const status_database& each : status_.databases) {
    if (out.size() > most) {
      break;
    }
    const std::string row =
        "  " + padded(visible(each.name), 22) +
        fmt::format("{:>12}{:>12}{:>12}{:>12}", short_count(each.rate), short_count(each.received),
                    short_count(each.rejected), short_count(each.series));
    out.push_back(cut_to(row, columns_));
  }
  const double left = status_.database_count - static_cast<double>(out.size() - 1);
  if (left > 0 && out.size() > most) {
    out.push_back(dim(cut_to(fmt::format("  and {} more", plural(left, "database")), columns_)));
  }
  return out;
}

std::string sections::rejection_head(const status_rejection& each) const {
  const std::string age = each.last && status_.now > 0
                              ? fmt::format(", {} ago", short_duration(status_.now - *each.last))
                              : std::string();
  const std::string text =
      fmt::format("  {:>8} {} ({}{}){}{}", short_count(each.count), visible(each.code),
                  visible(each.kind), age, each.title.empty() ? "" : ": ", visible(each.title));
  return in(each.kind == "rejected"  ? colours_.red
            : each.kind == "dropped" ? colours_.yellow
                                     : std::string_view(),
            cut_to(text, columns_));
}

void sections::add_example(const status_rejection& each, rows& out) const {
  constexpr std::string_view indent = "    ";
  if (!each.shown.empty()) {
    const std::string shown = visible(each.shown);
    // Of a narrow screen: what stands around the mark.
    const std::size_t room = columns_ - indent.size();
    out.push_back(std::string(indent) + cut_to(shown, room));
    if (each.mark_columns > 0 && each.mark_column + 1 < room) {
      const std::size_t marks = std::min(each.mark_columns, room - each.mark_column);
      out.push_back(std::string(indent) + std::string(each.mark_column, ' ') +
                    in(colours_.green, "^" + std::string(marks - 1, '~')));
    }
  }
  std::string senders;
  for (const status_sender& sender : each.senders) {
    if (&sender - each.senders.data() >= static_cast<std::ptrdiff_t>(senders_most)) {
      senders += ", ...";
      break;
    }
    senders += senders.empty() ? "from " : ", ";
    senders += sender.address.empty() ? "?" : sender.address;
    for (const std::string* one : {&sender.user, &sender.agent}) {
      senders += one->empty() ? "" : " " + *one;
    }
    senders += sender.database.empty() ? "" : " into " + sender.database;
  }
  add_words(senders, indent, out);
  add_words(each.remedy, "    -> ", out);
}

sections::rows sections::rejections(bool with_details) const {
  if (status_.rejections.empty()) {
    return {};
  }
  rows out = heading(with_details ? "Newest rejections (`weir explain CODE` says more)"
                                  : "Newest rejections");
  std::size_t shown = 0;
  for (const status_rejection& each : status_.rejections) {
    if (with_details && ++shown > rejections_most) {
      break;
    }
    out.push_back(rejection_head(each));
    if (with_details) {
      add_example(each, out);
    }
  }
  return out;
}

void append_rows(const sections::rows& rows, std::string& out) {
  for (const std::string& each : rows) {
    out.append(each).append("\n");
  }
}

}  // namespace

std::string status_screen(const status_document& status, const screen_shape& shape) {
  const sections parts(status, shape);
  std::string out = parts.title() + "\n";
  append_rows(parts.state(), out);
  append_rows(parts.advice(true), out);
  constexpr std::size_t words_rows = 6;
  for (const sections::rows& each : {parts.counts(), parts.log(words_rows), parts.sinks(true),
                                     parts.databases(databases_most), parts.rejections(true)}) {
    if (!each.empty()) {
      out += "\n";
      append_rows(each, out);
    }
  }
  return out;
}

std::string top_screen(const status_document& status, const history_document& history,
                       std::string_view foot, const screen_shape& shape) {
  const sections parts(status, shape);
  sections::rows all{parts.title()};
  const auto add = [&](const sections::rows& rows, std::size_t most) {
    all.insert(all.end(), rows.begin(),
               rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most)));
  };
  const std::size_t rows = std::max<std::size_t>(shape.rows, 2);
  const sections::rows state = parts.state();
  const sections::rows advice = parts.advice(false);
  const sections::rows curves = parts.curves(history);
  const sections::rows log = parts.log(rows >= 24 ? 2 : 1);
  const sections::rows sinks = parts.sinks(false);
  const sections::rows rejections = parts.rejections(false);
  const sections::rows databases = parts.databases(rows);
  // Advice has a share of the screen, and what the others leave.
  constexpr std::size_t title_blanks_and_foot = 4;
  const std::size_t others = title_blanks_and_foot + std::min<std::size_t>(state.size(), 3) +
                             curves.size() + log.size() + sinks.size() + rejections.size() +
                             databases.size();
  add(state, 3);
  add(advice, std::max(std::max<std::size_t>(rows / 6, 2), rows - std::min(rows, others)));
  all.emplace_back();
  add(curves, rows);
  add(log, 3);
  all.emplace_back();
  // What is left is shared: sinks come first, and lists that are short leave room to the others.
  const std::size_t left = rows - 1 - std::min(rows - 1, all.size());
  const std::size_t of_sinks = std::min(sinks.size(), std::max<std::size_t>(left / 3, 2));
  const std::size_t room = left - std::min(left, of_sinks);
  const std::size_t of_rejections = std::min(
      rejections.size(), std::max((room + 1) / 2, room - std::min(room, databases.size())));
  add(sinks, of_sinks);
  add(rejections, of_rejections);
  const std::size_t used = of_sinks + of_rejections;
  if (left > used + 1) {
    add(databases, left - used);
  }
  all.resize(rows - 1);
  all.push_back(parts.dim(cut_to(foot, std::max(columns_least, shape.columns))));
  return fmt::format("{}", fmt::join(all, "\n"));
}

std::string sparkline(std::span<const std::optional<double>> values, std::size_t columns) {
  constexpr std::array<std::string_view, 8> bars{"\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83",
                                                 "\xE2\x96\x84", "\xE2\x96\x85", "\xE2\x96\x86",
                                                 "\xE2\x96\x87", "\xE2\x96\x88"};
  if (columns == 0 || values.empty()) {
    return {};
  }
  // Whole groups, so that a bar does not change while it moves.
  const std::size_t group = (values.size() + columns - 1) / columns;
  std::vector<std::optional<double>> means;
  for (std::size_t at = values.size() % group; at < values.size(); at += group) {
    double sum = 0;
    std::size_t count = 0;
    for (const std::optional<double>& each : values.subspan(at, group)) {
      sum += each.value_or(0);
      count += each ? 1 : 0;
    }
    means.push_back(count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt);
  }
  double most = 0;
  for (const std::optional<double>& each : means) {
    most = std::max(most, each.value_or(0));
  }
  std::string out;
  for (const std::optional<double>& each : means) {
    if (!each) {
      out += ' ';
      continue;
    }
    const double height = most > 0 ? std::max(0.0, *each) / most * 8 : 0;
    const auto step = static_cast<std::size_t>(std::ceil(height));
    out += bars[std::clamp<std::size_t>(step, 1, 8) - 1];
  }
  return out;
}

std::string bar(double share, std::size_t columns) {
  const std::size_t room = columns > 2 ? columns - 2 : 0;
  const double full = std::clamp(share, 0.0, 1.0) * static_cast<double>(room);
  const auto marks = static_cast<std::size_t>(std::ceil(full));
  return "[" + std::string(marks, '#') + std::string(room - marks, '.') + "]";
}

}  // namespace weir
