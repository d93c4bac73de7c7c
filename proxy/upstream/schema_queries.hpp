// SPDX-License-Identifier: Apache-2.0
//
// The questions by which weir learns from an InfluxDB, and how the answers are read. Columns are
// looked up by their names: their number and order differ between versions. Pure.
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

/// The answer to `retention_query`. A database that does not exist has no policies, which is no
/// failure.
[[nodiscard]] result<std::vector<upstream_policy>> read_retention_policies(std::string_view body);

struct bucket_page {
  std::vector<std::pair<std::string, upstream_policy>> buckets;
  /// By id, of those that told theirs.
  std::map<std::string, std::string> names_by_id;
  /// Buckets in the answer; fewer than were asked for: it is the last page.
  std::size_t count = 0;
};
/// The answer of InfluxDB 2's /api/v2/buckets.
[[nodiscard]] result<bucket_page> read_buckets(std::string_view body);

using field_type_visitor =
    std::function<void(std::string_view measurement, std::string_view field, field_type type)>;
/// The answer to `field_keys_query`: `learn` is called for each field of a known type. A field that
/// has several types (in different shards) is passed over: none of them is its type.
[[nodiscard]] outcome read_field_keys(std::string_view body, const field_type_visitor& visit);

/// "168h0m0s", "1m0.5s", "0s", as Go writes a duration; nothing if it is none.
[[nodiscard]] std::optional<std::chrono::nanoseconds> read_go_duration(std::string_view text);

}  // namespace weir
