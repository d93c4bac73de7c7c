// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' protobuf format: messages `io.prometheus.client.MetricFamily`, each behind its length
// as a varint. Read into what the classic text format says of the same, as Prometheus' own writer
// of text does it; exemplars and the buckets of native histograms are left out. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::exposition {

/// Reads all of `body`, which outlives `into`. A mistake has the offset of the message that it is
/// in. What `into` holds after a mistake is of no use.
[[nodiscard]] std::optional<mistake> read_protobuf(std::string_view body, document& into);

}  // namespace weir::exposition
