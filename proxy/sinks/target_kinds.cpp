// SPDX-License-Identifier: Apache-2.0
//
// The rows of how targets are made.
#include "sinks/target_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "net/transfer_curl.hpp"
#include "net/url_fault_curl.hpp"
#include "sinks/addresses/failover.hpp"
#include "sinks/sink.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/state/sink_stores_posix.hpp"

namespace weir {

// The rows: each is defined in a file of its kind.
extern const target_kind influxdb_target_kind;
extern const target_kind remote_write_target_kind;
extern const target_kind file_target_kind;
extern const target_kind stdout_target_kind;

namespace {

constinit const target_kind null_target_kind{
    .name = "null",
    .keeps_state = false,
    .make = [](const sink_settings&, const target_environment&) -> result<made_target> {
      return made_target{.http = nullptr, .to = std::make_unique<null_target>(), .collect = {}};
    }};

constexpr std::array<const target_kind*, 5> kinds{&influxdb_target_kind, &remote_write_target_kind,
                                                  &file_target_kind, &stdout_target_kind,
                                                  &null_target_kind};

}  // namespace

const target_kind& target_kind_of(const sink_settings& settings) noexcept {
  const std::string_view name = kind_of(settings).name;
  const auto row = std::find_if(kinds.begin(), kinds.end(),
                                [&](const target_kind* one) { return one->name == name; });
  WEIR_ASSERT(row != kinds.end());
  return **row;
}

outcome check_target(const sink_settings& settings, const sink_environment& environment) {
  auto runner = sink_runner::make();
  if (!runner.ok()) {
    return runner.error();
  }
  sink_environment passing = environment;
  passing.persistent = false;
  passing.stores = make_file_stores(passing);
  const auto made = target_kind_of(settings).make(
      settings, {.sinks = passing, .loop = runner.value()->loop(), .low_water = {}});
  return made.ok() ? outcome(nothing{}) : in_sink(settings, made.error().message);
}

std::uint64_t share_of_state(const sink_change& wanted) noexcept {
  const auto sharing =
      std::count_if(wanted.sinks.begin(), wanted.sinks.end(),
                    [](const sink_settings& one) { return target_kind_of(one).keeps_state; });
  return wanted.state_bytes / static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(1, sharing));
}

result<made_transfer> transfer_to(const std::string& sink_name, const server_settings& server,
                                  std::uint32_t newest_version,
                                  const target_environment& environment) {
  if (server.version < 1 || server.version > newest_version) {
    return failure{fmt::format("version {} is not known", server.version)};
  }
  const std::vector<std::string> urls = addresses_of(server);
  for (const std::string& url : urls) {
    if (const std::string fault = url_fault(url); !fault.empty()) {
      return failure{fmt::format("url \"{}\": {}", url, fault)};
    }
  }
  auto http = transfer_curl::make(environment.loop, sink::in_flight_max);
  if (!http.ok()) {
    return http.error();
  }
  if (urls.size() == 1) {
    return made_transfer{std::move(http).value(), nullptr};
  }
  const auto counters = std::make_shared<address_counters>(urls);
  return made_transfer{
      std::make_unique<failover>(
          failover::parts{std::move(http).value(), urls, sink_name, counters, monotonic_ms}),
      [counters](std::string_view name, metric_collector& out) { counters->collect(name, out); }};
}

}  // namespace weir
