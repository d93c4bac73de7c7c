// SPDX-License-Identifier: Apache-2.0
#include "upstream/bucket_names.hpp"

#include <utility>

#include "upstream/upstream_schema.hpp"

namespace weir {

std::optional<api::write_target> by_name(const api::write_target& wanted,
                                         const retention_source* known) {
  if (known == nullptr || !wanted.retention_policy.empty() || !is_bucket_id(wanted.database)) {
    return std::nullopt;
  }
  auto bucket = known->bucket_of_id(wanted.database);
  if (!bucket) {
    return std::nullopt;
  }
  api::write_target target = wanted;
  target.database = std::move(bucket->database);
  target.retention_policy = std::move(bucket->retention_policy);
  return target;
}

bool is_impossible(const api::write_target& target, const takers& by) noexcept {
  return by.influxdb_1 && target.retention_policy.find('/') != std::string::npos;
}

}  // namespace weir
