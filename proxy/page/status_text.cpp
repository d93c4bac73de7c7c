// SPDX-License-Identifier: Apache-2.0
#include "page/status_text.hpp"

#include <algorithm>

#include "page/advice.hpp"
#include "page/sink_state.hpp"

namespace weir::page {
namespace {

void write_health(const status_facts& known, json_writer& out) {
  out.key("health").begin_object();
  out.member("healthy", known.healthy).member("ready", known.ready).texts("why", known.why);
  out.end_object();
}

void write_advice(const status_facts& known, json_writer& out) {
  out.key("advice").begin_array();
  for (const advice& one : advise(known)) {
    out.begin_object();
    out.member("level", name_of(one.level)).member("about", one.about).member("what", one.what);
    out.member("do", one.remedy).member("command", one.command);
    out.end_object();
  }
  out.end_array();
}

void write_totals(const status_facts& known, json_writer& out) {
  out.key("rates");
  if (known.rates) {
    const line_rates& now = *known.rates;
    out.begin_object().member("received", now.received).member("accepted", now.accepted);
    out.member("rejected", now.rejected).member("dropped", now.dropped);
    out.member("delivered", now.delivered).end_object();
  } else {
    out.begin_object();
    for (const char* name : {"received", "accepted", "rejected", "dropped", "delivered"}) {
      out.key(name).null();
    }
    out.end_object();
  }
  const line_totals& all = known.totals;
  out.key("totals").begin_object();
  out.member("received", all.received).member("accepted", all.accepted);
  out.member("rejected", all.rejected).member("dropped", all.dropped);
  out.member("mended", all.mended).member("noted", all.noted).member("delivered", all.delivered);
  out.end_object();
}

void write_topic(const topic_facts& one, json_writer& out) {
  out.begin_object().member("name", one.name).texts("brokers", one.brokers);
  out.member("partitions", one.partitions).member("replicas", one.replicas);
  out.member("leaderless", one.leaderless).member("fault", one.fault);
  out.member("shared_fault", one.shared_fault).end_object();
}

void write_log(const status_facts& known, json_writer& out) {
  const log_facts& log = known.log;
  out.key("log").begin_object();
  out.member("kind", log.kind).member("acknowledge", log.acknowledge);
  out.member("when_full", log.when_full).member("bytes", log.bytes);
  out.member("keep_bytes", log.keep_bytes);
  out.member("share", log.keep_bytes == 0
                          ? 0.0
                          : static_cast<double>(log.bytes) / static_cast<double>(log.keep_bytes));
  out.member("append_bytes_per_second", log.append_bytes_per_second);
  out.member("outage_seconds_left", log.outage_seconds_left);
  out.member("next", what_comes_next(known));
  out.key("topic");
  if (log.topic) {
    write_topic(*log.topic, out);
  } else {
    out.null();
  }
  out.end_object();
}

void write_held(const held_facts& one, json_writer& out) {
  out.begin_object();
  out.member("database", one.database).member("retention_policy", one.retention_policy);
  out.member("points", one.points).member("bytes", one.bytes);
  out.member("age_seconds", one.age_seconds).member("parked_points", one.parked_points);
  out.member("why", one.why).member("do", one.remedy).member("command", one.command);
  out.end_object();
}

void write_sink(const sink_facts& one, json_writer& out) {
  const sink_state now = state_of(one);
  out.begin_object();
  out.member("name", one.name).member("type", one.type).texts("addresses", one.addresses);
  out.member("required", one.required).member("state", name_of(now.is));
  out.member("state_text", now.text).member("do", now.remedy);
  out.member("pending_points", one.pending_points).member("pending_bytes", one.pending_bytes);
  out.member("lag_seconds", one.lag_seconds).member("delivered", one.delivered);
  out.member("delivered_per_second", one.delivered_per_second);
  out.key("discarded").begin_object();
  for (const auto& [reason, points] : one.discarded) {
    out.member(reason, points);
  }
  out.end_object();
  out.member("parked_points", one.parked_points).member("lanes", one.lanes);
  out.member("held_lanes", one.held_lanes);
  out.key("last_error");
  if (one.last_error) {
    out.begin_object().member("age_seconds", one.last_error->age_seconds);
    out.member("message", one.last_error->message).end_object();
  } else {
    out.null();
  }
  out.key("held").begin_array();
  for (const held_facts& lane : one.held) {
    write_held(lane, out);
  }
  out.end_array().end_object();
}

void write_sinks(const status_facts& known, json_writer& out) {
  out.key("sinks").begin_array();
  for (const sink_facts& one : known.sinks) {
    write_sink(one, out);
  }
  out.end_array();
}

void write_databases(const status_facts& known, json_writer& out) {
  out.key("databases").begin_object().member("count", known.databases);
  out.key("shown").begin_array();
  const std::size_t shown = std::min(known.databases_shown.size(), databases_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    write_database(known.databases_shown[i], out);
  }
  out.end_array().end_object();
}

void write_sources(const status_facts& known, json_writer& out) {
  out.key("sources").begin_array();
  const std::size_t shown = std::min(known.sources.size(), sources_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const source_facts& one = known.sources[i];
    out.begin_object();
    out.member("listener", one.listener).member("user", one.user).member("agent", one.agent);
    out.member("received", one.received).member("accepted", one.accepted);
    out.member("rejected", one.rejected).member("dropped", one.dropped);
    out.end_object();
  }
  out.end_array();
}

void write_example(const rejection_example& one, json_writer& out) {
  out.begin_object().member("at", one.at).member("database", one.database);
  out.member("retention_policy", one.retention_policy).member("line", one.line);
  out.member("column", one.column).member("message", one.message).member("text", one.text);
  out.member("cut", one.cut).member("shown", one.shown).member("mark_column", one.mark_column);
  out.member("mark_columns", one.mark_columns).member("listener", one.listener);
  out.member("address", one.address).member("agent", one.agent).member("user", one.user);
  out.end_object();
}

void write_group(const rejection_group& one, json_writer& out) {
  out.begin_object().member("code", one.code).member("kind", one.kind).member("title", one.title);
  out.member("count", one.count).member("last", one.last);
  out.member("explanation", one.explanation).member("remedy", one.remedy);
  out.key("example");
  if (one.example) {
    write_example(*one.example, out);
  } else {
    out.null();
  }
  out.key("senders").begin_array();
  const std::size_t shown = std::min(one.senders.size(), senders_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const rejection_sender& by = one.senders[i];
    out.begin_object().member("listener", by.listener).member("address", by.address);
    out.member("agent", by.agent).member("user", by.user).member("database", by.database);
    out.member("count", by.count).member("last", by.last).end_object();
  }
  out.end_array().end_object();
}

void write_rejections(const status_facts& known, json_writer& out) {
  out.key("rejections").begin_array();
  const std::size_t shown = std::min(known.rejections.size(), groups_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    write_group(known.rejections[i], out);
  }
  out.end_array();
}

}  // namespace

void write_database(const database_facts& one, json_writer& out) {
  out.begin_object().member("name", one.name).member("received", one.received);
  out.member("accepted", one.accepted).member("rejected", one.rejected);
  out.member("dropped", one.dropped).member("rate", one.rate).member("series", one.series);
  out.member("types", one.types).member("last_received", one.last_received).end_object();
}

std::string status_text(const status_facts& known) {
  std::string text;
  json_writer out(text);
  out.begin_object();
  out.member("version", known.version).member("host", known.host).member("pid", known.pid);
  out.member("started", known.started).member("now", known.now).member("uptime", known.uptime);
  out.texts("roles", known.roles);
  write_health(known, out);
  write_advice(known, out);
  write_totals(known, out);
  write_log(known, out);
  out.key("memory").begin_object().member("used_bytes", known.memory_used);
  out.member("limit_bytes", known.memory_limit).end_object();
  write_sinks(known, out);
  write_databases(known, out);
  write_sources(known, out);
  write_rejections(known, out);
  out.end_object();
  return text;
}

}  // namespace weir::page
