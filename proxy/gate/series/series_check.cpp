// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_check.hpp"

#include <fmt/format.h>

#include "gate/flink_gauges.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

bool loses(const gate_answer& answer) noexcept {
  return answer.action == gate_action::reject || answer.action == gate_action::drop;
}

}  // namespace

void unescaped_measurement(std::string_view raw, std::string& out) {
  out.clear();
  unescape_measurement(raw, out);
}

void unescaped_field(std::string_view raw, std::string& out) {
  out.clear();
  unescape_field_key(raw, out);
}

void series_check::begin(const gate_request& request) {
  remember_waiting();
  if (memory_ != request.memory) {
    taken_.clear();
    memory_ = request.memory;
    database_ = nullptr;
  }
  if (memory_ == nullptr) {
    return;
  }
  if (database_ == nullptr || database_->name() != request.database) {
    database_ = &memory_->of(request.database);
  }
  policy_ = request.policy;
  limits_ = {.database_total = policy_->series_total,
             .database_per_hour = policy_->series_per_hour,
             .measurement_total = policy_->measurement_series_total,
             .measurement_per_hour = policy_->measurement_series_per_hour};
  seed_ = database_->seed();
  hasher_.begin(seed_);
  // What one retention policy lets in may not be right for another: all that is not asked again of
  // a line of a known series and shape is in here.
  const auto modes = static_cast<std::uint64_t>(policy_->types == types_mode::off ? 1 : 0) << 32 |
                     static_cast<std::uint64_t>(policy_->time_key) << 24 |
                     static_cast<std::uint64_t>(policy_->reserved_tags) << 16 |
                     static_cast<std::uint64_t>(policy_->tag_and_field) << 8 |
                     static_cast<std::uint64_t>(policy_->unsigned_values);
  shape_salt_ = modes * 0x9E3779B97F4A7C15U;
  retention_policy_ = static_cast<std::uint32_t>(hash_text(request.retention_policy, seed_));
  now_ns_ = request.now_ns;
  now_s_ = request.now_ns < 0 ? 0 : static_cast<std::uint32_t>(request.now_ns / second_ns);
}

void series_check::begin_line(const point_view& point, staged_line& line) const {
  write_series(point, line);
  if (memory_ != nullptr) {
    line.key = hash_series(line.text.view().substr(line.begin), seed_);
  }
}

void series_check::write_series(const point_view& point, staged_line& line) {
  line.text.end_at(line.begin);
  char* const begin = line.text.room(canonical_room(point));
  line.series_bytes = static_cast<std::size_t>(write_canonical_series(point, begin) - begin);
  line.text.end_at(line.begin + line.series_bytes);
}

void series_check::hash(const point_view& point, staged_line& line) {
  line.key = hash_series(line.text.view().substr(line.begin, line.series_bytes), seed_);
  memory_->series.expect(line.key);
  line.fields = hasher_(point.fields);
}

void series_check::write_fields(const point_view& point, staged_line& line) {
  line_buffer& text = line.text;
  text.end_at(line.begin + line.series_bytes);
  char* const end = write_canonical_fields(point, text.room(canonical_room(point)));
  text.end_at(static_cast<std::size_t>(end - text.view().data()));
}

bool series_check::keep_known(const point_view& point, const staged_line& line, gate_tally& noted) {
  auto entry = memory_->series.find(line.key, now_s_);
  if (!entry || entry->shape != right_shape(line.fields.shape) ||
      (policy_->flink_gauges && has_flink_gauges(point.fields))) {
    return false;
  }
  const point_content content(line.fields);
  const std::uint64_t place = point_window::place_of(line.key, line.time, retention_policy_);
  const place_state found = look_and_take(*entry, line.key, line.time, place, content);
  noted[static_cast<std::size_t>(gate_code::duplicate_retry)] +=
      found == place_state::retry ? 1 : 0;
  return found != place_state::contradicted;
}

gate_answer series_check::stage(const point_view& point, staged_line& line, gate_tally& mended,
                                gate_tally& noted) {
  line_state state{.point = &point, .line = line};
  write_fields(point, line);
  if (memory_ == nullptr) {
    return {};
  }
  gate_answer answer;
  if (policy_->flink_gauges && has_flink_gauges(point.fields)) {
    if (answer = check_gauges(state); loses(answer)) {
      return answer;
    }
  } else {
    state.hash = hash_fields(point.fields, seed_);
  }
  bool known = false;
  if (auto entry = memory_->series.find(state.line.key, now_s_);
      entry && entry->shape == right_shape(state.hash.shape)) {
    known = true;
    answer = check_point(*entry, state);
  }
  if (!known) {
    answer = check_slowly(state);
  }
  return loses(answer) ? answer : count(state, mended, noted);
}

gate_answer series_check::count(const line_state& state, gate_tally& mended,
                                gate_tally& noted) noexcept {
  gate_answer verdict;
  if ((state.mended | state.noted) == 0) {
    return verdict;
  }
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const auto code = static_cast<gate_code>(i);
    if ((state.mended & bit(code)) != 0) {
      ++mended[i];
      verdict = {gate_action::mend, code};
    }
    if ((state.noted & bit(code)) != 0) {
      ++noted[i];
    }
  }
  return verdict;
}

