// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/unsigned_values.hpp"

#include <cstdint>
#include <limits>
#include <string>

namespace weir {

gate_answer unsigned_check::check(passage& one) {
  const gate_answer answer = judge(one.point().fields);
  if (answer.action == gate_action::repair) {
    make_integers(one);
  }
  return answer;
}

void unsigned_check::make_integers(passage& one) {
  edit_.begin(one.point().fields);
  for (field_view& field : edit_.fields()) {
    if (field.type != field_type::uint64) {
      continue;
    }
    const std::uint64_t value = field.uint_value;
    field.type = field_type::int64;
    field.text = edit_.keep(std::to_string(value) + "i");
    field.int_value = static_cast<std::int64_t>(value);
  }
  changed_ = edit_.applied(one.point());
  one.use(changed_);
}

gate_answer unsigned_check::judge(std::span<const field_view> fields) const noexcept {
  bool any = false;
  bool fits = true;
  for (const field_view& field : fields) {
    if (field.type == field_type::uint64) {
      any = true;
      fits = fits && field.uint_value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    }
  }
  if (!any) {
    return {};
  }
  switch (mode_) {
    case unsigned_mode::pass:
    case unsigned_mode::native:
      return {};
    case unsigned_mode::reject:
      return {gate_action::reject, gate_code::unsigned_refused};
    case unsigned_mode::integer:
    case unsigned_mode::automatic:  // not settled: what every server takes
      break;
  }
  return fits ? gate_answer{gate_action::repair, gate_code::unsigned_as_integer}
              : gate_answer{gate_action::reject, gate_code::unsigned_too_large};
}

}  // namespace weir
