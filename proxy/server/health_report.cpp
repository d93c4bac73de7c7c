// SPDX-License-Identifier: Apache-2.0
#include "server/health_report.hpp"

#include <fmt/format.h>

#include <string>

#include "api/health.hpp"

namespace weir {
namespace {

api::health_check log_check(const append_result& log) {
  switch (log.status) {
    case append_status::taken:
    case append_status::pending:
      break;
    case append_status::full:
      return {"log", false, "writes are answered 503: " + log.detail};
    case append_status::failed:
      return {"log", false, log.detail};
  }
  return {"log", true, "takes writes"};
}

api::health_check sink_check(const sink_standing& sink) {
  const std::string waiting =
      sink.pending_points == 0
          ? std::string("everything is delivered")
          : fmt::format("{} point(s) wait to be delivered", sink.pending_points);
  const bool held = sink.held_lanes > 0;
  const std::string parked =
      sink.parked_points == 0
          ? std::string{}
          : fmt::format("; {} of them left the log and are parked (`weir park list`)",
                        sink.parked_points);
  return {"sink " + sink.name, !held,
          held ? fmt::format("{}; {} of {} database(s) are held until their cause is repaired (the "
                             "journal says which, and why){}",
                             waiting, sink.held_lanes, sink.lanes, parked)
               : waiting + parked};
}

}  // namespace

http::response health_of(const health_facts& known) {
  std::vector<api::health_check> checks{log_check(known.log)};
  std::string words = checks.front().passed ? std::string{} : checks.front().message;
  bool healthy = known.log.status != append_status::failed;
  for (const sink_standing& sink : known.sinks) {
    checks.push_back(sink_check(sink));
    if (!checks.back().passed) {
      healthy = false;
      words += (words.empty() ? "" : "; ") + checks.back().name + ": " + checks.back().message;
    }
  }
  if (!known.reload_failed.empty()) {
    checks.push_back({"configuration", false,
                      "the last reload failed, and the configuration before it is in force: " +
                          known.reload_failed});
    words += (words.empty() ? "" : "; ") + checks.back().message;
  }
  return api::health_response(healthy, words, checks);
}

http::response readiness_of(const health_facts& known) {
  if (known.draining) {
    return api::ready_response(false, "weir is ending");
  }
  const api::health_check log = log_check(known.log);
  return api::ready_response(log.passed, log.passed ? std::string_view{} : log.message);
}

}  // namespace weir
