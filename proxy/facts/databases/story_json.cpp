// SPDX-License-Identifier: Apache-2.0
//
// The story of a database as JSON.
#include "base/text/json_writer.hpp"
#include "facts/databases/database_story.hpp"

namespace weir {
namespace {

/// Those that are not 0, by the names of their codes.
template <class Code, std::size_t count>
void append_counts(const std::array<std::uint64_t, count>& counts, json_writer& json) {
  for (std::size_t i = 0; i < count; ++i) {
    if (counts[i] > 0) {
      json.member(name_of(static_cast<Code>(i)), counts[i]);
    }
  }
}

void append_named(std::string_view name, std::uint64_t count, json_writer& json) {
  if (count > 0) {
    json.member(name, count);
  }
}

void append_lines(const line_account& lines, json_writer& json) {
  json.key("lines").begin_object().member("received", lines.received);
  json.member("accepted", lines.accepted).key("rejected").begin_object();
  append_counts<parse_code>(lines.refused_by_parser, json);
  append_counts<gate_code>(lines.rejected_by_gate, json);
  append_named("all_or_nothing", lines.withheld, json);
  json.end_object().key("dropped").begin_object();
  append_counts<gate_code>(lines.dropped_by_gate, json);
  json.end_object().key("mended").begin_object();
  append_counts<gate_code>(lines.repaired_by_gate, json);
  append_named("carriage_return", lines.carriage_returns, json);
  append_named("byte_order_mark", lines.byte_order_marks, json);
  append_named("final_nul", lines.final_nuls, json);
  json.end_object().key("noted").begin_object();
  append_counts<gate_code>(lines.noted_by_gate, json);
  json.end_object().end_object();
}

void append_policies(const database_story& story, json_writer& json) {
  json.key("policies").begin_array();
  for (const told_policy& each : story.policies) {
    json.begin_object().member("name", each.name).member("default", each.is_default);
    json.key("duration_seconds");
    if (each.duration_ns) {
      json.seconds(*each.duration_ns);
    } else {
      json.null();
    }
    json.member("from", each.from).end_object();
  }
  json.end_array();
}

std::string why_of_sink(const sink_part& sink) {
  if (!sink.takes) {
    return "databases = " + sink.databases;
  }
  if (!sink.held.empty()) {
    return sink.held.front().why;
  }
  return sink.down ? sink.last_error : std::string{};
}

void append_sinks(const database_story& story, json_writer& json) {
  json.key("sinks").begin_array();
  for (const sink_part& each : story.sinks) {
    std::uint64_t held_points = 0;
    std::uint64_t parked_points = 0;
    for (const held_part& lane : each.held) {
      held_points += lane.points;
      parked_points += lane.parked_points;
    }
    json.begin_object().member("name", each.name).member("takes", each.takes);
    json.member("why", why_of_sink(each)).key("pending_points");
    // What a sink counts is of all databases together; only what it holds is of one.
    if (!each.held.empty()) {
      json.number(held_points);
    } else if (!each.takes || each.pending_points == 0) {
      json.number(std::uint64_t{0});
    } else {
      json.null();
    }
    json.key("delivered").null().member("held", !each.held.empty());
    json.member("parked_points", parked_points).end_object();
  }
  json.end_array();
}

}  // namespace

void append_story(const database_story& story, std::string& out) {
  json_writer json(out);
  json.begin_object().member("name", story.name).member("known", story.known);
  json.member("created", story.created);
  json.texts("why", why_of(story));
  append_lines(story.lines, json);
  json.key("last_received");
  if (story.last_received_ns > 0) {
    json.seconds(story.last_received_ns);
  } else {
    json.null();
  }
  append_policies(story, json);
  json.member("series", story.series).member("types", story.types);
  json.member("series_limit", story.series_limit).key("tags").begin_array();
  for (const database_series::tag_values& each : story.tags) {
    json.begin_object().member("measurement", each.measurement).member("tag", each.tag);
    json.member("values", each.values).end_object();
  }
  json.end_array();
  append_sinks(story, json);
  json.texts("similar", story.similar);
  json.end_object();
}

}  // namespace weir
