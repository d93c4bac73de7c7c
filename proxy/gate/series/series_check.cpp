// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_check.hpp"

#include "gate/flink_gauges.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

void series_check::begin(const gate_request& request, std::uint64_t settings_of_shape) {
  series_request next{.memory = request.memory,
                      .database = request_.database,
                      .policy = request.policy,
                      .now_ns = request.now_ns};
  if (next.memory != nullptr) {
    // Once a database was dropped another memory is in the place of its own.
    next.drops = next.memory->drops();
    if (request_.memory != next.memory || request_.drops != next.drops ||
        next.database->name() != request.database) {
      next.database = &next.memory->of(request.database);
      shapes_salt_ = next.database->shapes_salt.load(std::memory_order_relaxed);
    }
    next.seed = next.database->seed();
    next.retention_policy =
        static_cast<std::uint32_t>(hash_text(request.retention_policy, next.seed));
    next.now_s = request.now_ns < 0 ? 0 : static_cast<std::uint32_t>(request.now_ns / second_ns);
    // What is seen here is told from what other weirs saw.
    next.now_s |= next.memory->news() != nullptr ? 1U : 0U;
    // What passes for one retention policy may not pass for another.
    const std::uint64_t passes_types = (next.policy->types == types_mode::off ? 1U : 0U) |
                                       (next.policy->one_number_type ? 2U : 0U);
    settings_salt_ = (settings_of_shape << 2 | passes_types) * 0x9E3779B97F4A7C15U + shapes_salt_;
    hasher_.begin(next.seed);
    admission_.begin(next);
    types_.begin(next);
  }
  duplicates_.begin(next);
  request_ = next;
}

void series_check::begin_line(const point_view& point, staged_line& line) const {
  write_series(point, line);
  if (remembers()) {
    line.key = hash_series(line.text.view().substr(line.begin), request_.seed);
  }
}

void series_check::hash(const point_view& point, staged_line& line) {
  line.key = hash_series(line.series(), request_.seed);
  request_.memory->series.expect(line.key);
  duplicates_.expect(line.key, line.time);
  line.fields = hasher_(point.fields);
}

bool series_check::has_gauges(const point_view& point) const noexcept {
  return request_.policy->flink_gauges && has_flink_gauges(point.fields);
}

bool series_check::keep_known(const point_view& point, const staged_line& line, gate_tally& noted) {
  if (has_gauges(point)) {
    return false;
  }
  const duplicate_check::point taken = duplicates_.point_of(line, line.fields);
  duplicates_.prepare();
  duplicate_check::newest_point newest;
  {
    auto entry = request_.memory->series.find(line.key, request_.now_s);
    if (!entry || entry->shape != passed_shape(line.fields.shape)) {
      return false;
    }
    if (duplicates_.take_if_newest(*entry, taken)) [[likely]] {
      return true;
    }
    newest = duplicate_check::newest_of(*entry);
  }
  switch (duplicates_.take_older(newest, taken)) {
    case duplicate_check::relation::none:
      return true;
    case duplicate_check::relation::same:
      ++noted[static_cast<std::size_t>(gate_code::duplicate_retry)];
      return true;
    case duplicate_check::relation::contradiction:
      break;
  }
  return false;
}

gate_answer series_check::stage(const point_view& point, staged_line& line, gate_tally& repaired,
                                gate_tally& noted) {
  write_fields(point, line);
  if (!remembers()) {
    return {};
  }
  line_.begin(point, line);
  if (!has_gauges(point)) {
    line_.hash_point_fields(request_.seed);
  } else if (const gate_answer answer = read_gauges(); refuses(answer)) {
    return answer;
  }
  const duplicate_check::point taken = duplicates_.point_of(line, line_.fields());
  duplicates_.prepare();
  duplicate_check::newest_point newest;
  bool is_known = false;
  bool is_newest = false;
  if (auto entry = request_.memory->series.find(line.key, request_.now_s);
      entry && entry->shape == passed_shape(line_.fields().shape)) {
    is_known = true;
    is_newest = duplicates_.take_if_newest(*entry, taken);
    newest = duplicate_check::newest_of(*entry);
  }
  gate_answer answer;
  if (!is_known) {
    answer = check_new_series_or_shape();
  } else if (!is_newest) {
    answer = duplicates_.check(line_, newest, taken);
  }
  return refuses(answer) ? answer : line_.count(repaired, noted);
}

/// Flink's gauges as what they were before its reporter made texts of them.
gate_answer series_check::read_gauges() {
  const gauges_read read = read_flink_gauges(line_.edit());
  if (line_.edit().fields().empty()) {
    return {gate_action::drop, gate_code::gauge_dropped};
  }
  if (read.converted) {
    line_.note_repair(gate_code::gauge_converted);
  }
  if (read.dropped) {
    line_.note_repair(gate_code::gauge_dropped);
  }
  line_.restage(request_.seed);
  return {};
}

gate_answer series_check::check_new_series_or_shape() {
  line_.name_measurement(*request_.database);
  const std::uint64_t measurement = line_.measurement_key();
  if (types_.knows(measurement, passed_shape(line_.fields().shape))) {
    types_.skip();
    return enter();
  }
  if (const gate_answer answer = types_.check(line_); refuses(answer)) {
    return answer;
  }
  const std::uint64_t shape = line_.fields().shape;  // of the line as it was repaired
  request_.database->shapes.add(point_content::shape_of(shape), line_.point().fields);
  const bool nothing_new = types_.all_registered();
  const gate_answer answer = enter();
  if (!refuses(answer) && nothing_new && !line_.repeats_field) {
    types_.remember(measurement, passed_shape(shape));
  }
  return answer;
}

/// Lets the series in, if it is new, registers types and compares the point with others.
gate_answer series_check::enter() {
  if (const gate_answer answer = admission_.admit(line_); refuses(answer)) {
    return answer;
  }
  if (types_.has_new_types()) {
    if (const gate_answer answer = types_.register_new(line_); refuses(answer)) {
      admission_.retract();
      return answer;
    }
  }
  const staged_line& staged = line_.staged();
  const duplicate_check::point taken = duplicates_.point_of(staged, line_.fields());
  const bool passes = types_.all_registered() && !line_.repeats_field;
  duplicates_.prepare();
  duplicate_check::newest_point newest;
  bool is_added = false;
  bool is_newest = false;
  {
    auto entry = request_.memory->series.find_or_add(staged.key, request_.now_s);
    is_added = entry.added();
    if (is_added) {
      entry->measurement = admission_.record();
    }
    if (passes) {
      entry->shape = passed_shape(line_.fields().shape);
    }
    is_newest = duplicates_.take_if_newest(*entry, taken);
    newest = duplicate_check::newest_of(*entry);
  }
  if (is_added) {
    admission_.entered(staged.key);
  } else {
    admission_.retract();  // another thread added it after `admit` had looked
  }
  return is_newest ? gate_answer{} : duplicates_.check(line_, newest, taken);
}

}  // namespace weir
