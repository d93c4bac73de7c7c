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

struct kept_file {
  std::unique_ptr<sent_file> file;
  /// What it held.
  std::string held;
};

/// A file beside the cursor, which made the directory; none where nothing outlives the process.
result<kept_file> open_file(const target_environment& environment, const std::string& sink_name,
                            std::string_view ending) {
  kept_file kept;
  if (environment.sinks.persistent) {
    const std::string& directory = environment.sinks.state_directory;
    kept.file = std::make_unique<sent_file>(directory + "/cursors", sink_name, ending);
    result<std::string> held = kept.file->load();
    if (!held.ok()) {
      return with_remedy(held.error(), environment.sinks.state_key, directory);
    }
    kept.held = std::move(held).value();
  }
  return kept;
}

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
  auto sent = open_file(environment, settings.name, ".sent");
  if (!sent.ok()) {
    return sent.error();
  }
  const bool stale = receiver.stale_after.has_value();
  result<kept_file> series =
      stale ? open_file(environment, settings.name, ".series") : result<kept_file>{kept_file{}};
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
                    .sent = std::move(sent.value().file),
                    .now_ns = wall_clock_ns,
                    .state_bytes = static_cast<std::size_t>(environment.state_bytes),
                    .counters = counters,
                    .mapper = std::make_shared<series_mapper>(receiver.mapping, names.value())};
  if (stale) {
    parts.state_bytes /= 2;
    parts.stale = std::make_unique<stale_book>(receiver.stale_after->count(), parts.state_bytes,
                                               to_milliseconds(wall_clock_ns()));
    parts.series_file = std::move(series.value().file);
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
