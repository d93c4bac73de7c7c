// SPDX-License-Identifier: Apache-2.0
//
// A remote_write sink's way from lines to the bodies of requests: batches of 10,000 TSBS lines (ten
// samples each) of 4,000 hosts, whose times are new, with a server that takes all of it at once.
// Neither files nor sockets.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "data/generate.hpp"
#include "sinks/mapping/name_book.hpp"
#include "sinks/remote_write/remote_write_target.hpp"

namespace weir {
namespace {

constexpr std::size_t lines_of_batch = 10'000;
constexpr std::size_t state_bytes = std::size_t{128} << 20;
/// Behind all times of the lines.
constexpr std::int64_t now_ns = 4'000'000'000'000'000'000;

/// Batches of a run; the first one's series are new.
std::size_t batch_count() {
  const char* const said = std::getenv("WEIR_BENCH_BATCHES");
  return said == nullptr ? 20 : std::strtoull(said, nullptr, 10);
}

const std::vector<batch>& batches() {
  static const std::vector<batch> made = [] {
    std::vector<batch> all(batch_count());
    bench::line_generator lines(bench::data_set::tsbs_int, 1);
    std::uint64_t position = 0;
    for (batch& each : all) {
      each.lane = {"bench", ""};
      each.points = lines_of_batch;
      each.cut_position = log_position(++position);
      for (std::size_t i = 0; i < lines_of_batch; ++i) {
        lines.append_line(each.cut);
      }
    }
    return all;
  }();
  return made;
}

class taking_server final : public transfer {
 public:
  void post(transfer_request request, done on_done) override {
    for (const std::string_view piece : request.body) {
      bytes += piece.size();
    }
    http_reply taken;
    taken.answered = true;
    taken.status = 204;
    taken.samples_written = 1;
    on_done(taken);
  }
  void abort() override {}

  std::uint64_t bytes = 0;
};

void sends(benchmark::State& state, std::uint32_t version, bool marks) {
  const std::vector<batch>& all = batches();
  taking_server server;
  remote_write_settings settings;
  settings.url = "http://127.0.0.1/api/v1/write";
  settings.version = version;
  shard_parts parts{
      .http = server,
      .encoder = std::make_unique<encoder_v1>(),
      .encoder_v2 = version == 2 ? std::make_unique<encoder_v2>() : nullptr,
      .sent = nullptr,
      .now_ns = [] { return now_ns; },
      .state_bytes = state_bytes,
      .counters = std::make_shared<sample_counters>(),
      .mapper = std::make_shared<series_mapper>(
          settings.mapping, std::make_shared<name_book>(std::size_t{1} << 20, nullptr))};
  if (marks) {
    parts.stale = std::make_unique<stale_book>(0, state_bytes, now_ns / 1'000'000);
  }
  remote_write_target target("bench", settings, std::move(parts), {}, {});
  std::uint64_t lines = 0;
  bool failed = false;
  for (auto _ : state) {
    const batch& each = all[lines / lines_of_batch];
    target.deliver(each, [&](const attempt_result& result) {
      failed =
          failed || result.verdict != attempt_verdict::delivered || result.discarded.total() != 0;
    });
    target.saved(each.cut_position);
    lines += lines_of_batch;
  }
  if (failed) {
    state.SkipWithError("not all was delivered");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(lines));
  state.counters["body_bytes_a_line"] =
      static_cast<double>(server.bytes) / static_cast<double>(lines);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const auto iterations = static_cast<benchmark::IterationCount>(weir::batch_count());
  for (const std::uint32_t version : {1U, 2U}) {
    for (const bool marks : {false, true}) {
      benchmark::RegisterBenchmark(
          ("version_" + std::to_string(version) + (marks ? "/stale_markers" : "")).c_str(),
          weir::sends, version, marks)
          ->Iterations(iterations)
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
