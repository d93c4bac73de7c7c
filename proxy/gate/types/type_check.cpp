// SPDX-License-Identifier: Apache-2.0
#include "gate/types/type_check.hpp"

#include <algorithm>
#include <tuple>

#include "gate/flink_gauges.hpp"
#include "gate/rules/compiled_rule.hpp"

namespace weir {
namespace {

// InfluxDB's max key length: measurement, tags, 4 bytes and the field's key.
constexpr std::size_t key_bytes_max = 65535;
constexpr std::size_t key_bytes_between = 4;

void unescape_name(std::string_view raw, std::string& out) {
  out.clear();
  unescape_field_key(raw, out);
}

std::uint64_t mark_of(std::uint64_t measurement, std::uint64_t seed, std::uint64_t shape) noexcept {
  return fold(measurement ^ seed, shape);
}

bool is_number(field_type type) noexcept {
  return type != field_type::string;
}

}  // namespace

bool type_check::is_conflict(field_type one, field_type other) const noexcept {
  return one != other && !(request_.policy->one_number_type && is_number(one) && is_number(other));
}

bool type_check::knows(std::uint64_t measurement, std::uint64_t shape) noexcept {
  const std::uint64_t mark = mark_of(measurement, request_.seed, shape);
  return slot_of(mark) == mark;
}

void type_check::remember(std::uint64_t measurement, std::uint64_t shape) noexcept {
  const std::uint64_t mark = mark_of(measurement, request_.seed, shape);
  slot_of(mark) = mark;
}

gate_answer type_check::check(series_line& line) {
  new_fields_.clear();
  all_registered_ = true;
  rests_on_claim_ = false;
  if (const gate_answer answer = settle_repeated(line); refuses(answer)) {
    return answer;
  }
  if (request_.policy->types == types_mode::off) {
    return {};
  }
  const gate_answer answer = settle_types(line);
  all_registered_ = new_fields_.empty() && !rests_on_claim_;
  return answer;
}

field_types::answer type_check::type_of(const series_line& line, std::string_view field) {
  const wide_hash key = field_types::key_of(line.measurement_key(), field);
  const field_types::answer known = request_.database->types.find(key);
  if (known.found != field_types::status::claimed) [[likely]] {
    return known;
  }
  return type_of_claimed(line, key, field, known);
}

/// A claim that does not wait any more was settled after the field was looked up: then the field
/// says it.
field_types::answer type_check::type_of_claimed(const series_line& line, const wide_hash& key,
                                                std::string_view field, field_types::answer known) {
  const type_claims& claims = *request_.memory->claims();
  const registered_field name{request_.database->name(), line.measurement(), field};
  while (known.found == field_types::status::claimed) {
    if (const std::uint64_t number = claims.waiting_for(name); number != 0) {
      claims_.include(number);
      rests_on_claim_ = true;
      return known;
    }
    known = request_.database->types.find(key);
  }
  return known;
}

/// InfluxDB keeps the last of a field's values in a line and says nothing. Values of one type are
/// reduced to it here, so that every kind of database stores the same; values of several types are
/// a conflict of types, as in InfluxDB.
gate_answer type_check::settle_repeated(series_line& line) {
  if (!has_twice(line.point().fields)) {
    return {};
  }
  const std::string_view key = keep_last_of_repeated(line);
  unescape_name(key, field_name_);
  if (request_.policy->duplicates != duplicates_mode::last) {
    line.detail = "field \"" + std::string(shortened(field_name_)) +
                  "\" stands twice in the line, and a database keeps one value (key: duplicates)";
    return {gate_action::reject, gate_code::duplicate_field};
  }
  line.note(gate_code::duplicate_field);
  request_.memory->repeated_fields.note([&] {
    return gate_sample{.database = request_.database->name(),
                       .place = std::string(shortened(line.measurement())),
                       .field = std::string(shortened(field_name_))};
  });
  return {};
}

/// Takes out the values that another one of their field and type follows. Returns a key that stood
/// twice.
std::string_view type_check::keep_last_of_repeated(series_line& line) {
  field_edit& edit = line.edit();
  by_key_.clear();
  for (const field_view& field : edit.fields()) {
    by_key_.push_back(&field);
  }
  // A line may hold a quarter of a million fields: they are sorted, each behind its earlier ones.
  std::sort(by_key_.begin(), by_key_.end(), [](const field_view* one, const field_view* other) {
    return std::tie(one->key, one->type, one) < std::tie(other->key, other->type, other);
  });
  std::string_view repeated;
  std::vector<std::size_t> overwritten;
  line.repeats_field = false;
  for (std::size_t i = 0; i + 1 < by_key_.size(); ++i) {
    const field_view& field = *by_key_[i];
    if (field.key != by_key_[i + 1]->key) {
      continue;
    }
    repeated = field.key;
    if (field.type == by_key_[i + 1]->type) {
      overwritten.push_back(static_cast<std::size_t>(&field - edit.fields().data()));
    } else {
      line.repeats_field = true;
    }
  }
  for (const std::size_t index : overwritten) {
    edit.fields()[index].key = {};
  }
  std::erase_if(edit.fields(), [](const field_view& field) { return field.key.empty(); });
  line.restage(request_.seed);
  return repeated;
}

gate_answer type_check::settle_types(series_line& line) {
  const std::size_t count = line.point().fields.size();
  gate_answer last_dropped;
  bool changed = false;
  for (std::size_t i = 0; i < count; ++i) {
    const field_view field = line.point().fields[i];
    unescape_name(field.key, field_name_);
    const auto known = type_of(line, field_name_);
    if (known.found == field_types::status::unknown) {
      new_fields_.push_back({field_name_, field.type});
    } else if (is_conflict(known.type, field.type)) {
      changed = true;
      const gate_answer answer = settle_field(line, i, known.type);
      if (answer.action == gate_action::drop) {
        last_dropped = {gate_action::reject, answer.code};
      } else if (refuses(answer)) {
        return answer;
      }
    }
  }
  if (last_dropped.action == gate_action::reject) {
    field_edit& edit = line.edit();
    std::erase_if(edit.fields(), [](const field_view& field) { return field.key.empty(); });
    put_plain_key_first(edit.fields());
    if (edit.fields().empty()) {
      return last_dropped;
    }
  }
  if (changed) {
    line.restage(request_.seed);
    if (line.repeats_field) {
      static_cast<void>(keep_last_of_repeated(line));
    }
  }
  return {};
}

/// `drop` says that the field is to be taken out: its key is empty then.
gate_answer type_check::settle_field(series_line& line, std::size_t index, field_type wanted) {
  field_edit& edit = line.edit();
  field_view& field = edit.fields()[index];
  if (request_.policy->flink_gauges && fit_flink_gauge(field, wanted, edit)) {
    line.note_repair(gate_code::gauge_converted);
    return {};
  }
  if (request_.policy->unsigned_values == unsigned_mode::native &&
      field.type == field_type::uint64 && wanted == field_type::int64 &&
      convert_exactly(field, wanted, edit)) {
    line.note_repair(gate_code::unsigned_as_integer);
    return {};
  }
  switch (request_.policy->types) {
    case types_mode::off:
    case types_mode::reject:
      break;
    case types_mode::coerce:
      if (convert_exactly(field, wanted, edit)) {
        line.note_repair(gate_code::type_coerced);
        return {};
      }
      break;
    case types_mode::rename:
      if (rename(line, field, edit)) {
        line.note_repair(gate_code::field_renamed);
        return {};
      }
      break;
    case types_mode::drop_field: {
      const gate_answer answer = conflict(line, field_name_, field.type, wanted);
      line.note_repair(gate_code::field_dropped);
      field.key = {};
      return {gate_action::drop, answer.code};
    }
  }
  return conflict(line, field_name_, field.type, wanted);
}

bool type_check::rename(const series_line& line, field_view& field, field_edit& edit) {
  const std::string raw = std::string(field.key) + std::string(rename_suffix(field.type));
  if (line.point().series.size() + key_bytes_between + raw.size() > key_bytes_max) {
    return false;
  }
  const std::vector<field_view>& fields = edit.fields();
  if (std::any_of(fields.begin(), fields.end(),
                  [&raw](const field_view& other) { return other.key == raw; })) {
    return false;  // the line has such a field of its own: one of the two would be lost
  }
  std::string name;
  unescape_name(raw, name);
  const auto known = type_of(line, name);
  if (known.found == field_types::status::unknown) {
    new_fields_.push_back({std::move(name), field.type});
  } else if (known.type != field.type) {
    return false;
  }
  field.key = edit.keep(raw);
  return true;
}

/// What is claimed and then could not be told to others is claimed anew.
field_types::answer type_check::register_field(const series_line& line, const new_field& field) {
  for (;;) {
    field_types::answer answer = request_.memory->add_type(
        *request_.database, line.measurement_key(), line.measurement(), field.name, field.type);
    if (answer.found == field_types::status::claimed) [[unlikely]] {
      answer = type_of(line, field.name);
      all_registered_ = all_registered_ && !rests_on_claim_;
    }
    if (answer.found != field_types::status::unknown) {
      return answer;
    }
  }
}

gate_answer type_check::register_new(series_line& line) {
  all_registered_ = !rests_on_claim_;
  for (const new_field& each : new_fields_) {
    const field_types::answer answer = register_field(line, each);
    if (answer.found == field_types::status::full) {
      all_registered_ = false;
      line.note(gate_code::type_unchecked);
      request_.memory->unchecked.note([&] {
        return gate_sample{.database = request_.database->name(),
                           .place = std::string(shortened(line.measurement())),
                           .field = std::string(shortened(each.name))};
      });
    } else if (is_conflict(answer.type, each.type)) {
      return conflict(line, each.name, each.type, answer.type);
    }
  }
  return {};
}

gate_answer type_check::conflict(series_line& line, std::string_view field, field_type type,
                                 field_type wanted) {
  line.detail.assign("field type conflict: input field \"").append(field);
  line.detail.append("\" on measurement \"").append(line.measurement());
  line.detail.append("\" is type ").append(name_of(type));
  line.detail.append(", already exists as type ").append(name_of(wanted));
  return {gate_action::reject, gate_code::field_type_conflict};
}

}  // namespace weir
