// SPDX-License-Identifier: Apache-2.0
//
// Spells /ping, /health and /ready. Pure; any thread.
#include "api/health.hpp"

#include <string>

#include "api/context.hpp"
#include "base/text/json_text.hpp"

namespace weir::api {

http::response ping_response(std::string_view query) {
  http::response answer;
  const auto pairs = http::decode_form(query);
  const std::string_view verbose = http::find_value(pairs, "verbose").value_or("");
  if (!verbose.empty() && verbose != "0" && verbose != "false") {
    answer.status = 200;
    answer.content_type = "application/json";
    answer.body = "{\"version\":";
    append_json_string(version(), answer.body);
    answer.body.append("}\n");
  }
  return answer;
}

http::response health_response(bool healthy, std::string_view message,
                               const std::vector<health_check>& checks) {
  http::response answer;
  answer.status = healthy ? 200 : 503;
  answer.content_type = "application/json";
  const std::string_view usual = healthy ? "ready for queries and writes" : "not ready";
  answer.body = "{\"checks\":[";
  for (const health_check& each : checks) {
    answer.body.append(&each == checks.data() ? "{" : ",{").append("\"name\":");
    append_json_string(each.name, answer.body);
    answer.body.append(each.passed ? ",\"status\":\"pass\"" : ",\"status\":\"fail\"");
    answer.body.append(",\"message\":");
    append_json_string(each.message, answer.body);
    answer.body.append("}");
  }
  answer.body.append("],\"message\":");
  append_json_string(message.empty() ? usual : message, answer.body);
  // The name is what clients know; X-Influxdb-Version and "version" say who it is.
  answer.body.append(",\"name\":\"influxdb\",\"status\":\"");
  answer.body.append(healthy ? "pass" : "fail").append("\",\"version\":");
  append_json_string(version(), answer.body);
  answer.body.append("}");
  return answer;
}

http::response ready_response(bool ready, std::string_view message) {
  http::response answer;
  answer.status = ready ? 200 : 503;
  answer.content_type = "application/json";
  answer.body = ready ? "{\"status\":\"ready\"" : "{\"status\":\"not ready\"";
  if (!message.empty()) {
    answer.body.append(",\"message\":");
    append_json_string(message, answer.body);
  }
  answer.body.append("}\n");
  return answer;
}

}  // namespace weir::api
