// SPDX-License-Identifier: Apache-2.0
//
// Reads refusals: quoted lines (InfluxDB 1 and 2), numbered lines (InfluxDB 3), and reasons that
// name a measurement with a field or a tag, or a bound of time.
#include "sinks/influxdb/offenders.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace weir {
namespace {

std::string_view without_line_feed(std::string_view line) {
  return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

// ---- InfluxDB 1 and 2: unable to parse 'LINE': reason

/// The reason ends before the next quoted line, and before what follows the last one.
std::string_view reason_at(std::string_view rest) {
  rest = rest.substr(0, rest.find("\nunable to parse '"));
  return rest.substr(0, rest.rfind(" dropped="));
}

std::vector<offender> quoted_lines(const refused_request& refused) {
  constexpr std::string_view phrase = "unable to parse '";
  constexpr std::string_view end_of_quote = "': ";
  std::vector<offender> found;
  const std::string_view message = refused.message;
  std::size_t at = message.find(phrase);
  if (at == std::string_view::npos) {
    return found;
  }
  // Equal lines are quoted once for each.
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_text;
  for (auto it = refused.sent.rbegin(); it != refused.sent.rend(); ++it) {
    by_text[without_line_feed(refused.lines.line(*it))].push_back(*it);
  }
  while (at != std::string_view::npos) {
    const std::size_t begin = at + phrase.size();
    std::size_t next = begin;
    // A line may hold what ends a quotation: the first end that makes a line of the batch counts.
    for (std::size_t end = message.find(end_of_quote, begin); end != std::string_view::npos;
         end = message.find(end_of_quote, end + 1)) {
      const auto line = by_text.find(message.substr(begin, end - begin));
      if (line != by_text.end() && !line->second.empty()) {
        const std::string_view reason = reason_at(message.substr(end + end_of_quote.size()));
        found.push_back({line->second.back(), "unable to parse: " + std::string(reason)});
        line->second.pop_back();
        next = end;
        break;
      }
      if (end - begin > refused.lines.lines(0, refused.lines.size()).size()) {
        break;
      }
    }
    at = message.find(phrase, next);
  }
  return found;
}

// ---- InfluxDB 3: "data" names lines by number

std::vector<offender> numbered_lines(const refused_request& refused) {
  std::vector<offender> found;
  std::unordered_set<std::size_t> known;
  for (const numbered_refusal& one : refused.listed) {
    if (one.line == 0 || one.line > refused.sent.size()) {
      continue;
    }
    const std::size_t line = refused.sent[one.line - 1];
    // Blank lines and comments would shift the numbers: what it quotes must be there.
    constexpr std::size_t compared_bytes = 16;
    const bool fits = refused.lines.line(line).starts_with(
        std::string_view(one.original).substr(0, compared_bytes));
    if (fits && known.insert(line).second) {
      found.push_back({line, one.words});
    }
  }
  return found;
}

// ---- reasons that name a measurement

/// A name in double quotes behind `key`, with Go's escapes undone; nothing if it does not stand
/// there.
std::optional<std::string> quoted_after(std::string_view message, std::string_view key) {
  const std::size_t at = message.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string name;
  for (std::size_t i = at + key.size(); i < message.size(); ++i) {
    if (message[i] == '"') {
      return name;
    }
    if (message[i] == '\\' && i + 1 < message.size()) {
      const char escaped = message[++i];
      name += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    } else {
      name += message[i];
    }
  }
  return std::nullopt;
}

/// What a server says of the points that it dropped.
struct named_points {
  std::string measurement;
  std::optional<std::string> field;
  std::optional<std::string> type;  // of the field, in the request
  std::optional<std::uint64_t> string_bytes;
  std::optional<std::string> tag;
  std::optional<std::string> tag_value;
};

std::optional<named_points> named_in(std::string_view message) {
  named_points named;
  if (const auto value_of = quoted_after(message, " measurement=\""); value_of) {
    // max-values-per-tag limit exceeded (60/50): measurement="m" tag="t" value="v"
    named.measurement = *value_of;
    named.tag = quoted_after(message, " tag=\"");
    named.tag_value = quoted_after(message, " value=\"");
    return named.tag && named.tag_value ? std::optional(named) : std::nullopt;
  }
  const auto measurement = quoted_after(message, " on measurement \"");
  if (!measurement) {
    return std::nullopt;
  }
  named.measurement = *measurement;
  named.tag = quoted_after(message, "input tag \"");
  named.field = quoted_after(message, "input field \"");
  if (const std::size_t at = message.find(" is type "); at != std::string_view::npos) {
    const std::string_view rest = message.substr(at + 9);
    named.type = std::string(rest.substr(0, rest.find(',')));
  }
  if (const std::size_t at = message.find(" is too long, "); at != std::string_view::npos) {
    std::uint64_t bytes = 0;
    std::from_chars(message.data() + at + 14, message.data() + message.size(), bytes);
    named.string_bytes = bytes;
  }
  return named.field || named.tag ? std::optional(named) : std::nullopt;
}

std::string unescaped(std::string_view raw, void (*undo)(std::string_view, std::string&)) {
  std::string name;
  undo(raw, name);
  return name;
}

bool fits_field(const field_view& field, const named_points& named) {
  if (unescaped(field.key, unescape_field_key) != *named.field) {
    return false;
  }
  if (named.string_bytes) {
    return field.type == field_type::string &&
           unescaped(field.string_text(), unescape_string).size() == *named.string_bytes;
  }
  return !named.type || name_of(field.type) == *named.type;
}

bool fits(const point_view& point, const named_points& named) {
  if (unescaped(point.measurement, unescape_measurement) != named.measurement) {
    return false;
  }
  if (named.tag) {
    return std::any_of(point.tags.begin(), point.tags.end(), [&](const tag_view& tag) {
      return unescaped(tag.key, unescape_tag) == *named.tag &&
             (!named.tag_value || unescaped(tag.value, unescape_tag) == *named.tag_value);
    });
  }
  return std::any_of(point.fields.begin(), point.fields.end(),
                     [&](const field_view& field) { return fits_field(field, named); });
}

template <class Fits>
std::vector<offender> those_that(const refused_request& refused, const Fits& fit) {
  std::vector<offender> found;
  for (const std::size_t index : refused.sent) {
    refused.lines.read(index, [&](const point_view& point) {
      if (fit(point)) {
        found.push_back({index, std::string(refused.message)});
      }
    });
  }
  return found;
}

// ---- reasons that name a bound of time

/// A bound of time is one for all points: the oldest ones are meant, or the newest.
std::vector<offender> outermost(const refused_request& refused, bool oldest) {
  std::vector<std::pair<std::int64_t, std::size_t>> times;
  for (const std::size_t index : refused.sent) {
    refused.lines.read(index, [&](const point_view& point) {
      if (point.time) {
        times.emplace_back(*point.time, index);
      }
    });
  }
  const auto count = static_cast<std::size_t>(*refused.dropped);
  if (times.size() < count) {
    return {};
  }
  std::sort(times.begin(), times.end());
  if (!oldest) {
    std::reverse(times.begin(), times.end());
  }
  // Points of one time are dropped together.
  if (times.size() > count && times[count - 1].first == times[count].first) {
    return {};
  }
  std::vector<offender> found;
  for (std::size_t i = 0; i < count; ++i) {
    found.push_back({times[i].second, std::string(refused.message)});
  }
  return found;
}

bool holds(std::string_view message, std::string_view phrase) {
  return message.find(phrase) != std::string_view::npos;
}

std::vector<offender> of_the_reason(const refused_request& refused) {
  const std::string_view message = refused.message;
  if (holds(message, "points beyond retention policy") ||
      holds(message, "outside retention policy")) {
    const bool too_new = holds(message, "Upper Bound");
    const bool too_old = holds(message, "Lower Bound") || !too_new;
    return too_new && too_old ? std::vector<offender>{} : outermost(refused, too_old);
  }
  if (const auto named = named_in(message)) {
    return those_that(refused, [&](const point_view& point) { return fits(point, *named); });
  }
  return {};
}

}  // namespace

std::vector<offender> find_all_listed(const refused_request& refused) {
  std::vector<offender> found = numbered_lines(refused);
  return found.size() == refused.listed.size() ? found : std::vector<offender>{};
}

std::vector<offender> find_offenders(const refused_request& refused) {
  if (auto found = numbered_lines(refused); !found.empty()) {
    return found;
  }
  if (auto found = quoted_lines(refused); !found.empty()) {
    return found;
  }
  if (!refused.dropped || *refused.dropped == 0 || *refused.dropped > refused.sent.size()) {
    return {};
  }
  auto found = of_the_reason(refused);
  // More fit than were dropped: some of them are stored, in a shard where they do.
  return found.size() == *refused.dropped ? found : std::vector<offender>{};
}

}  // namespace weir
