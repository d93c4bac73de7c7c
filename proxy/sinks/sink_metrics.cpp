// SPDX-License-Identifier: Apache-2.0
//
// Names of a sink's metrics. Pure.
#include "sinks/sink_metrics.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::array<std::string_view, request_counts::kinds> class_names{"2xx", "3xx", "4xx",
                                                                          "5xx", "failed"};

double age_seconds(std::int64_t now_ns, std::int64_t since_ns) {
  return since_ns == 0 ? 0
                       : static_cast<double>(std::max<std::int64_t>(0, now_ns - since_ns)) / 1e9;
}

}  // namespace

void sink_counters::set_held(std::vector<held_lane> held) {
  const std::lock_guard hold(held_lock_);
  held_ = std::move(held);
}

std::vector<held_lane> sink_counters::held() const {
  const std::lock_guard hold(held_lock_);
  return held_;
}

void sink_counters::set_last_error(std::string message) {
  const std::lock_guard hold(held_lock_);
  last_error_ = std::move(message);
}

std::string sink_counters::last_error() const {
  const std::lock_guard hold(held_lock_);
  return last_error_;
}

void sink_counters::collect_held(std::string_view sink_name, std::int64_t now_ns,
                                 metric_collector& out) const {
  const std::lock_guard hold(held_lock_);
  for (const held_lane& one : held_) {
    const auto gauge = [&](std::string_view metric, std::string_view help, double number) {
      out.gauge_value(metric, help, number,
                      {{"sink", sink_name},
                       {"database", one.lane.database},
                       {"retention_policy", one.lane.retention_policy}});
    };
    gauge("weir_sink_held_pending_points", "Points that wait in a held lane",
          static_cast<double>(one.points));
    gauge("weir_sink_held_pending_bytes", "Bytes of lines that wait in a held lane",
          static_cast<double>(one.bytes));
    gauge("weir_sink_held_oldest_pending_age_seconds",
          "Time since the oldest point of a held lane was received",
          age_seconds(now_ns, one.oldest_received_ns));
  }
}

void sink_counters::note_park_full(const std::string& database, std::uint64_t points) {
  const std::lock_guard hold(held_lock_);
  const bool own = given_up_.contains(database) || given_up_.size() < given_up_shown_max;
  given_up_[own ? database : "(other)"] += points;
}

void sink_counters::collect_parked(std::string_view sink_name, metric_collector& out) const {
  const label name{"sink", sink_name};
  const auto gauge = [&](std::string_view metric, std::string_view help, const counter& number) {
    out.gauge_value(metric, help, static_cast<double>(number.value()), {name});
  };
  gauge("weir_sink_parked_points",
        "Points that left the log because their database is held, and wait in the parking place; "
        "they are part of the pending ones",
        parked_points);
  gauge("weir_sink_parked_bytes", "Bytes of the parking place on disk", parked_bytes);
  gauge("weir_sink_parked_lanes", "Databases and retention policies with points parked",
        parked_lanes);
  out.counter_value("weir_sink_park_failures_total",
                    "Times that the parking place refused points, which stayed in the log",
                    static_cast<double>(park_failures.value()), {name});
  const std::lock_guard hold(held_lock_);
  for (const auto& [database, points] : given_up_) {
    out.counter_value("weir_sink_park_full_points_total",
                      "Points given up because the parking place was full, by database, since the "
                      "start",
                      static_cast<double>(points), {name, {"database", database}});
  }
}

void sink_counters::note(const attempt_result& result) noexcept {
  sent_bytes.add(result.sent_bytes);
  for (std::size_t i = 0; i < request_counts::kinds; ++i) {
    requests[i].add(result.requests.of[i]);
  }
}

void sink_counters::collect(std::string_view sink_name, std::int64_t now_ms, std::int64_t now_ns,
                            metric_collector& out) const {
  const label name{"sink", sink_name};
  const auto count = [&](std::string_view metric, std::string_view help, const counter& number) {
    out.counter_value(metric, help, static_cast<double>(number.value()), {name});
  };
  const auto gauge = [&](std::string_view metric, std::string_view help, const counter& number) {
    out.gauge_value(metric, help, static_cast<double>(number.value()), {name});
  };
  const sink_points of_points = points();
  const auto count_points = [&](std::string_view metric, std::string_view help,
                                std::uint64_t number) {
    out.counter_value(metric, help, static_cast<double>(number), {name});
  };
  count_points("weir_sink_accepted_points_total", "Points the sink found in the log for it",
               of_points.accepted);
  count_points("weir_sink_delivered_points_total", "Points the other side has stored",
               of_points.delivered);
  for (std::size_t i = 0; i < discard_reason_count; ++i) {
    out.counter_value("weir_sink_discarded_points_total", "Points given up, by reason",
                      static_cast<double>(of_points.discarded[i]),
                      {name, {"reason", name_of(static_cast<discard_reason>(i))}});
  }
  count("weir_log_discarded_unread_points_total",
        "Points that a full log discarded before this sink had delivered them", discarded_unread);
  out.gauge_value("weir_sink_pending_points", "Points not yet delivered or given up",
                  static_cast<double>(of_points.pending), {name});
  gauge("weir_sink_pending_bytes", "Bytes of lines not yet delivered or given up", pending_bytes);
  out.gauge_value("weir_sink_oldest_pending_age_seconds",
                  "Time since the oldest point was received that is not yet delivered or given up; "
                  "0: nothing is pending",
                  age_seconds(now_ns, static_cast<std::int64_t>(oldest_received_ns.value())),
                  {name});
  out.histogram_value("weir_sink_delivery_seconds",
                      "Time from a point's receipt to the answer that it is stored, one for each "
                      "batch: its oldest point's",
                      delivery_seconds.now(), {name});
  out.histogram_value("weir_sink_request_seconds", "Time that an attempt to deliver took",
                      request_seconds.now(), {name});
  count("weir_sink_sent_bytes_total", "Bytes of request bodies as sent", sent_bytes);
  for (std::size_t i = 0; i < request_counts::kinds; ++i) {
    out.counter_value("weir_sink_requests_total", "Attempts to deliver, by class of the answer",
                      static_cast<double>(requests[i].value()), {name, {"status", class_names[i]}});
  }
  count("weir_sink_retries_total", "Attempts put off to be made again", retries);
  count("weir_sink_holds_total", "Attempts after which a lane was held until its cause is repaired",
        holds);
  gauge("weir_sink_held_lanes", "Lanes held at the moment", held_lanes);
  collect_held(sink_name, now_ns, out);
  collect_parked(sink_name, out);
  gauge("weir_sink_lanes", "Databases and retention policies known to the sink", lanes);
  gauge("weir_sink_requests_in_flight", "Attempts under way", in_flight);
  gauge("weir_sink_breaker_open", "1: the server is taken to be down, and one lane tries for all",
        breaker_open);
  count("weir_sink_cursor_failures_total", "Times the cursor could not be written",
        cursor_failures);
  if (const std::uint64_t at = last_error_ms.value(); at != 0) {
    const auto age_ms = std::max<std::int64_t>(0, now_ms - static_cast<std::int64_t>(at));
    out.gauge_value("weir_sink_last_error_age_seconds", "Time since the last failed attempt",
                    static_cast<double>(age_ms) / 1000, {name});
  }
}

}  // namespace weir
