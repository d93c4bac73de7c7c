// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_line.hpp"

namespace weir {

field_edit& series_line::edit() {
  if (!edited_) {
    edit_.begin(point_->fields);
    edited_ = true;
  }
  return edit_;
}

void series_line::restage(std::uint64_t seed) {
  edited_point_ = edit_.applied(*point_);
  point_ = &edited_point_;
  write_fields(*point_, *staged_);
  hash_point_fields(seed);
}

void series_line::name_measurement(const database_memory& database) {
  measurement_.clear();
  unescape_measurement(point_->measurement, measurement_);
  measurement_key_ = gate_memory::measurement_key(database, measurement_);
}

gate_answer series_line::count(gate_tally& repaired, gate_tally& noted) const noexcept {
  gate_answer verdict;
  if ((repaired_ | noted_) == 0) {
    return verdict;
  }
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const auto code = static_cast<gate_code>(i);
    if ((repaired_ & bit(code)) != 0) {
      ++repaired[i];
      verdict = {gate_action::repair, code};
    }
    if ((noted_ & bit(code)) != 0) {
      ++noted[i];
    }
  }
  return verdict;
}

}  // namespace weir
