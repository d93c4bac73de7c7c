// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/write_lp. Pure; any thread.
#include "api/influx_v3.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "base/text/json_text.hpp"
#include "base/time_unit.hpp"

namespace weir::api {
namespace {

std::optional<std::int64_t> unit_of(std::string_view precision) noexcept {
  static constexpr std::array<time_unit, 6> short_names{
      {{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"u", 1'000}, {"ns", 1}, {"n", 1}}};
  if (precision.empty()) {
    return automatic_unit_ns;
  }
  for (const time_unit& known : short_names) {
    if (known.name == precision) {
      return known.ns;
    }
  }
  return long_unit_of(precision);
}

// Of a request that is kept whole or not at all, InfluxDB 3 names the first refused line, as an
// object where there is an array otherwise.
std::string first_refusal(const write_verdict& verdict) {
  if (verdict.refusals.empty()) {
    return {};
  }
  const rejected_line& first = verdict.refusals.front();
  std::string members = ",\"data\":{\"error_message\":";
  append_json_string(first.message, members);
  members += fmt::format(",\"line_number\":{},\"original_line\":", first.line);
  append_json_string(first.text, members);
  members.push_back('}');
  const std::uint64_t refused = verdict.rejected + verdict.dropped();
  if (refused > 1) {
    members += fmt::format(",\"left_out\":{}", refused - 1);
  }
  return members;
}

result<write_target, http::response> parse_target(std::string_view query) {
  const auto pairs = http::decode_form(query);
  const auto database = http::find_value(pairs, "db");
  if (!database) {
    return text_response(400, "missing query parameter 'db'");
  }
  write_target target = target_named(*database);
  if (target.database.empty()) {
    return error_response_v3(400, empty_name_v3);
  }
  if (const std::string refused = refuse_names(target); !refused.empty()) {
    return error_response_v3(400, refused);
  }
  if (const std::string refused = read_query_options(pairs, target.options); !refused.empty()) {
    return misread_query_v3(refused);
  }
  // Every refused line is listed in this dialect's answers, asked for or not.
  target.options.verbose = true;
  if (const std::string refused = read_query_flag(pairs, "no_sync", target.options.no_sync);
      !refused.empty()) {
    return misread_query_v3(refused);
  }
  const std::string_view precision = http::find_value(pairs, "precision").value_or("");
  const auto unit_ns = unit_of(precision);
  if (!unit_ns) {
    return misread_query_v3(fmt::format(
        "invalid precision {} (use auto, second, millisecond, microsecond or nanosecond)",
        quoted_value(precision)));
  }
  target.unit_ns = *unit_ns;
  // A request that names none means auto, which no database's or listener's precision replaces.
  target.precision_stated = true;
  return target;
}

http::response answer_to(const write_verdict& verdict) {
  if (verdict.lines == 0) {
    return text_response(400, "incoming write was empty");
  }
  http::response answer;
  if (!verdict.flawless()) {
    answer = error_response_v3(
        400, verbose_message(verdict),
        verdict.nothing_kept ? first_refusal(verdict) : "," + refusals_json(verdict));
  }
  add_line_counts(verdict, answer);
  return answer;
}

http::response body_failed(http::body_failure why) {
  const failure_message failure = body_failure_message(why);
  return error_response_v3(failure.status, failure.status == 503
                                               ? overloaded_message(failure.message)
                                               : std::string(failure.message));
}

}  // namespace

http::response error_response_v3(int status, std::string_view message, std::string_view members) {
  http::response answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = "{\"error\":";
  append_json_string(message, answer.body);
  answer.body.append(members).push_back('}');
  return answer;
}

http::response misread_query_v3(std::string_view what) {
  return text_response(400, "serde error: " + std::string(what));
}

const write_dialect& influx_v3() noexcept {
  static constexpr write_dialect dialect{
      .name = "v3",
      .parse_target = parse_target,
      .answer = answer_to,
      .body_failed = body_failed,
      .overloaded =
          [](std::string_view why) { return error_response_v3(503, overloaded_message(why)); },
      .reads_retry_after = nullptr,
      .too_large = [](std::string_view why) { return error_response_v3(413, why); },
      .refused = [](std::string_view why) { return error_response_v3(400, why); },
      .creates_missing = true};
  return dialect;
}

http::response path_not_found_v3() {
  return error_response_v3(404, "not found");
}

http::response wrong_method_v3(std::string_view allow) {
  http::response answer = error_response_v3(405, "allow: " + std::string(allow));
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

}  // namespace weir::api
