// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/tap_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/text/counted.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/terminal_text.hpp"
#include "tools/lint/lint_text.hpp"
#include "tools/screen/screen_text.hpp"

namespace weir {
namespace {

using element = simdjson::dom::element;

std::string text_in(element of, const char* name) {
  std::string_view found;
  return of[name].get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
}
std::uint64_t count_in(element of, const char* name) {
  std::uint64_t found = 0;
  return of[name].get(found) == simdjson::SUCCESS ? found : 0;
}

/// "14:13:20.123"
std::string time_of_day(double at) {
  constexpr double seconds_max = 9e9;  // what nanoseconds of 64 bits hold
  constexpr std::size_t date_bytes = 11;
  constexpr std::size_t time_bytes = 12;
  if (!(std::abs(at) < seconds_max)) {
    return "-";
  }
  return rfc3339(static_cast<std::int64_t>(at * 1e3) * 1'000'000, rfc3339_decimals::three)
      .substr(date_bytes, time_bytes);
}

/// The measurement stands out; what is behind the last space is a time.
std::string highlighted(const tapped_line& line, const screen_colours& colours) {
  const std::string_view text = line.line;
  std::size_t end = 0;
  while (end < text.size() && text[end] != ',' && text[end] != ' ') {
    end += text[end] == '\\' ? 2 : 1;
  }
  end = std::min(end, text.size());
  return fmt::format("{}{}{}{}{}", colours.bold, visible(text.substr(0, end)), colours.off,
                     visible(text.substr(end)), line.cut ? "..." : "");
}

std::string sender_of(const tapped_line& line) {
  std::string out = line.address.empty() ? "" : "from " + line.address;
  for (const std::string* one : {&line.user, &line.agent}) {
    out += one->empty() ? "" : (out.empty() ? "from " : " ") + *one;
  }
  return visible(out);
}

}  // namespace

result<tap_record> read_tap(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return failure{"the answer is no JSON"};
  }
  if (root["seen"].error() == simdjson::SUCCESS) {
    return tap_record{.second = tapped_second{count_in(root, "seen"), count_in(root, "shown")}};
  }
  if (root["verdict"].error() != simdjson::SUCCESS) {
    return failure{"the answer is no line of a tap"};
  }
  tapped_line out;
  double at = 0;
  out.at = root["at"].get(at) == simdjson::SUCCESS ? at : 0;
  out.verdict = text_in(root, "verdict");
  out.database = text_in(root, "database");
  out.retention_policy = text_in(root, "retention_policy");
  out.line = text_in(root, "line");
  bool cut = false;
  out.cut = root["cut"].get(cut) == simdjson::SUCCESS && cut;
  out.code = text_in(root, "code");
  out.message = text_in(root, "message");
  out.column = count_in(root, "column");
  out.address = text_in(root, "address");
  out.agent = text_in(root, "agent");
  out.user = text_in(root, "user");
  return tap_record{.line = std::move(out)};
}

std::string tap_text(const tapped_line& line, bool coloured) {
  const screen_colours& colours = colours_of(coloured);
  const std::string database =
      line.retention_policy.empty() ? line.database : line.database + "/" + line.retention_policy;
  std::string out =
      fmt::format("{}{} {}{} ", colours.dim, time_of_day(line.at), visible(database), colours.off);
  if (line.verdict == "accepted") {
    return out + highlighted(line, colours) + "\n";
  }
  const std::string_view colour = line.verdict == "rejected" ? colours.red : colours.yellow;
  out += fmt::format(
      "{}{}{}{}{}\n", colour, visible(line.verdict),
      line.code.empty() ? "" : " " + visible(line.code), colours.off,
      line.address.empty() && line.agent.empty() && line.user.empty() ? "" : " " + sender_of(line));
  constexpr std::string_view indent = "    ";
  const std::size_t at = line.column > 0 ? static_cast<std::size_t>(line.column) - 1 : 0;
  const excerpt shown = make_excerpt(line.line, at, 1);
  out.append(indent).append(shown.shown).append("\n");
  const bool has_mark = line.column > 0 && at <= line.line.size();
  std::string below = has_mark ? std::string(shown.mark_column, ' ') : std::string();
  if (has_mark) {
    below += fmt::format("{}^{} ", colours.green, colours.off);
  }
  if (has_mark || !line.message.empty()) {
    out.append(indent).append(below).append(visible(line.message)).append("\n");
  }
  return out;
}

void tap_account::take(const tapped_line& line) {
  ++shown_;
  rejected_ += line.verdict == "rejected" ? 1 : 0;
  dropped_ += line.verdict == "dropped" ? 1 : 0;
}

std::string tap_account::take(const tapped_second& second) {
  constexpr std::uint64_t note_every = 10;
  seen_ += second.seen;
  if (since_note_) {
    ++*since_note_;
  }
  if (second.seen <= second.shown || (since_note_ && *since_note_ < note_every)) {
    return {};
  }
  since_note_ = 0;
  return fmt::format("showing {} of {} lines a second (--per-second N shows more)", second.shown,
                     grouped_digits(second.seen));
}

std::string tap_account::summary(double seconds) const {
  std::string out = fmt::format("{} line{} shown", grouped_digits(shown_), shown_ == 1 ? "" : "s");
  if (seen_ > shown_) {
    out += fmt::format(" of {}", grouped_digits(seen_));
  }
  out += fmt::format(" in {}", short_duration(seconds));
  if (rejected_ > 0) {
    out += fmt::format(", {} of them rejected", grouped_digits(rejected_));
  }
  if (dropped_ > 0) {
    out += fmt::format(", {} dropped", grouped_digits(dropped_));
  }
  return out;
}

}  // namespace weir
