// SPDX-License-Identifier: Apache-2.0
#include "gate/rules/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "gate/rules/compiled_rule.hpp"
#include "gate/rules/field_edit.hpp"

namespace weir {
namespace {

// InfluxDB's limit on measurement and tags as written, and on them with a field's key.
constexpr std::size_t key_bytes_max = 65535;
constexpr std::size_t field_key_extra = 4;

// Of an entry besides its name, about.
constexpr std::size_t entry_bytes = 128;

bool is_too_long(const point_view& point) noexcept {
  std::size_t bytes = point.measurement.size();
  for (const tag_view& tag : point.tags) {
    bytes += tag.key.size() + tag.value.size() + 2;
  }
  std::size_t longest = 0;
  for (const field_view& field : point.fields) {
    longest = std::max(longest, field.key.size());
  }
  return bytes > key_bytes_max || bytes + field_key_extra + longest > key_bytes_max;
}

template <class T>
T& made_there(std::unique_ptr<T>& place) {
  if (place == nullptr) {
    place = std::make_unique<T>();
  }
  return *place;
}

}  // namespace

/// A rule that concerns a measurement, and what is known of it beforehand.
struct database_rules::step {
  std::size_t which = 0;  // in indexes_
  /// Of a rule that renames measurements; empty: line protocol cannot hold the new name.
  std::string new_name;
};

struct database_rules::plan {
  std::vector<step> steps;
  /// The point is dropped after the steps, by this rule.
  bool dropped = false;
  std::size_t dropped_by = 0;
};

struct database_rules::key_outcome {
  enum class kind : std::uint8_t { untouched, matched, unwritable };
  kind what = kind::untouched;
  std::string new_key;
};

// --- rule_set

rule_set::~rule_set() = default;

result<std::shared_ptr<rule_set>> rule_set::compile(const std::vector<rule_settings>& rules,
                                                    const rule_set* before) {
  std::shared_ptr<rule_set> made(new rule_set);
  for (const rule_settings& one : rules) {
    auto compiled = compile_rule(one);
    if (!compiled) {
      return failure{fmt::format("rule \"{}\": {}", one.name, compiled.error().message)};
    }
    made->rules_.push_back(std::move(compiled).value());
    std::shared_ptr<std::atomic<std::uint64_t>> hits;
    for (std::size_t i = 0; before != nullptr && i < before->size(); ++i) {
      if (before->name(i) == one.name) {
        hits = before->hits_[i];
      }
    }
    made->hits_.push_back(hits != nullptr ? std::move(hits)
                                          : std::make_shared<std::atomic<std::uint64_t>>(0));
  }
  return made;
}

const std::string& rule_set::name(std::size_t index) const {
  return rules_[index]->settings.name;
}

// --- database_rules

database_rules::database_rules(const rule_set& all, std::vector<std::size_t> indexes)
    : all_(all),
      indexes_(std::move(indexes)),
      plans_(indexes_.size() + 1),
      keys_(indexes_.size()),
      remembered_max_(rule_engine::remembered_bytes_max),
      hits_(indexes_.size()) {}

database_rules::~database_rules() {
  flush();
}

void database_rules::flush() noexcept {
  for (std::size_t i = 0; i < hits_.size(); ++i) {
    if (hits_[i] > 0) {
      all_.add_hits(indexes_[i], hits_[i]);
      hits_[i] = 0;
    }
  }
}

void database_rules::forget() noexcept {
  for (auto& plans : plans_) {
    plans.reset();
  }
  for (auto& keys : keys_) {
    keys.reset();
  }
  remembered_ = 0;
  last_name_ = nullptr;
  last_plan_ = nullptr;
}

gate_answer database_rules::apply(const point_view& point, point_draft& draft) {
  if (remembered_ > remembered_max_) {
    forget();  // now, when no draft holds a text of it
  }
  if (last_name_ == nullptr || *last_name_ != point.measurement) {
    last_plan_ = &plan_of(0, point.measurement);
    last_name_ = &plans_[0]->find(point.measurement)->first;
  }
  const plan& known = *last_plan_;
  if (known.steps.empty()) {
    return known.dropped ? drop(known.dropped_by) : gate_answer{};
  }
  draft.begin(point);
  const gate_answer answer = run(known, draft);
  if (answer.action != gate_action::keep || !draft.changed()) {
    return answer;
  }
  if (is_too_long(draft.view())) {
    return refuse(known.steps.back().which, conflict::too_long);
  }
  if (const std::size_t tags = draft.view().tags.size();
      counts_tags_ && tags != point.tags.size() && is_harmful_tag_count(tags)) {
    return refuse(known.steps.back().which, conflict::tag_count);
  }
  return {gate_action::repair, gate_code::changed_by_rule};
}

const database_rules::plan& database_rules::plan_of(std::size_t from,
                                                    std::string_view measurement) {
  auto& known = made_there(plans_[from]);
  auto found = known.find(measurement);
  if (found == known.end()) {
    found = known.emplace(std::string(measurement), make_plan(from, measurement)).first;
    remembered_ += measurement.size() + entry_bytes;
  }
  return found->second;
}

database_rules::plan database_rules::make_plan(std::size_t from,
                                               std::string_view measurement) const {
  plan made;
  std::string name;
  unescape_measurement(measurement, name);
  for (std::size_t which = from; which < indexes_.size(); ++which) {
    const compiled_rule& rule = all_.at(indexes_[which]);
    const bool matches = rule.measurement.matches(name);
    const rule_action action = rule.settings.action;
    const bool loses = action == rule_action::keep ? !matches : action == rule_action::drop;
    if (loses && (action == rule_action::keep || (matches && !rule.has_condition()))) {
      made.dropped = true;
      made.dropped_by = which;
      return made;
    }
    if (!matches || (action == rule_action::keep && !rule.has_condition())) {
      continue;
    }
    step one{which, {}};
    if (rule.renames(rule_subject::measurement)) {
      const std::string renamed = rule.measurement.rewritten(name, rule.settings.to);
      if (renamed == name) {
        continue;
      }
      if (!append_name(rule_subject::measurement, renamed, one.new_name)) {
        one.new_name.clear();
      } else if (!rule.has_condition()) {
        name = renamed;
      }
    }
    made.steps.push_back(std::move(one));
  }
  return made;
}

gate_answer database_rules::run(const plan& first, point_draft& draft) {
  const plan* known = &first;
  for (std::size_t i = 0; i < known->steps.size();) {
    const step& one = known->steps[i++];
    const compiled_rule& rule = all_.at(indexes_[one.which]);
    const bool holds = !rule.has_condition() || condition_holds(rule, draft.view());
    if (rule.settings.action == rule_action::keep) {
      if (!holds) {
        return drop(one.which);
      }
      continue;
    }
    if (!holds) {
      continue;
    }
    if (const gate_answer answer = take(one, draft); answer.action != gate_action::keep) {
      return answer;
    }
    if (rule.renames(rule_subject::measurement) && rule.has_condition()) {
      known = &plan_of(one.which + 1, one.new_name);
      i = 0;
    }
  }
  return known->dropped ? drop(known->dropped_by) : gate_answer{};
}

gate_answer database_rules::take(const step& one, point_draft& draft) {
  const compiled_rule& rule = all_.at(indexes_[one.which]);
  switch (rule.settings.action) {
    case rule_action::keep:
      return {};
    case rule_action::drop:
      return drop(one.which);
    case rule_action::rename:
      if (rule.settings.what == rule_subject::tag) {
        return rename_tags(one.which, draft);
      }
      if (rule.settings.what == rule_subject::field) {
        return rename_fields(one.which, draft);
      }
      if (one.new_name.empty()) {
        return refuse(one.which, conflict::no_name);
      }
      draft.set_measurement(one.new_name);
      ++hits_[one.which];
      return {};
    case rule_action::add_tag:
      add_tag(one.which, draft);
      return {};
    case rule_action::drop_tag:
      drop_tags(one.which, draft);
      return {};
    case rule_action::drop_field:
      return drop_fields(one.which, draft);
  }
  return {};
}

const database_rules::key_outcome& database_rules::outcome_of(std::size_t which,
                                                              std::string_view key) {
  auto& known = made_there(keys_[which]);
  const auto found = known.find(key);
  if (found != known.end()) {
    return found->second;
  }
  const compiled_rule& rule = all_.at(indexes_[which]);
  const rule_subject subject = rule.key_subject();
  key_outcome made;
  std::string name;
  subject == rule_subject::field ? unescape_field_key(key, name) : unescape_tag(key, name);
  if (rule.key.matches(name)) {
    made.what = key_outcome::kind::matched;
    if (rule.settings.action == rule_action::rename) {
      const std::string renamed = rule.key.rewritten(name, rule.settings.to);
      if (renamed == name) {
        made.what = key_outcome::kind::untouched;
      } else if (!append_name(subject, renamed, made.new_key)) {
        made.what = key_outcome::kind::unwritable;
      }
    }
  }
  remembered_ += key.size() + entry_bytes;
  return known.emplace(std::string(key), std::move(made)).first->second;
}

gate_answer database_rules::rename_tags(std::size_t which, point_draft& draft) {
  bool any = false;
  for (std::size_t i = 0; i < draft.view().tags.size(); ++i) {
    const key_outcome& found = outcome_of(which, draft.view().tags[i].key);
    if (found.what == key_outcome::kind::unwritable) {
      return refuse(which, conflict::no_name);
    }
    if (found.what == key_outcome::kind::matched) {
      draft.tags()[i].key = found.new_key;
      any = true;
    }
  }
  if (!any) {
    return {};
  }
  ++hits_[which];
  return has_twice(draft.view().tags) ? refuse(which, conflict::two_tags) : gate_answer{};
}

gate_answer database_rules::rename_fields(std::size_t which, point_draft& draft) {
  bool any = false;
  for (std::size_t i = 0; i < draft.view().fields.size(); ++i) {
    const key_outcome& found = outcome_of(which, draft.view().fields[i].key);
    if (found.what == key_outcome::kind::unwritable) {
      return refuse(which, conflict::no_name);
    }
    if (found.what == key_outcome::kind::matched) {
      draft.fields()[i].key = found.new_key;
      any = true;
    }
  }
  if (!any) {
    return {};
  }
  ++hits_[which];
  return has_twice(draft.view().fields) ? refuse(which, conflict::two_fields) : gate_answer{};
}

void database_rules::drop_tags(std::size_t which, point_draft& draft) {
  const auto goes = [&](const tag_view& tag) {
    return outcome_of(which, tag.key).what == key_outcome::kind::matched;
  };
  const auto& tags = draft.view().tags;
  if (std::any_of(tags.begin(), tags.end(), goes)) {
    std::erase_if(draft.tags(), goes);
    ++hits_[which];
  }
}

gate_answer database_rules::drop_fields(std::size_t which, point_draft& draft) {
  const auto goes = [&](const field_view& field) {
    return outcome_of(which, field.key).what == key_outcome::kind::matched;
  };
  const auto& fields = draft.view().fields;
  if (std::none_of(fields.begin(), fields.end(), goes)) {
    return {};
  }
  std::erase_if(draft.fields(), goes);
  put_plain_key_first(draft.fields());
  if (draft.view().fields.empty()) {
    return drop(which);
  }
  ++hits_[which];
  return {};
}

void database_rules::add_tag(std::size_t which, point_draft& draft) {
  const compiled_rule& rule = all_.at(indexes_[which]);
  const auto& tags = draft.view().tags;
  const bool there = std::any_of(tags.begin(), tags.end(),
                                 [&](const tag_view& tag) { return tag.key == rule.added.key; });
  if (!there) {
    draft.tags().push_back(rule.added);
    ++hits_[which];
  }
}

bool database_rules::condition_holds(const compiled_rule& rule, const point_view& point) {
  std::string_view value;
  for (const tag_view& tag : point.tags) {
    if (tag.key == rule.condition_key) {
      value = tag.value;
      break;
    }
  }
  if (value.find('\\') != std::string_view::npos) {
    scratch_.clear();
    unescape_tag(value, scratch_);
    value = scratch_;
  }
  return rule.condition_value.matches(value);
}

gate_answer database_rules::refuse(std::size_t which, conflict why) noexcept {
  lost_by_ = which;
  lost_why_ = why;
  return {gate_action::reject, gate_code::rule_conflict};
}

gate_answer database_rules::drop(std::size_t which) noexcept {
  lost_by_ = which;
  ++hits_[which];
  return {gate_action::drop, gate_code::dropped_by_rule};
}

std::string database_rules::words(gate_code code) const {
  std::string rule = fmt::format("rule \"{}\"", all_.name(indexes_[lost_by_]));
  if (code == gate_code::dropped_by_rule) {
    return "dropped by " + rule;
  }
  switch (lost_why_) {
    case conflict::two_tags:
      return rule + " would give it two tags of one name";
    case conflict::two_fields:
      return rule + " would give it two fields of one name";
    case conflict::no_name:
      return rule + " would give it a name that line protocol cannot hold";
    case conflict::too_long:
      return fmt::format("{} and those before it would make its key longer than {} bytes", rule,
                         key_bytes_max);
    case conflict::tag_count:
      return rule + " and those before it would give it a number of tags that InfluxDB fails on";
    case conflict::none:
      break;
  }
  return rule;
}

// --- rule_engine

database_rules* rule_engine::rules_for(std::string_view database) {
  found_.clear();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_.at(i).concerns(database)) {
      found_.push_back(i);
    }
  }
  if (found_.empty()) {
    return nullptr;
  }
  auto known = by_indexes_.find(found_);
  if (known == by_indexes_.end()) {
    known = by_indexes_.emplace(found_, std::make_unique<database_rules>(rules_, found_)).first;
    for (auto& [indexes, rules] : by_indexes_) {
      rules->limit(remembered_bytes_max / by_indexes_.size());
    }
  }
  return known->second.get();
}

void rule_engine::flush() noexcept {
  for (auto& [indexes, rules] : by_indexes_) {
    rules->flush();
  }
}

}  // namespace weir
