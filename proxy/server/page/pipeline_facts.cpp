// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline tells of one database and of lines that are tried: gathered of everybody who
// knows, and decided in facts/. Any thread.
#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/glob.hpp"
#include "facts/databases/database_story.hpp"
#include "facts/explain/line_explainer.hpp"
#include "page/status_text.hpp"
#include "server/page/database_facts.hpp"
#include "server/page/page_service.hpp"
#include "server/pipeline_state.hpp"

namespace weir {
namespace {

constexpr double second_ns = 1e9;
constexpr std::size_t tags_shown_max = 20;

/// As the configuration spells them; empty where they leave nothing out.
std::string patterns_text(const std::vector<std::string>& patterns) {
  if (matches_everything(patterns)) {
    return {};
  }
  std::string text = "[";
  for (const std::string& each : patterns) {
    text += (text.size() > 1 ? ", \"" : "\"") + each + "\"";
  }
  return text + "]";
}

void add_policy(std::vector<told_policy>& to, told_policy one) {
  const bool is_known = std::any_of(to.begin(), to.end(), [&one](const told_policy& each) {
    return each.name == one.name || (one.name.empty() && each.is_default);
  });
  if (!is_known) {
    to.push_back(std::move(one));
  }
}

/// The default policy as the configuration has it, or a server that is learnt from.
void add_configured(const write_terms& terms, const std::string& database,
                    std::vector<told_policy>& to) {
  const database_settings& policy = terms.policies->find(database, {});
  told_policy one{.is_default = true, .from = "configuration"};
  if (policy.learn_retention) {
    const auto learnt = terms.upstream->retention_of(policy, database, {});
    if (!learnt) {
      return;
    }
    one.duration_ns = learnt->count();
    one.from = "sink " + policy.learn_from;
  } else if (policy.retention) {
    one.duration_ns = policy.retention->count();
  } else {
    return;
  }
  add_policy(to, std::move(one));
}

sink_part part_of(const sink_settings& sink, const sink_standing& now,
                  const database_story& story) {
  sink_part part{.name = sink.name,
                 .takes = matches_patterns(sink.databases, story.name),
                 .databases = patterns_text(sink.databases),
                 .retention_policies = patterns_text(sink.retention_policies),
                 .measurements = patterns_text(sink.measurements),
                 .pending_points = now.pending_points,
                 .down = now.breaker_open};
  for (const std::string& policy : story.written_policies) {
    if (!matches_patterns(sink.retention_policies, policy)) {
      part.policies_left_out.push_back(policy);
    }
  }
  // What is held says why by itself, and the oldest that waits is most often of it.
  std::uint64_t held = 0;
  for (const held_lane& lane : now.held) {
    held += lane.points;
  }
  part.pending_points -= std::min(part.pending_points, held);
  if (now.oldest_received_ns != 0 && held == 0) {
    part.lag_seconds = static_cast<double>(story.now_ns - now.oldest_received_ns) / second_ns;
  }
  if (now.breaker_open) {
    part.last_error = now.last_error;
    part.last_error_remedy = remedy_of_no_answer(now.last_error);
  }
  for (const held_lane& lane : now.held) {
    if (lane.lane.database == story.name) {
      part.held.push_back({.retention_policy = lane.lane.retention_policy,
                           .points = lane.points,
                           .parked_points = lane.parked_points,
                           .why = lane.why.said,
                           .remedy = remedy_of(lane.why.cause, sink.name, lane.lane).text});
    }
  }
  return part;
}

double seconds_of(std::int64_t ns) {
  return static_cast<double>(ns) / second_ns;
}

page::rejection_example example_of(const group_example& from) {
  return {.at = seconds_of(from.line.at_ns),
          .database = from.database,
          .retention_policy = from.retention_policy,
          .line = from.line.line,
          .column = from.line.column,
          .message = from.line.message,
          .text = from.line.text,
          .cut = from.line.cut,
          .shown = from.line.shown,
          .mark_column = from.line.mark_column,
          .mark_columns = from.line.mark_columns,
          .listener = from.from.listener,
          .address = from.from.address,
          .agent = from.from.agent,
          .user = from.from.user};
}

/// Lines that are tried, some in each turn of the loop, with what they are judged by.
class explanation_body final : public http::body_source {
 public:
  explanation_body(std::string text, explain_terms terms,
                   std::shared_ptr<const write_terms> judged_by,
                   std::shared_ptr<const rule_set> rules)
      : text_bytes_(text.size()),
        judged_by_(std::move(judged_by)),
        rules_(std::move(rules)),
        explained_(std::move(text), std::move(terms)) {}

