// SPDX-License-Identifier: Apache-2.0
//
// Which series a receiver names in its answer, and why it refused samples of theirs: Prometheus
// from version 3 on, one line a sample, as `out of order sample for series {__name__="m", x="1"}`.
// Pure.
#pragma once

#include <string_view>
#include <vector>

#include "sinks/discard.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"

namespace weir {

struct named_refusal {
  series_key series;
  discard_reason reason = discard_reason::refused;
};

/// In the order of the lines. A line that names no series is left out.
[[nodiscard]] std::vector<named_refusal> named_refusals(std::string_view message);

}  // namespace weir
