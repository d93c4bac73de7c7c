// SPDX-License-Identifier: Apache-2.0
//
// Bucket names as clients of InfluxDB 2 write them, and which of them can be delivered. Pure.
#pragma once

#include <optional>

#include "api/write_dialect.hpp"
#include "config/checks/automatic.hpp"
#include "upstream/retention_source.hpp"

namespace weir {

/// The target by name of a write that addresses its bucket by id, so that both ways lead to one
/// lane and one set of types. nullopt where `wanted` is no known id. `known` may be nullptr.
[[nodiscard]] std::optional<api::write_target> by_name(const api::write_target& wanted,
                                                       const retention_source* known);

/// Whether a server among `by` can never take the target: InfluxDB 1 allows no slash in the name of
/// a retention policy, and a bucket's name may have one.
[[nodiscard]] bool is_impossible(const api::write_target& target, const takers& by) noexcept;

}  // namespace weir
