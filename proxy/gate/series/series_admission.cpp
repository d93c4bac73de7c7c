// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_admission.hpp"

#include <fmt/format.h>

#include "gate/series/series_news.hpp"

namespace weir {

void series_admission::begin(const series_request& request) noexcept {
  request_ = request;
  const database_settings& policy = *request.policy;
  limits_ = {.database_total = policy.series_total,
             .database_per_hour = policy.series_per_hour,
             .measurement_total = policy.measurement_series_total,
             .measurement_per_hour = policy.measurement_series_per_hour};
}

gate_answer series_admission::admit(series_line& line) {
  record_ = nullptr;
  series_table& table = request_.memory->series;
  const wide_hash& key = line.staged().key;
  if (table.find(key, request_.now_s)) {
    return {};
  }
  table.expire_near(key, request_.now_s);
  database_series& counts = request_.database->series;
  measurement_record& record = counts.record_of(line.measurement_key(), line.measurement());
  if (const auto refusal = counts.admit(record, line.point().tags, limits_, request_.now_ns)) {
    return refuse(*refusal, line);
  }
  record_ = &record;
  return {};
}

void series_admission::entered(const wide_hash& series) const {
  series_news* const news = request_.memory->news();
  if (news != nullptr && record_ != nullptr && limits_.any()) {
    news->add(*request_.database, *record_, series.low);
  }
}

void series_admission::retract() {
  if (record_ != nullptr) {
    request_.database->series.retract(*record_, request_.now_ns);
    record_ = nullptr;
  }
}

gate_answer series_admission::refuse(const series_refusal& refusal, series_line& line) const {
  std::string& detail = line.detail;
  switch (refusal.kind) {
    case series_limit_kind::database_total:  // InfluxDB's own text
      detail = fmt::format("max-series-per-database limit exceeded: ({})", refusal.limit);
      break;
    case series_limit_kind::database_per_hour:
      detail = fmt::format(
          "series limit exceeded: database \"{}\" had its {} new series of this "
          "hour (series_per_hour)",
          request_.database->name(), refusal.limit);
      break;
    case series_limit_kind::measurement_total:
      detail = fmt::format(
          "series limit exceeded: measurement \"{}\" has its {} series "
          "(measurement_series_total)",
          shortened(line.measurement()), refusal.limit);
      break;
    case series_limit_kind::measurement_per_hour:
      detail = fmt::format(
          "series limit exceeded: measurement \"{}\" had its {} new series of "
          "this hour (measurement_series_per_hour)",
          shortened(line.measurement()), refusal.limit);
      break;
  }
  if (!refusal.tag.empty()) {
    detail += fmt::format(
        ": in measurement \"{}\" tag \"{}\" has about {} values, {} of them new "
        "in this hour, such as \"{}\"",
        shortened(line.measurement()), shortened(refusal.tag), refusal.tag_values,
        refusal.tag_values_new, shortened(refusal.value));
  }
  return {gate_action::reject, gate_code::series_limit};
}

}  // namespace weir
