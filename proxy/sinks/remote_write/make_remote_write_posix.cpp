// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets of remote write, and finds what an earlier process sent.
#include <utility>

#include "base/clock_posix.hpp"
#include "files/directory_remedy_posix.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "sinks/remote_write/remote_write_target.hpp"
#include "sinks/state/sink_stores.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

result<made_target> make(const sink_settings& settings, const target_environment& environment) {
  const remote_write_settings& receiver = *settings.as<remote_write_settings>();
  auto http = transfer_to(settings.name, receiver, 2, environment);
  if (!http.ok()) {
    return http.error();
  }
  auto names = environment.sinks.names->open();
  if (!names.ok()) {
    return with_remedy(names.error(), environment.sinks.state_key,
                       environment.sinks.state_directory);
  }
  sink_stores& stores = *environment.sinks.stores;
  auto sent = stores.book(settings.name, kept_book::sent);
  if (!sent.ok()) {
    return sent.error();
  }
  const bool stale = receiver.stale_after.has_value();
  auto series = stale ? stores.book(settings.name, kept_book::series)
                      : result<sink_stores::opened_book>{sink_stores::opened_book{}};
  if (!series.ok()) {
    return series.error();
  }
  const auto counters = std::make_shared<sample_counters>();
  made_target made{.http = std::move(http.value().http),
                   .to = nullptr,
                   .collect = [counters, of_transfer = std::move(http.value().collect)](
                                  std::string_view sink_name, metric_collector& out) {
                     counters->collect(sink_name, out);
                     if (of_transfer) {
                       of_transfer(sink_name, out);
                     }
                   }};
  shard_parts parts{.http = *made.http,
                    .encoder = std::make_unique<encoder_v1>(),
                    .encoder_v2 = receiver.version == 2 ? std::make_unique<encoder_v2>() : nullptr,
                    .sent = std::move(sent.value().store),
                    .now_ns = wall_clock_ns,
                    .state_bytes = static_cast<std::size_t>(environment.state_bytes),
                    .counters = counters,
                    .mapper = std::make_shared<series_mapper>(receiver.mapping, names.value())};
  if (stale) {
    parts.state_bytes /= 2;
    parts.stale = std::make_unique<stale_book>(receiver.stale_after->count(), parts.state_bytes,
                                               to_milliseconds(wall_clock_ns()));
    parts.series_file = std::move(series.value().store);
    parts.series_before = std::move(series.value().held);
  }
  made.to = std::make_unique<remote_write_target>(settings.name, receiver, std::move(parts),
                                                  sent.value().held, environment.low_water);
  return made;
}

}  // namespace

extern const target_kind remote_write_target_kind;
constinit const target_kind remote_write_target_kind{
    .name = "remote_write", .keeps_state = true, .make = make};

}  // namespace weir
