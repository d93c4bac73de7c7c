// SPDX-License-Identifier: Apache-2.0
#include "server/lines/stream_service.hpp"

#include <algorithm>

#include "accounts/source_registry.hpp"
#include "observe/journal.hpp"
#include "server/lines/line_stream.hpp"
#include "server/lines/line_target.hpp"

namespace weir {
namespace {

// Between tries of what the log or the memory had no room for, doubled from try to try.
constexpr std::int64_t pause_ns_least = 100'000'000;
constexpr std::int64_t pause_ns_most = 1'000'000'000;

}  // namespace

void stream_counts::collect(std::string_view listen, metric_collector& out) const {
  const auto add = [&](std::string_view metric, std::string_view help, const counter& value) {
    out.counter_value(metric, help, static_cast<double>(value.value()), {{"listen", listen}});
  };
  add("weir_tcp_retries_total",
      "Runs of lines that the log or the memory had no room for, and that are tried again.",
      retries);
  add("weir_tcp_lost_bytes_total",
      "Bytes received that were given up: when weir ended, or lines that no memory suffices for.",
      lost_bytes);
}

stream_home::stream_home(const stream_services& services)
    : services_(services),
      path_(services.writes),
      name_("tcp " + services.configured.current()->listen) {
  if (services.writes.sources != nullptr) {
    source_ = &services.writes.sources->find_or_add("tcp", "", "none");
  }
  static_cast<void>(target());  // and what else is set
}

stream_home::~stream_home() = default;

std::unique_ptr<stream_client> stream_home::open(stream_peer peer) {
  auto opened = std::make_unique<line_stream>(*this, std::move(peer));
  if (!opened->has_memory()) {
    return nullptr;
  }
  streams_.push_back(opened.get());
  return opened;
}

void stream_home::forget(line_stream& gone) {
  std::erase(streams_, &gone);
}

const api::write_target& stream_home::target() {
  if (const std::uint64_t version = services_.configured.version();
      version != configured_version_) {
    configured_version_ = version;
    const std::shared_ptr<const tcp_settings> now = services_.configured.current();
    target_ = line_target(now->database, now->unit_ns);
    line_bytes_max_ = static_cast<std::size_t>(now->line_limit);
  }
  return target_;
}

std::size_t stream_home::waiting() const {
  // While it rests, the listener's timer comes back to it.
  return (resting_ ? 0 : received_) + (path_.has_waiting() ? 1 : 0);
}

void stream_home::flush() {
  received_ = 0;
  if (resting_ && now().steady >= rest_until_) {
    resting_ = false;
  }
  for (line_stream* each : streams_) {
    if (!resting_) {
      each->commit();
    }
  }
  path_.end_of_turn();
}

void stream_home::rest(std::string_view why) {
  pause_ns_ = std::clamp(2 * pause_ns_, pause_ns_least, pause_ns_most);
  rest_until_ = now().steady.after(pause_ns_);
  resting_ = true;
  services_.counts.retries.add();
  journal_limited("tcp rests " + name_, journal_level::warning,
                  name_ + ": senders wait: " + std::string(why));
}

}  // namespace weir
