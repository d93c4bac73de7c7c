// SPDX-License-Identifier: Apache-2.0
//
// The story of a database as JSON.
#include "base/text/json_members.hpp"
#include "facts/databases/database_story.hpp"

namespace weir {
namespace {

/// Those that are not 0, by the names of their codes.
template <class Code, std::size_t count>
void append_counts(const std::array<std::uint64_t, count>& counts, json_members& json) {
  for (std::size_t i = 0; i < count; ++i) {
    if (counts[i] > 0) {
      json.number(name_of(static_cast<Code>(i)), counts[i]);
    }
  }
}

void append_named(std::string_view name, std::uint64_t count, json_members& json) {
  if (count > 0) {
    json.number(name, count);
  }
}

void append_lines(const line_account& lines, json_members& json) {
  json.name("lines").open('{').number("received", lines.received);
  json.number("accepted", lines.accepted).name("rejected").open('{');
  append_counts<parse_code>(lines.refused_by_parser, json);
  append_counts<gate_code>(lines.rejected_by_gate, json);
  append_named("all_or_nothing", lines.withheld, json);
  json.close('}').name("dropped").open('{');
  append_counts<gate_code>(lines.dropped_by_gate, json);
  json.close('}').name("mended").open('{');
  append_counts<gate_code>(lines.repaired_by_gate, json);
  append_named("carriage_return", lines.carriage_returns, json);
  append_named("byte_order_mark", lines.byte_order_marks, json);
  append_named("final_nul", lines.final_nuls, json);
  json.close('}').name("noted").open('{');
  append_counts<gate_code>(lines.noted_by_gate, json);
  json.close('}').close('}');
}

void append_policies(const database_story& story, json_members& json) {
  json.name("policies").open('[');
  for (const told_policy& each : story.policies) {
    json.open('{').text("name", each.name).flag("default", each.is_default);
    json.name("duration_seconds");
    if (each.duration_ns) {
      json.seconds(*each.duration_ns);
    } else {
      json.null();
    }
    json.text("from", each.from).close('}');
  }
  json.close(']');
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

void append_sinks(const database_story& story, json_members& json) {
  json.name("sinks").open('[');
  for (const sink_part& each : story.sinks) {
    std::uint64_t held_points = 0;
    std::uint64_t parked_points = 0;
    for (const held_part& lane : each.held) {
      held_points += lane.points;
      parked_points += lane.parked_points;
    }
    json.open('{').text("name", each.name).flag("takes", each.takes);
    json.text("why", why_of_sink(each)).name("pending_points");
    // What a sink counts is of all databases together; only what it holds is of one.
    if (!each.takes || each.pending_points == 0) {
      json.number(std::uint64_t{0});
    } else if (!each.held.empty()) {
      json.number(held_points);
    } else {
      json.null();
    }
    json.name("delivered").null().flag("held", !each.held.empty());
    json.number("parked_points", parked_points).close('}');
  }
  json.close(']');
}

void append_texts(std::string_view name, const std::vector<std::string>& texts,
                  json_members& json) {
  json.name(name).open('[');
  for (const std::string& each : texts) {
    json.text(each);
  }
  json.close(']');
}

}  // namespace

void append_story(const database_story& story, std::string& out) {
  json_members json(out);
  json.open('{').text("name", story.name).flag("known", story.known);
  json.flag("created", story.created);
  append_texts("why", why_of(story), json);
  append_lines(story.lines, json);
  json.name("last_received");
  if (story.last_received_ns > 0) {
    json.seconds(story.last_received_ns);
  } else {
    json.null();
  }
  append_policies(story, json);
  json.number("series", story.series).number("types", story.types);
  json.number("series_limit", story.series_limit).name("tags").open('[');
  for (const database_series::tag_values& each : story.tags) {
    json.open('{').text("measurement", each.measurement).text("tag", each.tag);
    json.number("values", each.values).close('}');
  }
  json.close(']');
  append_sinks(story, json);
  append_texts("similar", story.similar, json);
  json.close('}');
}

}  // namespace weir
