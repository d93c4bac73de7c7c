// SPDX-License-Identifier: Apache-2.0
//
// How fast one thread takes lines through the whole gate, with so many series and types known:
// lines/s of reading alone, with the canonical form, and with the gate, over the same bytes. Lines
// are shaped like TSBS's (ten unsorted tags, ten integer fields). Every pass has each series once,
// in no order, at a time of its own. `to_parse` is what counts on a busy machine: the speed as a
// part of that of reading alone, which was measured on the same bytes just before, the median of
// all pieces. WEIR_BENCH_SERIES bounds the series.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gate/gate.hpp"
#include "gate/series/gate_memory.hpp"
#include "weir/line_protocol.hpp"

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 18;
constexpr std::int64_t first_time_ns = 1'586'844'081'000'000'000;
constexpr std::string_view fields[] = {
    "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
    "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};

std::uint64_t series_of(std::uint64_t wanted) {
  const char* const text = std::getenv("WEIR_BENCH_SERIES");
  return text != nullptr ? std::min<std::uint64_t>(wanted, std::strtoull(text, nullptr, 10))
                         : wanted;
}

/// Of this thread alone, so that a busy machine counts less.
std::int64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Lines of `series` series over `measurements` measurements, for ever.
class lines {
 public:
  lines(std::uint64_t series, std::uint64_t measurements)
      : series_(series), measurements_(measurements) {}

  /// Whole lines, some `chunk_bytes`; how many.
  std::uint64_t next(std::string& out) {
    out.clear();
    std::uint64_t count = 0;
    for (; out.size() < chunk_bytes; ++count) {
      append(out);
    }
    return count;
  }

 private:
  void append(std::string& out) {
    // Steps of a prime that does not divide the number: every series comes once in each round.
    at_ = (at_ + 7'368'787) % series_;
    const std::uint64_t host = at_;
    number_ = number_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    out += "cpu";
    if (measurements_ > 1) {
      out += std::to_string(host % measurements_);
    }
    out += ",hostname=host_" + std::to_string(host);
    out += ",region=eu-central-1,datacenter=eu-central-1b,rack=" + std::to_string(host % 100);
    out += ",os=Ubuntu16.10,arch=x64,team=NYC,service=" + std::to_string(host % 20);
    out += ",service_version=" + std::to_string(host % 2) + ",service_environment=production";
    char separator = ' ';
    for (std::size_t i = 0; i < std::size(fields); ++i) {
      out += separator;
      separator = ',';
      out.append(fields[i]) += '=';
      out += std::to_string(number_ >> (i * 5) & 63) + "i";
    }
    time_ns_ += 1'000;
    out += ' ';
    out += std::to_string(time_ns_) + "\n";
  }

  std::uint64_t series_;
  std::uint64_t measurements_;
  std::uint64_t at_ = 0;
  std::uint64_t number_ = 1;
  std::int64_t time_ns_ = first_time_ns;
};

enum class stage : std::uint8_t { parse, canonical, gate };

/// One pass over `count` lines; nanoseconds that reading and `stage` took. Making the lines is not
/// counted.
class taker {
 public:
  explicit taker(weir::gate_memory* memory) {
    gate_.begin(
        {.policy = &policy_, .now_ns = first_time_ns, .memory = memory, .database = "benchmark"});
  }

  std::int64_t pass(stage part, lines& from, std::uint64_t count) {
    std::int64_t taken = 0;
    for (std::uint64_t done = 0; done < count;) {
      done += from.next(body_);
      take(stage::parse);  // now the body is as near as one that has just arrived
      const std::int64_t reading = timed(stage::parse);
      const std::int64_t all = timed(part);
      to_parse_.push_back(static_cast<double>(reading) / static_cast<double>(all));
      taken += all;
    }
    return taken;
  }

  /// The median since the last call.
  double take_to_parse() {
    std::vector<double> all = std::exchange(to_parse_, {});
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    return *middle;
  }

 private:
  std::int64_t timed(stage part) {
    const std::int64_t begin = thread_time_ns();
    take(part);
    return thread_time_ns() - begin;
  }

  void take(stage part) {
    staged_.clear(2 * chunk_bytes);
    text_.clear();
    reader_.reset({});
    reader_.feed(body_);
    while (reader_.next() == weir::line_event::point) {
      const weir::point_view& point = reader_.point();
      switch (part) {
        case stage::parse:
          benchmark::DoNotOptimize(point.fields.data());
          benchmark::ClobberMemory();
          break;
        case stage::canonical:
          weir::append_canonical(point, text_);
          break;
        case stage::gate:
          if (const std::size_t known = gate_.pass_known(reader_.upcoming(), staged_); known > 0) {
            reader_.skip(known - 1);
          } else {
            refused_ += gate_.pass(point, staged_).action != weir::gate_action::keep ? 1 : 0;
          }
          break;
      }
    }
    if (reader_.counts().errors > 0 || refused_ > 0) {
      std::abort();  // a generated line was refused
    }
  }

  weir::database_settings policy_;
  weir::line_reader reader_;
  weir::staged_lines staged_;
  weir::gate gate_;
  std::string body_;
  std::string text_;
  std::vector<double> to_parse_;
  std::uint64_t refused_ = 0;
};

void run(benchmark::State& state, stage part, std::uint64_t wanted, std::uint64_t measurements) {
  const std::uint64_t series = series_of(wanted);
  const auto memory = std::make_unique<weir::gate_memory>(
      weir::gate_memory_options{.seed = 20200414, .start_ns = first_time_ns});
  taker worker(memory.get());
  lines source(series, measurements);
  if (part == stage::gate) {
    worker.pass(part, source, series + chunk_bytes / 64);  // all of them are known now
    static_cast<void>(worker.take_to_parse());
  }
  const std::uint64_t round = std::max<std::uint64_t>(100'000, series);
  for (auto turn : state) {
    static_cast<void>(turn);
    state.SetIterationTime(static_cast<double>(worker.pass(part, source, round)) / 1e9);
  }
  state.counters["lines"] =
      benchmark::Counter{static_cast<double>(round) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate};
  state.counters["to_parse"] = worker.take_to_parse();
  if (part == stage::gate) {
    const auto totals = memory->series.count();
    state.counters["series"] = static_cast<double>(totals.series);
    state.counters["bytes/series"] =
        static_cast<double>(totals.bytes) / static_cast<double>(totals.series);
    state.counters["types"] = static_cast<double>(memory->count().front().types);
    state.counters["types_bytes"] = static_cast<double>(memory->types_budget().used());
  }
}

}  // namespace

int main(int argc, char** argv) {
  struct row {
    const char* name;
    std::uint64_t series;
    std::uint64_t measurements;
  };
  constexpr row rows[] = {{"10k_series", 10'000, 1},
                          {"1m_series", 1'000'000, 1},
                          {"1m_series_100k_types", 1'000'000, 10'000}};
  constexpr std::pair<const char*, stage> stages[] = {
      {"parse/", stage::parse}, {"canonical/", stage::canonical}, {"gate/", stage::gate}};
  for (const row& each : rows) {
    for (const auto& [prefix, part] : stages) {
      benchmark::RegisterBenchmark((std::string(prefix) + each.name).c_str(), run, part,
                                   each.series, each.measurements)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
