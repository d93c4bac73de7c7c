// SPDX-License-Identifier: Apache-2.0
//
// /write of InfluxDB's v1 dialect. Pure; any thread.
#include "api/influx_v1.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "base/text/ascii.hpp"

namespace weir::api {
namespace {

struct named_unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// InfluxDB 1.6 and 1.7 read every other precision as nanoseconds.
constexpr std::array<named_unit, 7> units_of_1{{
    {"", 1},
    {"n", 1},
    {"u", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};
// People and clients expect these too. InfluxDB 2 knows the second.
constexpr std::array<named_unit, 4> further_units{{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},
    {"\u03bcs", 1'000},
}};

template <std::size_t count>
std::optional<std::int64_t> find_unit(const std::array<named_unit, count>& units,
                                      std::string_view name) noexcept {
  for (const named_unit& known : units) {
    if (known.name == name) {
      return known.nanoseconds;
    }
  }
  return std::nullopt;
}

/// Of Go's v1 client the table of units lacks `us`: it says `us` and sends nanoseconds. What weir
/// does not know either is nanoseconds, as in InfluxDB 1.6 and 1.7.
void read_precision(std::string_view precision, write_target& target) noexcept {
  target.precision_stated = !precision.empty();
  auto unit_ns = find_unit(units_of_1, precision);
  target.may_be_ns = !unit_ns;
  if (!unit_ns) {
    unit_ns = find_unit(further_units, precision);
  }
  if (!unit_ns) {
    unit_ns = long_unit_of(precision);
  }
  target.unit_ns = unit_ns.value_or(1);
}

bool known_consistency(std::string_view level) noexcept {
  if (level.empty()) {
    return true;
  }
  for (const std::string_view known : {"any", "one", "quorum", "all"}) {
    if (equal_ignoring_case(level, known)) {
      return true;
    }
  }
  return false;
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& pairs,
                     std::string_view name) {
  return std::string{http::find_value(pairs, name).value_or(std::string_view{})};
}

}  // namespace

result<write_target, http::response> parse_write_target(std::string_view query) {
  const auto pairs = http::decode_form(query);
  write_target target;
  target.database = value_of(pairs, "db");
  target.retention_policy = value_of(pairs, "rp");
  if (target.database.empty()) {
    return error_response(400, "database is required");
  }
  if (const std::string refused = finish_target(pairs, target); !refused.empty()) {
    return error_response(400, refused);
  }
  read_precision(value_of(pairs, "precision"), target);
  if (!known_consistency(value_of(pairs, "consistency"))) {
    return error_response(400, "invalid consistency level");
  }
  return target;
}

http::response write_response(const write_verdict& verdict) {
  http::response answer;
  if (!verdict.flawless()) {
    answer = verdict.verbose
                 ? error_response_with(400, verbose_message(verdict), "," + refusals_json(verdict))
                 : error_response(400, verdict_message(verdict));
  }
  if (verdict.verbose) {
    add_line_counts(verdict, answer);
  }
  return answer;
}

http::response overloaded(std::string_view why) {
  return error_response(503, overloaded_message(why));
}

http::response body_failure_response(http::body_failure why) {
  const failure_message failure = body_failure_message(why);
  if (failure.status == 503) {
    return overloaded(failure.message);
  }
  if (why == http::body_failure::timeout) {
    return text_response(failure.status, std::string(failure.message) + "\n");
  }
  return error_response(failure.status, failure.message);
}

const write_dialect& influx_v1() noexcept {
  static constexpr write_dialect dialect{
      .name = "v1",
      .parse_target = parse_write_target,
      .answer = write_response,
      .body_failed = body_failure_response,
      .overloaded = overloaded,
      .reads_retry_after = nullptr,
      .too_large = [](std::string_view why) { return error_response(413, why); },
      .refused = [](std::string_view why) { return error_response(400, why); },
      .missing = not_there};
  return dialect;
}

http::response not_there(const write_target& target, const std::string* policy) {
  return policy == nullptr ? database_not_found(target.database)
                           : error_response(500, "retention policy not found: " + *policy);
}

http::response database_not_found(std::string_view database) {
  return error_response(404, fmt::format("database not found: {}", quoted_value(database)));
}

}  // namespace weir::api
