// SPDX-License-Identifier: Apache-2.0
//
// The part of series_check.hpp that compares a line's fields with their types, one by one. Lines
// come here when their shape is not known to be right.
#include <algorithm>
#include <tuple>

#include "gate/flink_gauges.hpp"
#include "gate/rules/compiled_rule.hpp"
#include "gate/series/series_check.hpp"

namespace weir {
namespace {

// InfluxDB's max key length: measurement, tags, 4 bytes and the field's key.
constexpr std::size_t key_bytes_max = 65535;
constexpr std::size_t key_bytes_between = 4;

bool loses(const gate_answer& answer) noexcept {
  return answer.action == gate_action::reject || answer.action == gate_action::drop;
}

}  // namespace

/// InfluxDB keeps the last of a field's values in a line and says nothing. Values of one type are
/// reduced to it here, so that every kind of database stores the same; values of several types are
/// a conflict of types, as in InfluxDB.
gate_answer series_check::settle_repeated(line_state& state) {
  if (!has_twice(state.point->fields)) {
    return {};
  }
  const std::string_view key = keep_last_of_repeated(state);
  unescaped_field(key, field_name_);
  if (policy_->duplicates != duplicates_mode::last) {
    detail_ = "field \"" + std::string(shortened(field_name_)) +
              "\" stands twice in the line, and a database keeps one value (key: duplicates)";
    return {gate_action::reject, gate_code::duplicate_field};
  }
  state.noted |= bit(gate_code::duplicate_field);
  memory_->repeated_fields.note([&] {
    return gate_sample{.database = database_->name(),
                       .place = std::string(shortened(measurement_name_)),
                       .field = std::string(shortened(field_name_))};
  });
  return {};
}

/// Takes out the values that another one of their field and type follows. Returns a key that stood
/// twice.
std::string_view series_check::keep_last_of_repeated(line_state& state) {
  edit(state);
  by_key_.clear();
  for (const field_view& field : edit_.fields()) {
    by_key_.push_back(&field);
  }
  // A line may hold a quarter of a million fields: they are sorted, each behind its earlier ones.
  std::sort(by_key_.begin(), by_key_.end(), [](const field_view* one, const field_view* other) {
    return std::tie(one->key, one->type, one) < std::tie(other->key, other->type, other);
  });
  std::string_view repeated;
  std::vector<std::size_t> overwritten;
  state.repeats = false;
  for (std::size_t i = 0; i + 1 < by_key_.size(); ++i) {
    const field_view& field = *by_key_[i];
    if (field.key != by_key_[i + 1]->key) {
      continue;
    }
    repeated = field.key;
    if (field.type == by_key_[i + 1]->type) {
      overwritten.push_back(static_cast<std::size_t>(&field - edit_.fields().data()));
    } else {
      state.repeats = true;
    }
  }
  for (const std::size_t index : overwritten) {
    edit_.fields()[index].key = {};
  }
  std::erase_if(edit_.fields(), [](const field_view& field) { return field.key.empty(); });
  restage(state);
  return repeated;
}

gate_answer series_check::settle_types(line_state& state, std::uint64_t measurement) {
  const std::size_t count = state.point->fields.size();
  gate_answer last_dropped;
  bool changed = false;
  for (std::size_t i = 0; i < count; ++i) {
    const field_view field = state.point->fields[i];
    unescaped_field(field.key, field_name_);
    const auto known = database_->types.find(field_types::key_of(measurement, field_name_));
    if (known.found == field_types::status::unknown) {
      new_fields_.push_back({field_name_, field.type});
    } else if (known.type != field.type) {
      changed = true;
      const gate_answer answer = settle_field(state, i, known.type, measurement);
      if (answer.action == gate_action::drop) {
        last_dropped = {gate_action::reject, answer.code};
      } else if (loses(answer)) {
        return answer;
      }
    }
  }
  if (last_dropped.action == gate_action::reject) {
    std::erase_if(edit_.fields(), [](const field_view& field) { return field.key.empty(); });
    put_plain_key_first(edit_.fields());
    if (edit_.fields().empty()) {
      return last_dropped;
    }
  }
  if (changed) {
    restage(state);
    if (state.repeats) {
      static_cast<void>(keep_last_of_repeated(state));
    }
  }
  return {};
}

/// `drop` says that the field is to be taken out: its key is empty then.
gate_answer series_check::settle_field(line_state& state, std::size_t index, field_type wanted,
                                       std::uint64_t measurement) {
  edit(state);
  field_view& field = edit_.fields()[index];
  if (policy_->flink_gauges && fit_flink_gauge(field, wanted, edit_)) {
    state.mended |= bit(gate_code::gauge_converted);
    return {};
  }
  if (policy_->unsigned_values == unsigned_mode::native && field.type == field_type::uint64 &&
      wanted == field_type::int64 && convert_exactly(field, wanted, edit_)) {
    state.mended |= bit(gate_code::unsigned_as_integer);
    return {};
  }
  switch (policy_->types) {
    case types_mode::off:
    case types_mode::reject:
      break;
    case types_mode::coerce:
      if (convert_exactly(field, wanted, edit_)) {
        state.mended |= bit(gate_code::type_coerced);
        return {};
      }
      break;
    case types_mode::rename:
      if (rename(state, field, measurement)) {
        state.mended |= bit(gate_code::field_renamed);
        return {};
      }
      break;
    case types_mode::drop_field: {
      const gate_answer answer = conflict(field_name_, field.type, wanted);
      state.mended |= bit(gate_code::field_dropped);
      field.key = {};
      return {gate_action::drop, answer.code};
    }
  }
  return conflict(field_name_, field.type, wanted);
}

bool series_check::rename(line_state& state, field_view& field, std::uint64_t measurement) {
  const std::string raw = std::string(field.key) + std::string(rename_suffix(field.type));
  if (state.point->series.size() + key_bytes_between + raw.size() > key_bytes_max) {
    return false;
  }
  const std::vector<field_view>& fields = edit_.fields();
  if (std::any_of(fields.begin(), fields.end(),
                  [&raw](const field_view& other) { return other.key == raw; })) {
    return false;  // the line has such a field of its own: one of the two would be lost
  }
  std::string name;
  unescaped_field(raw, name);
  const auto known = database_->types.find(field_types::key_of(measurement, name));
  if (known.found == field_types::status::unknown) {
    new_fields_.push_back({std::move(name), field.type});
  } else if (known.type != field.type) {
    return false;
  }
  field.key = edit_.keep(raw);
  return true;
}

/// The first use of a field makes its type. Another thread may be faster, and a line may hold one
/// field twice.
gate_answer series_check::register_new(line_state& state, std::uint64_t measurement,
                                       bool& types_are_right) {
  types_are_right = true;
  for (const new_field& each : new_fields_) {
    const auto answer =
        memory_->add_type(*database_, measurement, measurement_name_, each.name, each.type);
    if (answer.found == field_types::status::full) {
      types_are_right = false;
      state.noted |= bit(gate_code::type_unchecked);
      memory_->unchecked.note([&] {
        return gate_sample{.database = database_->name(),
                           .place = std::string(shortened(measurement_name_)),
                           .field = std::string(shortened(each.name))};
      });
    } else if (answer.type != each.type) {
      return conflict(each.name, each.type, answer.type);
    }
  }
  return {};
}

gate_answer series_check::conflict(std::string_view field, field_type type, field_type wanted) {
  detail_.assign("field type conflict: input field \"").append(field);
  detail_.append("\" on measurement \"").append(measurement_name_);
  detail_.append("\" is type ").append(name_of(type));
  detail_.append(", already exists as type ").append(name_of(wanted));
  return {gate_action::reject, gate_code::field_type_conflict};
}

}  // namespace weir
