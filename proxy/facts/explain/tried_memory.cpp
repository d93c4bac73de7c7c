// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/tried_memory.hpp"

#include "gate/rules/field_edit.hpp"

namespace weir {

tried_memory::tried_memory(gate_memory& real, std::string_view database,
                           std::string_view retention_policy)
    : real_(real),
      database_(database),
      retention_policy_(retention_policy),
      known_(real.find(database)),
      copy_(real.empty_copy(database)) {
  if (known_ != nullptr) {
    copy_->of(database_).series.take_total(known_->series);
  }
}

void tried_memory::copy_for(std::string_view canonical) {
  if (known_ == nullptr) {
    return;
  }
  parse_options options;
  options.utf8 = utf8_policy::pass;
  options.tag_count = tag_count_policy::pass;
  options.line_bytes_max = canonical.size();
  options.take_byte_order_mark = false;
  line_reader reader(options);
  reader.feed(canonical);
  reader.finish();
  if (reader.next() != line_event::point) {
    return;
  }
  measurement_.clear();
  unescape_measurement(reader.point().measurement, measurement_);
  const std::uint64_t measurement = gate_memory::measurement_key(*known_, measurement_);
  copy_types(reader.point(), measurement);
  copy_series(reader.point(), measurement);
}

void tried_memory::copy_types(const point_view& point, std::uint64_t measurement) {
  database_memory& own = copy_->of(database_);
  const auto copy_one = [&](std::string_view field) {
    const auto known = known_->types.find(field_types::key_of(measurement, field));
    if (known.found == field_types::status::known) {
      static_cast<void>(copy_->add_type(own, measurement, measurement_, field, known.type));
    }
  };
  for (const field_view& field : point.fields) {
    name_.clear();
    unescape_field_key(field.key, name_);
    copy_one(name_);
    // What `types = "rename"` would call it.
    copy_one(name_.append(rename_suffix(field.type)));
  }
}

void tried_memory::copy_series(const point_view& point, std::uint64_t measurement) {
  database_memory& own = copy_->of(database_);
  if (counted_.insert(measurement).second) {
    own.series.take_measurement(measurement, measurement_, known_->series);
  }
  const wide_hash key = hash_series(point.series, known_->seed());
  const auto policy = static_cast<std::uint32_t>(hash_text(retention_policy_, known_->seed()));
  const auto entry = real_.series.peek(key);
  if (!entry) {
    return;
  }
  if (!copy_->series.peek(key)) {
    own.shapes.take(point_content::from_bits(entry->newest_point).shape(), known_->shapes);
    auto into = copy_->series.find_or_add(key, entry->seen_s);
    *into = *entry;
    into->measurement = nullptr;  // it is counted already
  }
  if (entry->has_point && point.time && *point.time < entry->newest_time) {
    const std::uint64_t at = point_window::key_of(key, *point.time, policy);
    real_.points.each_at(at, [&](point_content content) {
      own.shapes.take(content.shape(), known_->shapes);
      const keyed_point one{at, content};
      copy_->points.remember({&one, 1});
    });
  }
}

}  // namespace weir
