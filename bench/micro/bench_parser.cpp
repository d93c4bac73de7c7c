// SPDX-License-Identifier: Apache-2.0
//
// How fast one thread reads line protocol, every value decoded, by data set and kernel: bytes/s and
// lines/s. `canonical` adds what the log is given, `bad` has a mistake in every line, `limit` is
// what the machine allows on the same bytes. WEIR_BENCH_BYTES sets the bytes of each set. It fails
// when two kernels read a set differently, or when a line costs an allocation.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <string>

#include "bodies.hpp"
#include "checksum.hpp"
#include "counting_new.hpp"
#include "limits.hpp"
#include "summary.hpp"
#include "weir/line_protocol.hpp"

namespace {

using weir::bench::data_set;
using weir::bench::mistake;

void count(benchmark::State& state, std::size_t bytes, std::uint64_t lines) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["lines"] =
      benchmark::Counter{static_cast<double>(lines) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate};
  state.counters["bytes/line"] = static_cast<double>(bytes) / static_cast<double>(lines);
}

// Reads the whole body.
template <typename OnPoint, typename OnError>
void read_all(weir::line_reader& reader, std::string_view body, OnPoint on_point,
              OnError on_error) {
  reader.feed(body);
  for (;;) {
    switch (reader.next()) {
      case weir::line_event::point:
        on_point(reader.point());
        break;
      case weir::line_event::error:
        on_error(reader.error());
        break;
      case weir::line_event::more:
        return;
    }
  }
}

std::uint64_t checksum_of(weir::line_reader& reader, std::string_view body) {
  weir::bench::checksum sum;
  const auto add = [&sum](const auto& value) { sum.add(value); };
  read_all(reader, body, add, add);
  return sum.value();
}

// False, and the benchmark fails, if another kernel found something else in the same body.
bool agrees(benchmark::State& state, const std::string& set, std::uint64_t checksum) {
  static std::map<std::string, std::uint64_t> checksums;
  if (checksums.emplace(set, checksum).first->second != checksum) {
    state.SkipWithError("the kernels read this set differently");
    return false;
  }
  state.SetLabel(fmt::format("checksum={:016x}", checksum));
  return true;
}

// `body` must be all good or all bad.
void parse(benchmark::State& state, const std::string& set, const std::string& body,
           std::string_view kernel, bool good) {
  const weir::parse_options options{.kernel = kernel};
  weir::line_reader reader{options};
  if (!agrees(state, set, checksum_of(reader, body))) {
    return;
  }
  std::size_t allocations = 0;
  const auto look = [](const auto& value) {
    benchmark::DoNotOptimize(&value);
    benchmark::ClobberMemory();
  };
  for (auto turn : state) {
    static_cast<void>(turn);
    reader.reset(options);
    const std::size_t before = weir::test::allocation_count();
    read_all(reader, body, look, look);
    allocations += weir::test::allocation_count() - before;
  }
  const std::uint64_t lines = reader.counts().points + reader.counts().errors;
  count(state, body.size(), lines);
  state.counters["allocs/line"] = static_cast<double>(allocations) /
                                  static_cast<double>(state.iterations()) /
                                  static_cast<double>(lines);
  if (allocations != 0) {
    state.SkipWithError("a line costs an allocation");
  } else if ((good ? reader.counts().errors : reader.counts().points) != 0) {
    state.SkipWithError(good ? "a generated line was refused" : "a bad line was taken");
  }
}

void canonical(benchmark::State& state, data_set set, std::string_view kernel) {
  const std::string& body = weir::bench::body_of(set);
  const weir::parse_options options{.kernel = kernel};
  weir::line_reader reader{options};
  std::string out;
  for (auto turn : state) {
    static_cast<void>(turn);
    reader.reset(options);
    read_all(
        reader, body,
        [&out](const weir::point_view& point) {
          if (out.size() > (std::size_t{1} << 19)) {
            out.clear();
          }
          weir::append_canonical(point, out);
        },
        [](const weir::parse_error&) {});
  }
  benchmark::DoNotOptimize(out.data());
  count(state, body.size(), reader.counts().points);
}

void limit(benchmark::State& state, data_set set, std::uint64_t (*work)(std::string_view)) {
  const std::string& body = weir::bench::body_of(set);
  for (auto turn : state) {
    static_cast<void>(turn);
    benchmark::DoNotOptimize(work(body));
  }
  count(state, body.size(), weir::bench::count_line_feeds(body));
}

void register_kernel(const std::string& kernel) {
  for (const data_set set : weir::bench::data_sets) {
    const std::string name{name_of(set)};
    benchmark::RegisterBenchmark(fmt::format("parse/{}/{}", name, kernel).c_str(),
                                 [=](benchmark::State& state) {
                                   parse(state, name, weir::bench::body_of(set), kernel, true);
                                 });
    benchmark::RegisterBenchmark(fmt::format("canonical/{}/{}", name, kernel).c_str(),
                                 [=](benchmark::State& state) { canonical(state, set, kernel); });
  }
  for (const mistake kind : weir::bench::mistakes) {
    const std::string name = fmt::format("bad/{}", name_of(kind));
    benchmark::RegisterBenchmark(fmt::format("{}/{}", name, kernel).c_str(),
                                 [=](benchmark::State& state) {
                                   parse(state, name, weir::bench::body_of(kind), kernel, false);
                                 });
  }
}

void register_limits() {
  for (const data_set set : weir::bench::data_sets) {
    const std::string name{name_of(set)};
    benchmark::RegisterBenchmark(("limit/read/" + name).c_str(), [=](benchmark::State& state) {
      limit(state, set, weir::bench::sum_words);
    });
    benchmark::RegisterBenchmark(
        ("limit/line_feeds/" + name).c_str(),
        [=](benchmark::State& state) { limit(state, set, weir::bench::count_line_feeds); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> kernels;
  for (const std::string_view kernel : weir::kernel_names()) {
    kernels.emplace_back(kernel);
    register_kernel(kernels.back());
  }
  register_limits();
  benchmark::AddCustomContext("kernel by default", std::string{weir::kernel_name()});
  benchmark::AddCustomContext("bytes of a set", std::to_string(weir::bench::body_bytes()));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  weir::bench::summary summary{
      std::unique_ptr<benchmark::BenchmarkReporter>{benchmark::CreateDefaultDisplayReporter()}};
  benchmark::RunSpecifiedBenchmarks(&summary);
  summary.print(std::cerr, kernels);  // what is asked for as JSON stays JSON
  benchmark::Shutdown();
  return summary.failed() ? 1 : 0;
}
