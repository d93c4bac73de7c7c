// SPDX-License-Identifier: Apache-2.0
//
// /write of InfluxDB's v1 dialect. Pure; any thread.
#include "api/influx_v1.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "api/context.hpp"

namespace weir::api {
namespace {

// `us` and its two spellings with a micro sign are more than InfluxDB 1.8 takes; users expect them.
std::optional<std::int64_t> unit_of(std::string_view precision) noexcept {
  struct unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr std::array<unit, 11> units{{
      {"", 1},
      {"n", 1},
      {"ns", 1},
      {"u", 1'000},
      {"us", 1'000},
      {"\u00b5s", 1'000},
      {"\u03bcs", 1'000},
      {"ms", 1'000'000},
      {"s", 1'000'000'000},
      {"m", 60'000'000'000},
      {"h", 3'600'000'000'000},
  }};
  for (const unit& known : units) {
    if (known.name == precision) {
      return known.nanoseconds;
    }
  }
  return long_unit_of(precision);
}

bool known_consistency(std::string_view level) noexcept {
  if (level.empty()) {
    return true;
  }
  for (const std::string_view known : {"any", "one", "quorum", "all"}) {
    if (http::equal_ignoring_case(level, known)) {
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
  std::string refused = refuse_name("database", target.database);
  if (refused.empty()) {
    refused = refuse_name("retention policy", target.retention_policy);
  }
  if (refused.empty()) {
    refused = read_wishes(pairs, target.wishes);
  }
  if (!refused.empty()) {
    return error_response(400, refused);
  }
  const std::string precision = value_of(pairs, "precision");
  const auto unit_ns = unit_of(precision);
  if (!unit_ns) {
    return error_response(400, fmt::format("invalid precision {} (use n, u, ms, s, m or h)",
                                           quoted_value(precision)));
  }
  target.unit_ns = *unit_ns;
  target.precision_stated = !precision.empty();
  if (!known_consistency(value_of(pairs, "consistency"))) {
    return error_response(400, "invalid consistency level");
  }
  return target;
}

http::response write_response(const write_verdict& verdict) {
  http::response answer;
  if (!verdict.flawless()) {
    answer = error_response(400, verdict.verbose ? verbose_words(verdict) : verdict_words(verdict));
  }
  if (verdict.verbose) {
    answer.error.clear();  // a list has one form alone
    if (!answer.body.empty()) {
      answer.body.resize(answer.body.size() - 2);  // its brace and line feed
      answer.body.append(",").append(refusals_json(verdict)).append("}\n");
    }
    add_line_counts(verdict, answer);
  }
  return answer;
}

http::response overloaded(std::string_view why) {
  return error_response(503, overloaded_words(why));
}

http::response body_failure_response(http::body_failure why) {
  const failure_words said = body_failure_words(why);
  if (said.status == 503) {
    return overloaded(said.words);
  }
  if (why == http::body_failure::timeout) {
    return text_response(said.status, std::string(said.words) + "\n");
  }
  return error_response(said.status, said.words);
}

const write_dialect& influx_v1() noexcept {
  static constexpr write_dialect dialect{
      .parse_target = parse_write_target,
      .answer = write_response,
      .body_failed = body_failure_response,
      .overloaded = overloaded,
      .too_large = [](std::string_view why) { return error_response(413, why); },
      .refused = [](std::string_view why) { return error_response(400, why); }};
  return dialect;
}

http::response database_not_found(std::string_view database) {
  return error_response(404, fmt::format("database not found: {}", quoted_value(database)));
}

}  // namespace weir::api
