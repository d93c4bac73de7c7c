// SPDX-License-Identifier: Apache-2.0
//
// Buckets and the organization in InfluxDB 2's JSON. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::api {

/// Of the one organization; it has the form of InfluxDB 2's ids.
inline constexpr std::string_view organization_id = "77656972000000a1";

struct shown_bucket {
  std::string name;
  /// Seconds; 0: for ever.
  std::int64_t duration_s = 0;
  std::int64_t shard_duration_s = 0;
};

/// 16 hexadecimal digits, the same for a name every time.
[[nodiscard]] std::string id_of_bucket(std::string_view name);

[[nodiscard]] std::string bucket_json(const shown_bucket& bucket);
/// `self`: the list's own target.
[[nodiscard]] std::string buckets_json(std::span<const shown_bucket> buckets,
                                       std::string_view self);
[[nodiscard]] std::string organization_json(std::string_view name);
[[nodiscard]] std::string organizations_json(std::string_view name);
[[nodiscard]] std::string me_json();

}  // namespace weir::api
