// SPDX-License-Identifier: Apache-2.0
//
// The schemas of the InfluxDBs behind weir's sinks: a reader for each sink that a database names in
// `learn_from`, the schema that it read last in memory for the gate, and in a small file for the
// next start. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "accounts/database_registry.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "observe/metrics.hpp"
#include "upstream/retention_source.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Takes a field's type as a server has it. Called on the readers' threads.
using field_type_taker = std::function<void(std::string_view database, std::string_view measurement,
                                            std::string_view field, field_type type)>;

class upstream_schemas final : public retention_source {
 public:
  /// Starts the readers. `directory` (empty: nothing is written) is made when missing; `databases`
  /// must outlive the object. Without `take_type` servers are not asked for types. What `before`
  /// knows of a sink's server is known from the beginning. Fails when the directory cannot be made;
  /// a schema file that cannot be read is only journalled.
  [[nodiscard]] static result<std::unique_ptr<upstream_schemas>> start(
      std::shared_ptr<const settings> configured, const database_registry& databases,
      const std::string& directory, const field_type_taker& take_type,
      const upstream_schemas* before = nullptr);
  ~upstream_schemas() override;

  [[nodiscard]] std::optional<nanoseconds> retention_of(
      const database_settings& policy, const std::string& database,
      const std::string& retention_policy) const override;

  [[nodiscard]] std::optional<bucket_target> bucket_of_id(const std::string& id) const override;

  /// Whether both lead to the same questions to the same servers.
  [[nodiscard]] static bool same_questions(const settings& one, const settings& other);

  /// Ends the readers; the schemas stay.
  void stop();
  void collect(metric_collector& out) const;

 private:
  struct server;
  explicit upstream_schemas(std::shared_ptr<const settings> configured);

  const std::shared_ptr<const settings> configured_;
  std::map<std::string, std::unique_ptr<server>> servers_;  // by sink
};

}  // namespace weir
