// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gate/rules/field_edit.hpp"

namespace weir {
namespace {

// Keys are compared as written: none of these can be spelled with an escape.
constexpr std::string_view time_name = "time";
// InfluxDB 2 refuses the first four. The others it stores, as columns that Flux has already:
// `_time` and `_value` make a query panic and hide series behind it, `_start` and `_stop` cannot be
// read.
constexpr std::array<std::string_view, 8> reserved_names{
    "_field", "_measurement", std::string_view("\0", 1), "\xff", "_time", "_value",
    "_start", "_stop"};

bool is_reserved(std::string_view key) noexcept {
  return std::find(reserved_names.begin(), reserved_names.end(), key) != reserved_names.end();
}

bool is_tag(std::string_view key, const point_view& point) noexcept {
  return std::any_of(point.tags.begin(), point.tags.end(),
                     [key](const tag_view& tag) { return tag.key == key; });
}

}  // namespace

void names_check::begin(const gate_request& request) noexcept {
  const database_settings& policy = *request.policy;
  // Not settled: as in front of an InfluxDB 1.
  const name_mode time =
      policy.time_key == name_mode::automatic ? name_mode::drop_field : policy.time_key;
  time_tag_ = time == name_mode::drop_field ? name_mode::reject : time;
  time_field_ = time == name_mode::drop_field ? name_mode::drop : time;
  reserved_ = policy.reserved_tags;
  both_ = policy.tag_and_field == name_mode::automatic ? name_mode::pass : policy.tag_and_field;
  counts_tags_ = policy.tag_count != shield_mode::pass;
  settings_ = static_cast<std::uint64_t>(time_tag_) << 16 |
              static_cast<std::uint64_t>(time_field_) << 12 |
              static_cast<std::uint64_t>(reserved_) << 8 | static_cast<std::uint64_t>(both_) << 4 |
              static_cast<std::uint64_t>(counts_tags_);
}

gate_answer names_check::check_slowly(passage& one) {
  const gate_answer answer = judge(one.point());
  if (answer.action != gate_action::repair) {
    return answer;
  }
  point_draft& draft = one.draft();
  strip(draft);
  if (both_ == name_mode::rename && rename(draft) && answer.code != gate_code::field_renamed) {
    one.note_repair({gate_action::repair, gate_code::field_renamed});
  }
  one.use_draft();
  return answer;
}

gate_answer names_check::judge(const point_view& point) const noexcept {
  bool drop = false;
  std::size_t tags_left = 0;
  gate_code dropped_tag = gate_code::time_as_tag;
  for (const tag_view& tag : point.tags) {
    if (time_tag_ == name_mode::reject && tag.key == time_name) {
      return {gate_action::reject, gate_code::time_as_tag};
    }
    if (reserved_ == name_mode::reject && is_reserved(tag.key)) {
      return {gate_action::reject, gate_code::reserved_tag};
    }
    if (!drops(tag)) {
      ++tags_left;
    } else {
      drop = true;
      dropped_tag = tag.key == time_name ? dropped_tag : gate_code::reserved_tag;
    }
  }
  if (drop && counts_tags_ && is_harmful_tag_count(tags_left)) {
    return {gate_action::reject, dropped_tag};
  }
  std::size_t left = 0;
  bool first_left = false;
  bool renames = false;
  gate_code last = gate_code::time_as_field;
  for (const field_view& field : point.fields) {
    if (time_field_ == name_mode::reject && field.key == time_name) {
      return {gate_action::reject, gate_code::time_as_field};
    }
    if (both_ == name_mode::reject && is_tag(field.key, point)) {
      return {gate_action::reject, gate_code::tag_and_field};
    }
    if (!drops(field, point)) {
      ++left;
      first_left = first_left || may_come_first(field.key);
      renames = renames || (both_ == name_mode::rename && is_tag(field.key, point));
    } else if (field.key != time_name) {
      last = gate_code::tag_and_field;
    }
  }
  if (!first_left) {
    return {gate_action::reject, last};
  }
  drop = drop || left < point.fields.size();
  if (drop) {
    return {gate_action::repair, gate_code::name_dropped};
  }
  return renames ? gate_answer{gate_action::repair, gate_code::field_renamed} : gate_answer{};
}

bool names_check::drops(const tag_view& tag) const noexcept {
  return (time_tag_ == name_mode::drop && tag.key == time_name) ||
         (reserved_ == name_mode::drop && is_reserved(tag.key));
}

bool names_check::drops(const field_view& field, const point_view& point) const noexcept {
  return (time_field_ == name_mode::drop && field.key == time_name) ||
         (both_ == name_mode::drop && is_tag(field.key, point));
}

void names_check::strip(point_draft& draft) const {
  // Fields first: which of them go is decided by the tags that were sent.
  const point_view sent = draft.view();
  std::erase_if(draft.fields(), [&](const field_view& field) { return drops(field, sent); });
  put_plain_key_first(draft.fields());
  std::erase_if(draft.tags(), [this](const tag_view& tag) { return drops(tag); });
}

bool names_check::rename(point_draft& draft) {
  constexpr std::string_view suffix = "_field";
  new_names_.clear();
  std::vector<field_view>& fields = draft.fields();
  const point_view& point = draft.view();
  for (field_view& field : fields) {
    if (!is_tag(field.key, point)) {
      continue;
    }
    std::string& name = new_names_.emplace_back(field.key);
    const auto is_taken = [&] {
      return is_tag(name, point) || std::any_of(fields.begin(), fields.end(),
                                                [&](const auto& each) { return each.key == name; });
    };
    while (is_taken()) {
      name += suffix;
    }
    field.key = name;
  }
  return !new_names_.empty();
}

std::string names_check::detail(gate_code code, const point_view& point) const {
  std::string measurement;
  unescape_measurement(point.measurement, measurement);
  if (code == gate_code::time_as_tag) {
    return fmt::format("invalid tag key: input tag \"time\" on measurement \"{}\" is invalid",
                       measurement);
  }
  if (code == gate_code::time_as_field) {
    return fmt::format("invalid field name: input field \"time\" on measurement \"{}\" is invalid",
                       measurement);
  }
  std::string key;
  if (code == gate_code::reserved_tag) {
    const auto reserved = std::find_if(point.tags.begin(), point.tags.end(),
                                       [](const tag_view& tag) { return is_reserved(tag.key); });
    if (reserved == point.tags.end()) {
      return "cannot use the reserved tag key that a [[rule]] gives the point";
    }
    key = reserved->key.starts_with('_')  ? std::string(reserved->key)
          : reserved->key.front() == '\0' ? "\\x00"
                                          : "\\xff";
    return fmt::format("cannot use reserved tag key \"{}\"", key);
  }
  const auto both = std::find_if(point.fields.begin(), point.fields.end(),
                                 [&](const auto& field) { return is_tag(field.key, point); });
  if (both != point.fields.end()) {
    unescape_field_key(both->key, key);
  }
  return fmt::format("\"{}\" is both a tag and a field of measurement \"{}\"", key, measurement);
}

}  // namespace weir