void series_check::edit(line_state& state) {
  if (!state.edited) {
    edit_.begin(state.point->fields);
    state.edited = true;
  }
}

void series_check::restage(line_state& state) {
  edited_point_ = edit_.applied(*state.point);
  state.point = &edited_point_;
  write_fields(*state.point, state.line);
  state.hash = hash_fields(edited_point_.fields, seed_);
}

gate_answer series_check::check_gauges(line_state& state) {
  edit(state);
  const gauges_read read = read_flink_gauges(edit_);
  if (edit_.fields().empty()) {
    return {gate_action::drop, gate_code::gauge_dropped};
  }
  state.mended |= read.converted ? bit(gate_code::gauge_converted) : 0;
  state.mended |= read.dropped ? bit(gate_code::gauge_dropped) : 0;
  restage(state);
  return {};
}

/// A series that is not known, or lines of it that are shaped as never before.
gate_answer series_check::check_slowly(line_state& state) {
  unescaped_measurement(state.point->measurement, measurement_name_);
  const std::uint64_t measurement = gate_memory::measurement_key(*database_, measurement_name_);
  const auto mark_of = [&] { return fold(measurement ^ seed_, right_shape(state.hash.shape)); };
  const auto slot_of = [&](std::uint64_t mark) -> std::uint64_t& {
    return right_shapes_[mark % right_shapes_.size()];
  };
  new_fields_.clear();
  if (slot_of(mark_of()) == mark_of()) {
    return check_series(state, measurement, true);
  }
  // Lines whose shape is known to be right do not come here: none of them has a field twice.
  if (const gate_answer answer = settle_repeated(state); loses(answer)) {
    return answer;
  }
  if (policy_->types != types_mode::off) {
    if (const gate_answer answer = settle_types(state, measurement); loses(answer)) {
      return answer;
    }
  }
  database_->shapes.add(point_content::shape_of(state.hash.shape), state.point->fields);
  const bool nothing_new = new_fields_.empty();
  const gate_answer answer = check_series(state, measurement, nothing_new);
  if (!loses(answer) && nothing_new && !state.repeats) {
    slot_of(mark_of()) = mark_of();
  }
  return answer;
}

gate_answer series_check::check_series(line_state& state, std::uint64_t measurement,
                                       bool types_are_right) {
  measurement_record* admitted = nullptr;
  if (!memory_->series.find(state.line.key, now_s_)) {
    memory_->series.expire_near(state.line.key, now_s_);
    measurement_record& record = database_->series.record_of(measurement);
    if (const auto refusal = database_->series.admit(record, state.point->tags, limits_, now_ns_)) {
      return refuse_series(*refusal);
    }
    admitted = &record;
  }
  if (!types_are_right) {
    const gate_answer answer = register_new(state, measurement, types_are_right);
    if (loses(answer)) {
      if (admitted != nullptr) {
        database_->series.retract(*admitted, now_ns_);
      }
      return answer;
    }
  }
  auto entry = memory_->series.find_or_add(state.line.key, now_s_);
  if (entry.added()) {
    entry->measurement = admitted;
  } else if (admitted != nullptr) {
    database_->series.retract(*admitted, now_ns_);
  }
  if (types_are_right && !state.repeats) {
    entry->shape = right_shape(state.hash.shape);
  }
  return check_point(*entry, state);
}

gate_answer series_check::refuse_series(const series_refusal& refusal) {
  switch (refusal.kind) {
    case series_limit_kind::database_total:  // InfluxDB's own words
      detail_ = fmt::format("max-series-per-database limit exceeded: ({})", refusal.limit);
      break;
    case series_limit_kind::database_per_hour:
      detail_ = fmt::format(
          "series limit exceeded: database \"{}\" had its {} new series of this "
          "hour (series_per_hour)",
          database_->name(), refusal.limit);
      break;
    case series_limit_kind::measurement_total:
      detail_ = fmt::format(
          "series limit exceeded: measurement \"{}\" has its {} series "
          "(measurement_series_total)",
          shortened(measurement_name_), refusal.limit);
      break;
    case series_limit_kind::measurement_per_hour:
      detail_ = fmt::format(
          "series limit exceeded: measurement \"{}\" had its {} new series of "
          "this hour (measurement_series_per_hour)",
          shortened(measurement_name_), refusal.limit);
      break;
  }
  if (!refusal.tag.empty()) {
    detail_ += fmt::format(
        ": in measurement \"{}\" tag \"{}\" has about {} values, {} of them new "
        "in this hour, such as \"{}\"",
        shortened(measurement_name_), shortened(refusal.tag), refusal.tag_values,
        refusal.tag_values_new, shortened(refusal.value));
  }
  return {gate_action::reject, gate_code::series_limit};
}

void series_check::lost() {
  remember_waiting();
  for (const taken_point& each : taken_) {
    memory_->points.forget(each.place, each.content);
    auto entry = memory_->series.find(each.series, now_s_);
    if (entry && entry->newest_time == each.time && entry->newest_point == each.content.bits()) {
      entry->has_point = false;
    }
  }
  taken_.clear();
}

}  // namespace weir
