// SPDX-License-Identifier: Apache-2.0
#include "simulation/plan.hpp"

#include <array>

namespace weir::simulation {
namespace {

constexpr std::uint64_t kib = 1024;

append_promise draw_promise(dice& chance) {
  static constexpr std::array promises{append_promise::received, append_promise::written,
                                       append_promise::written, append_promise::synced};
  return chance.pick(std::span<const append_promise>(promises));
}

planned_faults draw_faults(dice& chance) {
  planned_faults some;
  some.upstreams = chance.one_in(2);
  some.large_bodies_refused = chance.one_in(5);
  some.disk_errors = chance.one_in(5);
  some.disk_full = chance.one_in(5);
  some.read_only = chance.one_in(8);
  some.syncs_fail = chance.one_in(5);
  some.kills = chance.one_in(2);
  some.power = chance.one_in(4);
  some.restarts = chance.one_in(3);
  some.reconfiguration = chance.one_in(4);
  some.rot = chance.one_in(12);
  some.deletion = chance.one_in(10);
  some.clock = chance.one_in(3);
  return some;
}

planned_client draw_client(dice& chance) {
  static const std::array<std::string, 4> names{"cpu", "home", "a b", "goood"};
  planned_client one;
  one.database = chance.pick(std::span<const std::string>(names));
  one.policy = chance.one_in(4) ? "week" : "";
  one.series = static_cast<std::uint32_t>(chance.between(1, 4));
  one.poison_one_in = chance.one_in(4) ? static_cast<std::uint32_t>(chance.between(5, 60)) : 0;
  one.broken_one_in = chance.one_in(4) ? static_cast<std::uint32_t>(chance.between(5, 60)) : 0;
  one.lines_max = chance.one_in(3) ? 3 : chance.between(10, 150);
  one.padding_max = chance.one_in(3) ? 400 : 30;
  return one;
}

}  // namespace

std::string upstream_name(const planned_client& client) {
  return client.policy.empty() ? client.database : client.database + "/" + client.policy;
}

planned_sink draw_sink(dice& chance, std::size_t number) {
  planned_sink one;
  one.server.version = chance.one_in(3) ? 2 : 1;
  one.server.poison = chance.one_in(2) ? poison_kind::conflict : poison_kind::unparsable;
  sink_settings& settings = one.settings;
  settings.name = "sink" + std::to_string(number);
  influxdb_settings& server = settings.kind.emplace<influxdb_settings>();
  server.url = "http://upstream";
  server.version = static_cast<std::uint32_t>(one.server.version);
  server.create_databases = false;
  server.timeout = std::chrono::milliseconds(chance.between(500, 5'000));
  settings.batch.age = std::chrono::milliseconds(chance.between(1, 500));
  settings.batch.bytes = chance.one_in(3) ? chance.between(200, 2'000) : 100'000;
  settings.batch.points = chance.one_in(3) ? chance.between(5, 50) : 5'000;
  settings.retry_least = std::chrono::milliseconds(chance.between(1, 200));
  settings.retry_most = std::chrono::milliseconds(chance.between(200, 5'000));
  settings.park_after = chance.one_in(4) ? std::nullopt
                                         : std::optional<std::chrono::nanoseconds>(
                                               std::chrono::milliseconds(chance.between(1, 2'000)));
  settings.park_keep = chance.one_in(4) ? chance.between(64, 256) * kib : 8 * 1024 * kib;
  settings.required = !chance.one_in(4);
  if (chance.one_in(4)) {
    settings.databases = {"cpu", "g*"};
  }
  return one;
}

plan draw_plan(dice& chance, mutation planted) {
  plan drawn;
  drawn.promise = planted == mutation::skipped_sync ? append_promise::synced : draw_promise(chance);
  drawn.when_full = chance.one_in(5) ? full_policy::discard_oldest : full_policy::reject;
  drawn.keep_bytes = chance.one_in(3) ? chance.between(256, 400) * kib : 8 * 1024 * kib;
  // A life writes some 100 KiB: small ones are begun, removed and reused all the time.
  drawn.segment_bytes =
      chance.one_in(2) ? chance.between(1, 12) * kib : chance.between(64, 128) * kib;
  drawn.frame_memory = chance.one_in(3) ? chance.between(32, 200) * kib : 4 * 1024 * kib;
  drawn.sink_memory = chance.one_in(3) ? chance.between(16, 100) * kib : 4 * 1024 * kib;
  drawn.request_memory = 2 * 1024 * kib;
  drawn.loops = static_cast<std::size_t>(chance.between(1, 2));
  const std::uint64_t sinks = chance.between(1, 3);
  for (std::uint64_t i = 0; i < sinks; ++i) {
    drawn.sinks.push_back(draw_sink(chance, static_cast<std::size_t>(i)));
  }
  const std::uint64_t clients = chance.between(2, 5);
  for (std::uint64_t i = 0; i < clients; ++i) {
    drawn.clients.push_back(draw_client(chance));
  }
  if (chance.one_in(2)) {
    drawn.held.emplace_back("goood");
    drawn.held.emplace_back("goood/week");
  }
  drawn.faults = draw_faults(chance);
  drawn.steps = chance.between(300, 1'200);
  if (planted != mutation::none) {
    // What is planted must show, so nothing else excuses a loss.
    drawn.faults.rot = drawn.faults.deletion = false;
    drawn.faults.kills = true;
    drawn.faults.power = planted == mutation::skipped_sync;
    drawn.when_full = full_policy::reject;
    for (planned_sink& one : drawn.sinks) {
      one.settings.required = true;
    }
  }
  return drawn;
}

}  // namespace weir::simulation
