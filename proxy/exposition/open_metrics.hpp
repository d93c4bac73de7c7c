// SPDX-License-Identifier: Apache-2.0
//
// OpenMetrics' text format, version 1.0, read into what the classic format says of the same: the
// family of a counter `x` is `x_total`, `_created` are gauges, exemplars and units are checked and
// left out. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::exposition {

/// Reads all of `body`, which outlives `into`. What `into` holds after a mistake is of no use.
[[nodiscard]] std::optional<mistake> read_open_metrics(std::string_view body, document& into);

}  // namespace weir::exposition
