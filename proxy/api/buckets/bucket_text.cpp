// SPDX-License-Identifier: Apache-2.0
#include "api/buckets/bucket_text.hpp"

#include <fmt/format.h>

#include "base/fnv1a.hpp"
#include "base/text/json_text.hpp"

namespace weir::api {
namespace {

// When a database was created InfluxDB 1 does not say.
constexpr std::string_view created = "1970-01-01T00:00:00Z";

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

}  // namespace

std::string id_of_bucket(std::string_view name) {
  return fmt::format("{:016x}", fnv1a(name) | 1);  // 0 is no id
}

std::string bucket_json(const shown_bucket& bucket) {
  const std::string id = id_of_bucket(bucket.name);
  return fmt::format(
      R"({{"links":{{"labels":"/api/v2/buckets/{0}/labels","members":"/api/v2/buckets/{0}/members",)"
      R"("org":"/api/v2/orgs/{1}","owners":"/api/v2/buckets/{0}/owners","self":"/api/v2/buckets/{0}",)"
      R"("write":"/api/v2/write?org={1}\u0026bucket={0}"}},"id":"{0}","orgID":"{1}","type":"user",)"
      R"("name":{2},"retentionRules":[{{"type":"expire","everySeconds":{3},)"
      R"("shardGroupDurationSeconds":{4}}}],"createdAt":"{5}","updatedAt":"{5}","labels":[]}})",
      id, organization_id, quoted(bucket.name), bucket.duration_s, bucket.shard_duration_s,
      created);
}

std::string buckets_json(std::span<const shown_bucket> buckets, std::string_view self) {
  std::string out = fmt::format(R"({{"links":{{"self":{}}},"buckets":[)", quoted(self));
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    out += (i == 0 ? "" : ",") + bucket_json(buckets[i]);
  }
  return out + "]}";
}

std::string organization_json(std::string_view name) {
  return fmt::format(
      R"({{"links":{{"buckets":"/api/v2/buckets?orgID={0}","self":"/api/v2/orgs/{0}"}},"id":"{0}",)"
      R"("name":{1},"description":"","createdAt":"{2}","updatedAt":"{2}"}})",
      organization_id, quoted(name), created);
}

std::string organizations_json(std::string_view name) {
  return fmt::format(R"({{"links":{{"self":"/api/v2/orgs"}},"orgs":[{}]}})",
                     organization_json(name));
}

std::string me_json() {
  return R"({"links":{"self":"/api/v2/me"},"id":"77656972000000a2","name":"weir","status":"active"})";
}

}  // namespace weir::api
