// SPDX-License-Identifier: Apache-2.0
//
// How fast one thread reads line protocol, every value decoded, by data set: bytes/s and lines/s.
// `canonical` adds what the log is given. WEIR_BENCH_BYTES sets the bytes of each set.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "data/generate.hpp"
#include "weir/line_protocol.hpp"

namespace {

using weir::bench::data_set;

constexpr std::uint64_t seed = 20200414;

std::size_t bytes_of_set() {
  const char* const text = std::getenv("WEIR_BENCH_BYTES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::size_t{16} << 20;
}

void count(benchmark::State& state, std::size_t bytes, std::uint64_t lines) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["lines"] =
      benchmark::Counter{static_cast<double>(lines) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate};
  state.counters["bytes/line"] = static_cast<double>(bytes) / static_cast<double>(lines);
}

template <typename OnPoint>
void run(benchmark::State& state, data_set set, OnPoint on_point) {
  const std::string body = weir::bench::generate(set, bytes_of_set(), seed);
  weir::line_reader reader;
  std::uint64_t lines = 0;
  for (auto turn : state) {
    static_cast<void>(turn);
    reader.reset({});
    reader.feed(body);
    weir::line_event event = reader.next();
    for (; event == weir::line_event::point; event = reader.next()) {
      on_point(reader.point());
    }
    lines = reader.counts().points;
    if (event == weir::line_event::error) {
      state.SkipWithError("a generated line was refused");
      return;
    }
  }
  count(state, body.size(), lines);
}

void parse(benchmark::State& state, data_set set) {
  run(state, set, [](const weir::point_view& point) {
    benchmark::DoNotOptimize(point.fields.data());
    benchmark::ClobberMemory();
  });
}

void canonical(benchmark::State& state, data_set set) {
  std::string out;
  run(state, set, [&out](const weir::point_view& point) {
    if (out.size() > (std::size_t{1} << 19)) {
      out.clear();
    }
    weir::append_canonical(point, out);
  });
  benchmark::DoNotOptimize(out.data());
}

}  // namespace

int main(int argc, char** argv) {
  for (const data_set set : weir::bench::data_sets) {
    const std::string name{name_of(set)};
    benchmark::RegisterBenchmark(("parse/" + name).c_str(), parse, set);
    benchmark::RegisterBenchmark(("canonical/" + name).c_str(), canonical, set);
  }
  benchmark::AddCustomContext("kernel", std::string{weir::kernel_name()});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
