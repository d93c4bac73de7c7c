// SPDX-License-Identifier: Apache-2.0
//
// One group as the Pushgateway's JSON shows it. Pure.
#pragma once

#include <string>

#include "push/groups.hpp"

namespace weir::push {

/// Appends `{"labels":{...},"last_push_successful":...,"push_time_seconds":{...},...}`.
void append_group_json(const group& one, std::string& out);

/// With all of its digits: "1700000000.123456789"; "0".
[[nodiscard]] std::string seconds_text(wall_time time);

}  // namespace weir::push
