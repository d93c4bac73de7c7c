// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets of remote write, and finds what an earlier process sent.
#include <utility>

#include "base/clock_posix.hpp"
#include "files/directory_remedy_posix.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "sinks/remote_write/remote_write_target.hpp"
#include "sinks/remote_write/sending/sent_file_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

result<made_target> make(const sink_settings& settings, const target_environment& environment) {
  const remote_write_settings& receiver = *settings.as<remote_write_settings>();
  auto http = transfer_to(settings.name, receiver, 1, environment);
  if (!http.ok()) {
    return http.error();
  }
  auto names = environment.sinks.names->open();
  if (!names.ok()) {
    return with_remedy(names.error(), environment.sinks.state_key,
                       environment.sinks.state_directory);
  }
  std::unique_ptr<sent_file> file;
  std::string sent_before;
  if (environment.sinks.persistent) {
    const std::string& directory = environment.sinks.state_directory;
    // The cursor made the directory.
    file = std::make_unique<sent_file>(directory + "/cursors", settings.name);
    result<std::string> kept = file->load();
    if (!kept.ok()) {
      return with_remedy(kept.error(), environment.sinks.state_key, directory);
    }
    sent_before = std::move(kept).value();
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
  made.to = std::make_unique<remote_write_target>(
      settings.name, receiver,
      shard_parts{*made.http, std::make_unique<encoder_v1>(), std::move(file), wall_clock_ns,
                  static_cast<std::size_t>(environment.state_bytes), counters,
                  std::make_shared<series_mapper>(receiver.mapping, names.value())},
      sent_before, environment.low_water);
  return made;
}

}  // namespace

extern const target_kind remote_write_target_kind;
constinit const target_kind remote_write_target_kind{
    .name = "remote_write", .keeps_state = true, .make = make};

}  // namespace weir
