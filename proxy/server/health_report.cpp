// SPDX-License-Identifier: Apache-2.0
#include "server/health_report.hpp"

#include <fmt/format.h>

#include <string>

#include "api/health.hpp"
#include "base/text/counted.hpp"

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

api::health_check cluster_check(const cluster_standing& kafka) {
  if (!kafka.fault.empty()) {
    return {"kafka", false,
            fmt::format("{} does not answer: {}", fmt::join(kafka.brokers, ", "), kafka.fault)};
  }
  if (kafka.leaderless > 0) {
    return {
        "kafka", false,
        fmt::format("{} of the topic {} have no leader: writes of their series are answered "
                    "503, and their points wait. Look for the brokers that are down",
                    kafka.leaderless == kafka.partitions
                        ? fmt::format("all {} partitions", kafka.partitions)
                        : fmt::format("{} of {} partitions", kafka.leaderless, kafka.partitions),
                    kafka.topic)};
  }
  return {"kafka", true,
          fmt::format("the topic {} has {} and {} of each", kafka.topic,
                      counted(kafka.partitions, "partition"), counted(kafka.replicas, "replica"))};
}

api::health_check shared_check(const shared_standing& shared, bool takes_writes) {
  if (shared.fault.empty()) {
    return {"shared", true, fmt::format("the topic {} can be read and written", shared.topic)};
  }
  return {"shared", false,
          fmt::format(
              "{}: {}what other weirs say of databases, types and series is not known "
              "here",
              shared.fault,
              takes_writes ? "writes of fields that have no type yet are answered 503, and " : "")};
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
  const bool writable = !known.takes_writes || log_check(known.log).passed;
  if (known.takes_writes) {
    checks.push_back(log_check(known.log));
    if (!writable) {
      why.push_back(checks.front().message);
    }
    found.verdict.healthy = known.log.status != append_status::failed;
  }
  if (known.cluster) {
    checks.push_back(cluster_check(*known.cluster));
    if (!checks.back().passed) {
      found.verdict.healthy = false;
      why.push_back("kafka: " + checks.back().message);
    }
  }
  if (known.shared) {
    checks.push_back(shared_check(*known.shared, known.takes_writes));
    if (!checks.back().passed) {
      found.verdict.healthy = false;
      why.push_back("shared: " + checks.back().message);
    }
  }
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
  found.verdict.ready = !known.draining && writable;
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
  if (!known.takes_writes) {
    return api::ready_response(true, {});
  }
  const api::health_check log = log_check(known.log);
  if (!log.passed) {
    return api::ready_response(false, log.message);
  }
  if (known.shared && !known.shared->fault.empty()) {
    return api::ready_response(true, shared_check(*known.shared, known.takes_writes).message);
  }
  return api::ready_response(true, {});
}

}  // namespace weir