  [[nodiscard]] bool next(std::string& out) override {
    const bool more = explained_.next(out);
    if (!more) {
      out += '\n';
    }
    return more;
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override {
    return text_bytes_ + copied_bytes;
  }

 private:
  /// About what is copied of the gate's memory.
  static constexpr std::size_t copied_bytes = std::size_t{256} << 10;

  const std::size_t text_bytes_;
  const std::shared_ptr<const write_terms> judged_by_;
  const std::shared_ptr<const rule_set> rules_;
  piecewise_explanation explained_;
};

}  // namespace

std::vector<page::rejection_group> pipeline::state::rejections() const {
  std::vector<page::rejection_group> out;
  for (const finding_group& each : findings.groups(page::groups_shown_max)) {
    const bool explained = each.example && !each.example->line.explanation.empty();
    page::rejection_group& made = out.emplace_back(page::rejection_group{
        .code = std::string(each.code.name()),
        .kind = std::string(name_of(each.kind)),
        .title = std::string(explained ? each.example->line.title : each.code.title()),
        .count = each.count,
        .last = seconds_of(each.last_ns),
        .explanation =
            std::string(explained ? each.example->line.explanation : each.code.explanation()),
        .remedy = std::string(explained ? each.example->line.remedy : each.code.remedy())});
    if (each.example) {
      made.example = example_of(*each.example);
    }
    for (const group_sender& sender : each.senders) {
      made.senders.push_back({.listener = sender.from.listener,
                              .address = sender.from.address,
                              .agent = sender.from.agent,
                              .user = sender.from.user,
                              .database = sender.database,
                              .count = sender.count,
                              .last = seconds_of(sender.last_ns)});
    }
  }
  return out;
}

std::string pipeline::state::databases_like(std::string_view part, std::size_t count_max) const {
  std::vector<const database_entry*> found;
  for (const database_entry* each : databases.entries()) {
    if (each->name().find(part) != std::string::npos) {
      found.push_back(each);
    }
  }
  std::string text;
  json_writer out(text);
  out.begin_object().member("count", std::uint64_t{found.size()}).key("shown").begin_array();
  const wall_time now = clock().wall;
  for (std::size_t i = 0; i < std::min(found.size(), count_max); ++i) {
    page::write_database(facts_of_database(*found[i], remembered, now), out);
  }
  out.end_array().end_object();
  return text;
}

void pipeline::state::add_policies(const write_terms& now, database_story& story) const {
  if (catalogue->administered(story.name) && catalogue->exists(story.name)) {
    const auto from = std::find_if(now.configured->sinks.begin(), now.configured->sinks.end(),
                                   [&](const sink_settings& each) {
                                     const auto* own = each.as<influxdb_settings>();
                                     return own != nullptr && own->version == 1 &&
                                            matches_patterns(each.databases, story.name);
                                   });
    for (const weir::catalogue::retention_policy& each :
         catalogue->retention_policies(story.name)) {
      told_policy one{.name = each.name, .is_default = each.is_default};
      if (each.duration_ns > 0) {
        one.duration_ns = each.duration_ns;
      }
      one.from = from == now.configured->sinks.end() ? "lines" : "sink " + from->name;
      add_policy(story.policies, std::move(one));
    }
  }
  add_configured(now, story.name, story.policies);
  for (const std::string& each : story.written_policies) {
    add_policy(story.policies, {.name = each, .is_default = each.empty(), .from = "lines"});
  }
}

database_story pipeline::state::story_of(const std::string& name) const {
  const moment at = clock();
  const std::shared_ptr<const write_terms> now = terms->current();
  database_story story{.name = name, .now_ns = at.wall.ns, .started_ns = began_at.wall.ns};
  if (const database_entry* entry = databases.find(name)) {
    story.known = true;
    story.created = entry->created();
    story.lines = entry->lines();
    story.last_received_ns = entry->lately(at.wall.ns).last_ns;
    story.written_policies = entry->written_policies();
  }
  story.findings = findings.of_database(name);
  add_policies(*now, story);
  const std::vector<sink_standing> standings = sinks->standings();
  for (const sink_settings& each : now->configured->sinks) {
    const auto standing =
        std::find_if(standings.begin(), standings.end(),
                     [&each](const sink_standing& one) { return one.name == each.name; });
    story.sinks.push_back(
        part_of(each, standing == standings.end() ? sink_standing{} : *standing, story));
  }
  if (story.lines.received == 0) {
    std::vector<std::string> names;
    for (const database_entry* each : databases.entries()) {
      if (each->lines().received > 0) {
        names.push_back(each->name());
      }
    }
    story.similar = similar_names(name, names);
  }
  if (const std::uint64_t limit = now->policies->find(name, {}).series_total; limit > 0) {
    story.series_limit = limit;
  }
  if (const database_memory* known = remembered.find(name)) {
    story.series = known->series.series();
    story.types = known->types.size();
    story.tags = known->series.widest_tags(tags_shown_max);
  }
  return story;
}

std::shared_ptr<http::body_source> pipeline::state::explanation_of(std::string text,
                                                                   const explain_place& place) {
  std::shared_ptr<const write_terms> now = terms->current();
  const database_settings& policy = now->policies->find(place.database, place.retention_policy);
  // A set of their own: the one in force counts what its rules do.
  auto compiled = rule_set::compile(now->configured->rules);
  std::shared_ptr<const rule_set> own_rules;
  if (compiled) {
    own_rules = std::move(compiled).value();
  }
  explain_terms given{.database = place.database,
                      .retention_policy = place.retention_policy,
                      .unit_ns = place.unit_ns,
                      .now_ns = clock().wall.ns,
                      .line_bytes_max = static_cast<std::size_t>(
                          std::min(now->configured->limits.line, line_limit.load())),
                      .policy = &policy,
                      .rules = own_rules.get(),
                      .remembered = &remembered,
                      .sinks = &now->configured->sinks,
                      .names = sinks->names()};
  if (policy.learn_retention && now->upstream != nullptr) {
    given.upstream_retention =
        now->upstream->retention_of(policy, place.database, place.retention_policy);
  }
  return std::make_shared<explanation_body>(std::move(text), std::move(given), std::move(now),
                                            std::move(own_rules));
}

}  // namespace weir
