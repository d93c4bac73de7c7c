// SPDX-License-Identifier: Apache-2.0
//
// The metrics of the names that remote_write sinks gave. Pure.
#pragma once

#include "observe/metrics.hpp"
#include "sinks/mapping/name_book.hpp"

namespace weir {

void collect_names(const name_book& names, metric_collector& out);

}  // namespace weir
