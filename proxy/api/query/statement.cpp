// SPDX-License-Identifier: Apache-2.0
#include "api/query/statement.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "base/influxql_identifier.hpp"
#include "base/text/ascii.hpp"

namespace weir::api {
namespace {

struct unit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t hour_ns = 3'600 * second_ns;
constexpr std::int64_t day_ns = 24 * hour_ns;

// In the order in which a whole number of them is looked for.
constexpr std::array<unit, 8> units{{{"w", 7 * day_ns},
                                     {"d", day_ns},
                                     {"h", hour_ns},
                                     {"m", 60 * second_ns},
                                     {"s", second_ns},
                                     {"ms", 1'000'000},
                                     {"u", 1'000},
                                     {"ns", 1}}};

/// As InfluxQL prints a duration: in the largest unit of which it is a whole number. 0 is INF.
std::string short_duration(std::int64_t ns) {
  if (ns == 0) {
    return "0s";
  }
  for (const unit& one : units) {
    if (ns % one.ns == 0) {
      return fmt::format("{}{}", ns / one.ns, one.name);
    }
  }
  return fmt::format("{}ns", ns);
}

/// Takes a number's unit off the front: nanoseconds, or 0 where there is none.
std::int64_t take_unit(std::string_view& text) {
  struct spelled {
    std::string_view name;
    std::int64_t ns;
  };
  // Longer names first.
  static constexpr std::array<spelled, 10> names{{{"ns", 1},
                                                  {"ms", 1'000'000},
                                                  {"u", 1'000},
                                                  {"\u00b5", 1'000},
                                                  {"\u03bc", 1'000},
                                                  {"s", second_ns},
                                                  {"m", 60 * second_ns},
                                                  {"h", hour_ns},
                                                  {"d", day_ns},
                                                  {"w", 7 * day_ns}}};
  for (const spelled& one : names) {
    if (text.starts_with(one.name)) {
      text.remove_prefix(one.name.size());
      return one.ns;
    }
  }
  return 0;
}

using spelled_duration = std::string (*)(std::int64_t);

void add(std::string& to, std::string_view words, const std::optional<std::int64_t>& duration_ns,
         spelled_duration as) {
  if (duration_ns) {
    to += fmt::format(" {} {}", words, as(*duration_ns));
  }
}

std::string terms_of(const policy_terms& terms, spelled_duration as) {
  std::string out;
  add(out, "DURATION", terms.duration_ns, as);
  if (terms.replicas) {
    out += fmt::format(" REPLICATION {}", *terms.replicas);
  }
  add(out, "SHARD DURATION", terms.shard_duration_ns, as);
  add(out, "FUTURE LIMIT", terms.future_ns, as);
  add(out, "PAST LIMIT", terms.past_ns, as);
  if (terms.make_default) {
    out += " DEFAULT";
  }
  return out;
}

std::string spelled(const statement& what, std::string (*name)(std::string_view),
                    spelled_duration of_database, spelled_duration of_policy) {
  switch (what.kind) {
    case statement_kind::create_database: {
      std::string out = "CREATE DATABASE " + name(what.database);
      if (what.has_terms()) {
        out += " WITH" + terms_of(what.terms, of_database);
        out += what.names_policy ? " NAME " + name(what.policy) : "";
      }
      return out;
    }
    case statement_kind::drop_database:
      return "DROP DATABASE " + name(what.database);
    case statement_kind::create_policy:
    case statement_kind::alter_policy:
    case statement_kind::drop_policy:
      return fmt::format("{} {} ON {}{}", what.title(), name(what.policy), name(what.database),
                         terms_of(what.terms, of_policy));
    case statement_kind::show_databases:
    case statement_kind::show_retention_policies:
    case statement_kind::show_users:
    case statement_kind::show_data:
    case statement_kind::other:
      break;
  }
  return std::string(what.title());
}

}  // namespace

std::string_view statement::title() const noexcept {
  switch (kind) {
    case statement_kind::create_database:
      return "CREATE DATABASE";
    case statement_kind::drop_database:
      return "DROP DATABASE";
    case statement_kind::create_policy:
      return "CREATE RETENTION POLICY";
    case statement_kind::alter_policy:
      return "ALTER RETENTION POLICY";
    case statement_kind::drop_policy:
      return "DROP RETENTION POLICY";
    case statement_kind::show_databases:
      return "SHOW DATABASES";
    case statement_kind::show_retention_policies:
      return "SHOW RETENTION POLICIES";
    case statement_kind::show_users:
      return "SHOW USERS";
    case statement_kind::show_data:
    case statement_kind::other:
      break;
  }
  return words;
}

std::string spell(const statement& what) {
  return spelled(what, quoted_identifier, short_duration, short_duration);
}

std::string shown(const statement& what) {
  return spelled(what, quote_identifier, go_duration, short_duration);
}

std::string quote_identifier(std::string_view name) {
  bool bare = !name.empty() && !is_digit(name.front());
  for (const char c : name) {
    bare = bare && (is_letter_or_digit(c) || c == '_');
  }
  if (bare) {
    return std::string{name};
  }
  return quoted_identifier(name);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (equal_ignoring_case(text, "INF")) {
    return 0;
  }
  if (text.empty()) {
    return std::nullopt;
  }
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::int64_t ns = take_unit(text);
    if (ns == 0 || number > (most - total) / ns) {
      return std::nullopt;
    }
    total += number * ns;
  }
  return total;
}

std::string go_duration(std::int64_t duration_ns) {
  const std::int64_t seconds = duration_ns / second_ns;
  if (const std::int64_t rest = duration_ns % second_ns; rest != 0) {
    std::string digits = fmt::format("{:09}", rest);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (seconds == 0) {
      return short_duration(duration_ns);  // of a policy nothing is as short
    }
    std::string whole = go_duration(seconds * second_ns);
    whole.pop_back();
    return whole + "." + digits + "s";
  }
  if (seconds < 60) {
    return fmt::format("{}s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  }
  return fmt::format("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::int64_t shard_duration_of(std::int64_t stated_ns, std::int64_t duration_ns) {
  if (stated_ns > 0) {
    return stated_ns < hour_ns ? hour_ns : stated_ns;
  }
  if (duration_ns == 0 || duration_ns >= 180 * day_ns) {
    return 7 * day_ns;
  }
  return duration_ns >= 2 * day_ns ? day_ns : hour_ns;
}

}  // namespace weir::api
