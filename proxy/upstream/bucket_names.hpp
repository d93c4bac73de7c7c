// SPDX-License-Identifier: Apache-2.0
//
// Names of buckets as clients of InfluxDB 2 write them, and which of them can be delivered. Pure.
#pragma once

#include <optional>

#include "api/write_dialect.hpp"
#include "config/checks/automatic.hpp"
#include "upstream/retention_source.hpp"

namespace weir {

/// A bucket that is addressed by its id is the bucket of that name: one lane, one set of types.
/// Nothing where `wanted` is no known id. `known` may be nullptr.
[[nodiscard]] std::optional<api::write_target> by_name(const api::write_target& wanted,
                                                       const retention_source* known);

/// InfluxDB 1 can have no retention policy with a slash in its name, which a bucket may have.
[[nodiscard]] bool is_impossible(const api::write_target& target, const takers& by) noexcept;

}  // namespace weir
