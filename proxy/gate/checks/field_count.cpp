// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/field_count.hpp"

#include <fmt/format.h>

namespace weir {

std::string field_count_check::detail(gate_code /*code*/, const point_view& point) const {
  return fmt::format("it has {} fields, and its database allows {} (key: fields_per_point)",
                     point.fields.size(), most_);
}

}  // namespace weir
