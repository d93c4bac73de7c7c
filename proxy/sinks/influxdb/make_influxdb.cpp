// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets of InfluxDB.
#include <memory>
#include <string_view>
#include <utility>

#include "sinks/influxdb/influxdb_target.hpp"
#include "sinks/sink_metrics.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

result<made_target> make(const sink_settings& settings, const target_environment& environment) {
  const influxdb_settings& server = *settings.as<influxdb_settings>();
  auto http = transfer_to(settings.name, server, 3, environment);
  if (!http.ok()) {
    return http.error();
  }
  made_target made{.http = std::move(http.value().http), .to = nullptr, .collect = {}};
  const auto bisected = std::make_shared<counter>();
  made.to = std::make_unique<influxdb_target>(
      settings.name, server,
      influxdb_parts{
          .http = *made.http,
          .compression = environment.sinks.compression,
          .created_through_weir = environment.sinks.created_through_weir,
          .waits_for_server =
              [waits = environment.sinks.waits_for_server, name = settings.name](
                  std::string_view database) { return waits && waits(name, database); },
          .server_lacks =
              [lacks = environment.sinks.server_lacks, name = settings.name](const lane_key& lane) {
                if (lacks) {
                  lacks(name, lane);
                }
              },
          .bisection_requests = bisected});
  made.collect = [bisected, of_transfer = std::move(http.value().collect)](
                     std::string_view sink_name, metric_collector& out) {
    if (of_transfer) {
      of_transfer(sink_name, out);
    }
    out.counter_value("weir_sink_bisection_requests_total", bisection_requests_help,
                      static_cast<double>(bisected->value()), {{"sink", sink_name}});
  };
  return made;
}

}  // namespace

extern const target_kind influxdb_target_kind;
constinit const target_kind influxdb_target_kind{
    .name = "influxdb", .keeps_state = false, .make = make};

}  // namespace weir
