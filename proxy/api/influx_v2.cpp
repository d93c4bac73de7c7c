// SPDX-License-Identifier: Apache-2.0
//
// /api/v2/write. Pure; any thread.
#include "api/influx_v2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text/ascii.hpp"
#include "base/text/json_text.hpp"

namespace weir::api {
namespace {

/// InfluxDB 2's name for a status.
std::string_view code_of(int status) noexcept {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not found";
    case 405:
      return "method not allowed";
    case 413:
      return "request too large";
    case 422:
      return "unprocessable entity";
    case 429:
      return "too many requests";
    case 408:
    case 503:
      return "unavailable";
    default:
      return status >= 500 ? "internal error" : "invalid";
  }
}

std::optional<std::int64_t> unit_of(std::string_view precision) noexcept {
  if (precision.empty() || precision == "ns") {
    return 1;
  }
  if (precision == "us") {
    return 1'000;
  }
  if (precision == "ms") {
    return 1'000'000;
  }
  return precision == "s" ? 1'000'000'000 : long_unit_of(precision);
}

result<write_target, http::response> parse_target(std::string_view query) {
  const auto pairs = http::decode_form(query);
  const std::string_view bucket = http::find_value(pairs, "bucket").value_or("");
  write_target target = target_named(bucket);
  if (bucket.empty()) {
    return error_response_v2(404, "bucket not found");
  }
  if (target.database.empty()) {
    return error_response_v2(404, fmt::format("bucket {} not found", quoted_value(bucket)));
  }
  if (const std::string refused = finish_target(pairs, target); !refused.empty()) {
    return error_response_v2(400, refused);
  }
  const std::string_view precision = http::find_value(pairs, "precision").value_or("");
  const auto unit_ns = unit_of(precision);
  if (!unit_ns) {
    return error_response_v2(400, "invalid precision; valid precision units are ns, us, ms, and s");
  }
  target.unit_ns = *unit_ns;
  target.precision_stated = !precision.empty();
  return target;
}

/// Members of the answer's object beside `code` and `message`, each with a comma before it.
std::string further_members(const write_verdict& verdict) {
  std::string out;
  if (!verdict.refusals.empty() && verdict.refusals.front().line > 0) {
    out = fmt::format(",\"line\":{}", verdict.refusals.front().line);
  }
  if (verdict.verbose) {
    out += fmt::format(",\"error\":\"{}\",{}", verbose_message(verdict), refusals_json(verdict));
  }
  return out;
}

http::response answer(const write_verdict& verdict) {
  http::response response;
  if (!verdict.flawless()) {
    const std::string message =
        verdict.verbose ? std::string(verbose_message(verdict)) : verdict_message(verdict);
    // For storage's refusals alone 2.x has a status and a beginning of its own.
    response = verdict.rejected > 0
                   ? error_response_v2(400, message, further_members(verdict))
                   : error_response_v2(422, "failure writing points to database: " + message,
                                       further_members(verdict));
  }
  if (verdict.verbose) {
    add_line_counts(verdict, response);
  }
  return response;
}

http::response not_there(const write_target& target, const std::string* /*policy*/) {
  const std::string bucket = target.retention_policy.empty()
                                 ? target.database
                                 : target.database + "/" + target.retention_policy;
  return error_response_v2(404, fmt::format("bucket {} not found", quoted_value(bucket)));
}

http::response body_failed(http::body_failure why) {
  if (why == http::body_failure::too_large) {
    return error_response_v2(413,
                             "unable to read data: points batch is too large: the body's bytes, "
                             "inflated, are more than http.body_limit allows: send smaller "
                             "batches, or raise it");
  }
  return body_failure_response_v2(why);
}

}  // namespace

http::response body_failure_response_v2(http::body_failure why) {
  const failure_message failure = body_failure_message(why);
  return error_response_v2(failure.status, failure.status == 503
                                               ? overloaded_message(failure.message)
                                               : std::string(failure.message));
}

const write_dialect& influx_v2() noexcept {
  static constexpr write_dialect dialect{
      .name = "v2",
      .parse_target = parse_target,
      .answer = answer,
      .body_failed = body_failed,
      .overloaded =
          [](std::string_view why) { return error_response_v2(503, overloaded_message(why)); },
      .reads_retry_after = reads_retry_after,
      .too_large = [](std::string_view why) { return error_response_v2(413, why); },
      .refused = [](std::string_view why) { return error_response_v2(400, why); },
      .missing = not_there};
  return dialect;
}

bool reads_retry_after(const http::request_head& head) {
  static constexpr std::array<std::string_view, 4> readers{
      "telegraf", "influxdb-client-go", "influxdb-client-python", "influxdb-client-java"};
  const std::string_view agent = head.header("User-Agent").value_or("");
  const std::string_view program = agent.substr(0, agent.find_first_of("/ ("));
  return std::any_of(readers.begin(), readers.end(), [program](std::string_view each) {
    return equal_ignoring_case(program, each);
  });
}

bool may_be_bucket_id(std::string_view name) noexcept {
  return name.size() == 16 &&
         name.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

http::response path_not_found_v2() {
  return error_response_v2(404, "path not found");
}

http::response wrong_method_v2(std::string_view allow) {
  http::response answer = error_response_v2(405, "allow: " + std::string(allow));
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

http::response error_response_v2(int status, std::string_view message, std::string_view members) {
  const std::string_view code = code_of(status);
  http::response answer;
  answer.status = status;
  answer.content_type = "application/json; charset=utf-8";
  answer.headers.emplace_back("X-Platform-Error-Code", code);
  answer.body = fmt::format("{{\"code\":\"{}\",\"message\":", code);
  append_json_string(message, answer.body);
  answer.body.append(members).push_back('}');
  return answer;
}

}  // namespace weir::api
