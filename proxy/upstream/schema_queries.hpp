// SPDX-License-Identifier: Apache-2.0
//
// The queries that ask an InfluxDB for its schema, and the reading of their answers. Columns are
// looked up by name, because their number and order differ between versions. Pure; sends nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "upstream/upstream_schema.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

[[nodiscard]] std::string retention_query(std::string_view database);
[[nodiscard]] std::string field_keys_query(std::string_view database);

/// Reads the answer to `retention_query`. A database that does not exist has no policies, which is
/// no failure. Fails on the server's own error and on a body that is no such answer.
[[nodiscard]] result<std::vector<upstream_policy>> read_retention_policies(std::string_view body);

struct bucket_page {
  std::vector<std::pair<std::string, upstream_policy>> buckets;
  /// By id; buckets whose answer has no valid id are left out.
  std::map<std::string, std::string> names_by_id;
  /// Number of buckets in the answer; fewer than were asked for: it is the last page.
  std::size_t count = 0;
};
/// Reads the answer of InfluxDB 2's /api/v2/buckets.
[[nodiscard]] result<bucket_page> read_buckets(std::string_view body);

using field_type_visitor =
    std::function<void(std::string_view measurement, std::string_view field, field_type type)>;
/// Reads the answer to `field_keys_query`: calls `visit` for each field of a known type. A field
/// with several types (in different shards) is passed over, because none of them is its type.
[[nodiscard]] outcome read_field_keys(std::string_view body, const field_type_visitor& visit);

/// Reads a duration as Go writes it ("168h0m0s", "1m0.5s", "0s"); nullopt if it is none.
[[nodiscard]] std::optional<std::chrono::nanoseconds> read_go_duration(std::string_view text);

}  // namespace weir
