// SPDX-License-Identifier: Apache-2.0
//
// How fast a log in files comes back: opening it (the newest segment is read whole, payloads
// included), a sink's look at all headers, and reading every byte as `weir log verify` does. With a
// warm cache: the log was just written. WEIR_BENCH_BYTES: its size (2 GiB); TMPDIR: where.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "log/local/stored_log.hpp"
#include "log/open_log.hpp"

namespace weir {
namespace {

constexpr std::uint64_t segment_bytes = std::uint64_t{64} << 20;

std::uint64_t log_bytes() {
  const char* const given = std::getenv("WEIR_BENCH_BYTES");
  return given == nullptr ? std::uint64_t{2} << 30 : std::strtoull(given, nullptr, 10);
}

/// A log of frames of so many bytes each, removed at the end.
class example {
 public:
  explicit example(std::size_t frame_bytes) {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-bench-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
    auto log = open();
    static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
    std::uint64_t state = 88172645463325252U;
    std::string payload(frame_bytes, ' ');
    for (char& byte : payload) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      byte = static_cast<char>('a' + (state >> 60));
    }
    for (std::uint64_t bytes = 0; bytes < log_bytes(); bytes += frame_bytes) {
      auto made = std::make_shared<frame>();
      made->stored = payload;
      made->header.database = "metrics";
      made->header.points = static_cast<std::uint32_t>(frame_bytes / 50);
      const std::shared_ptr<frame> frames[] = {std::move(made)};
      if (log->append(frames).status != append_status::taken) {
        std::cerr << "the log cannot be written in " << directory_ << "\n";
        std::exit(1);
      }
    }
  }
  ~example() { std::filesystem::remove_all(directory_); }
  example(const example&) = delete;
  example& operator=(const example&) = delete;

  [[nodiscard]] std::unique_ptr<frame_log> open() {
    auto opened = open_local_log({.directory = directory_,
                                  .keep_bytes = std::uint64_t{1} << 40,
                                  .segment_bytes = segment_bytes,
                                  .frames = nothing_,
                                  .now_ns = [] { return std::int64_t{1}; }});
    if (!opened) {
      std::cerr << opened.error().message << "\n";
      std::exit(1);
    }
    return std::move(opened).value();
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  memory_budget nothing_{0};
  std::string directory_;
};

void tell(benchmark::State& state, std::uint64_t bytes, std::uint64_t points) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.SetLabel(std::to_string(points) + " points");
}

void open_it(benchmark::State& state) {
  example log(static_cast<std::size_t>(state.range(0)));
  std::uint64_t end = 0;
  for (auto _ : state) {
    end = log.open()->end().number();
  }
  tell(state, log_bytes(), (end - 1) * static_cast<std::uint64_t>(state.range(0) / 50));
}

void look_at_headers(benchmark::State& state) {
  example log(static_cast<std::size_t>(state.range(0)));
  const auto opened = log.open();
  std::uint64_t points = 0;
  for (auto _ : state) {
    points = 0;
    const auto reader = opened->reader();
    std::vector<frame_header> headers;
    for (log_position at = opened->first(); at < opened->end();) {
      headers.clear();
      at = reader->headers(at, 1024, headers);
      for (const frame_header& each : headers) {
        points += each.points;
      }
    }
  }
  tell(state, log_bytes(), points);
}

void read_every_byte(benchmark::State& state) {
  example log(static_cast<std::size_t>(state.range(0)));
  stored_scan found;
  for (auto _ : state) {
    const auto stored = stored_log::open(log.directory());
    found = stored.value().scan(
        0, [](const record_head&, const auto&) { return stored_log::visit::go_on; }, true);
  }
  tell(state, log_bytes(), found.whole() ? found.points : 0);
}

// Frames as a busy weir writes them, and as one with small requests does.
BENCHMARK(open_it)->Arg(65536)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(look_at_headers)->Arg(65536)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read_every_byte)->Arg(65536)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
