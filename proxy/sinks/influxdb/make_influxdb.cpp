// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets of InfluxDB.
#include <utility>

#include "sinks/influxdb/influxdb_target.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

result<made_target> make(const sink_settings& settings, const target_environment& environment) {
  const influxdb_settings& server = *settings.as<influxdb_settings>();
  auto http = transfer_to(server, 2, environment);
  if (!http.ok()) {
    return http.error();
  }
  made_target made{.http = std::move(http).value(), .to = nullptr, .collect = {}};
  made.to =
      std::make_unique<influxdb_target>(settings.name, server,
                                        influxdb_parts{*made.http, environment.sinks.compression,
                                                       environment.sinks.created_through_weir});
  return made;
}

}  // namespace

extern const target_kind influxdb_target_kind;
constinit const target_kind influxdb_target_kind{
    .name = "influxdb", .keeps_state = false, .make = make};

}  // namespace weir
