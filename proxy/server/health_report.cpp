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

struct looked_at {
  health_verdict verdict;
  std::vector<api::health_check> checks;
};

looked_at look_at(const health_facts& known) {
  looked_at found;
  auto& checks = found.checks;
  auto& why = found.verdict.why;
  checks.push_back(log_check(known.log));
  if (!checks.front().passed) {
    why.push_back(checks.front().message);
  }
  found.verdict.healthy = known.log.status != append_status::failed;
  for (const sink_standing& sink : known.sinks) {
    checks.push_back(sink_check(sink));
    if (!checks.back().passed) {
      found.verdict.healthy = false;
      why.push_back(checks.back().name + ": " + checks.back().message);
    }
  }
  if (!known.reload_failed.empty()) {
    checks.push_back({"configuration", false,
                      "the last reload failed, and the configuration before it is in force: " +
                          known.reload_failed});
    why.push_back(checks.back().message);
  }
  found.verdict.ready = !known.draining && checks.front().passed;
  return found;
}

}  // namespace

health_verdict verdict_of(const health_facts& known) {
  health_verdict verdict = look_at(known).verdict;
  if (known.draining) {
    verdict.why.emplace_back("weir is ending");
  }
  return verdict;
}

http::response health_of(const health_facts& known) {
  const looked_at found = look_at(known);
  std::string words;
  for (const std::string& one : found.verdict.why) {
    words += (words.empty() ? "" : "; ") + one;
  }
  return api::health_response(found.verdict.healthy, words, found.checks);
}

http::response readiness_of(const health_facts& known) {
  if (known.draining) {
    return api::ready_response(false, "weir is ending");
  }
  const api::health_check log = log_check(known.log);
  return api::ready_response(log.passed, log.passed ? std::string_view{} : log.message);
}

}  // namespace weir
