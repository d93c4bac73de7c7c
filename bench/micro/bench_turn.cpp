// SPDX-License-Identifier: Apache-2.0
//
// How fast one thread takes bodies from their first byte into frames, and what the frames are like,
// by the number of shards that the log has: lines/s, and for each body its frames and their bytes,
// compressed. The log keeps nothing, so that it costs nothing. Bodies are TSBS's (ten tags, ten
// integer fields) of 4,000 series, or have one line. WEIR_BENCH_ROUNDS: that many bodies a case.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "accounts/database_registry.hpp"
#include "base/memory_budget.hpp"
#include "config/settings.hpp"
#include "data/generate.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/write_path.hpp"
#include "log/frame_log.hpp"
#include "unit/terms_of.hpp"

namespace {

using namespace weir;

constexpr std::int64_t now_ns = bench::default_first_time_ns;
constexpr std::uint64_t series = 4'000;

/// Counts frames and forgets them.
class counting_log final : public frame_log {
 public:
  explicit counting_log(std::uint32_t shards) : shards_(shards) {}

  append_result append(std::span<const std::shared_ptr<frame>> appended) override {
    for (const auto& each : appended) {
      ++frames;
      points += each->header.points;
      bytes += each->stored.size();
    }
    return {};
  }
  log_capabilities capabilities() const override { return {.shards = shards_}; }
  log_position first() const override { return log_position(1); }
  log_position end() const override { return log_position(1); }
  std::size_t subscribe(subscription, log_position) override { return 0; }
  void release(std::size_t, log_position) override {}
  void unsubscribe(std::size_t) override {}
  std::unique_ptr<log_reader> reader() override { return nullptr; }
  void collect(metric_collector&) const override {}
  outcome close() override { return nothing{}; }

  std::uint64_t frames = 0;
  std::uint64_t points = 0;
  std::uint64_t bytes = 0;

 private:
  const std::uint32_t shards_;
};

/// Of this thread alone, so that a busy machine counts less.
std::int64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Bodies of each series in turn, at ascending times.
class body_source {
 public:
  const std::string& next(std::uint64_t lines) {
    body_.clear();
    for (std::uint64_t i = 0; i < lines; ++i) {
      generator_.append_line_of(key_++ % series, {}, body_);
    }
    return body_;
  }

 private:
  bench::line_generator generator_{bench::data_set::tsbs_int, 20200414};
  std::uint64_t key_ = 0;
  std::string body_;
};

class writer {
 public:
  explicit writer(counting_log& log) {
    configured_.log.compression = compression_mode::automatic;
    terms_.publish(terms_of(configured_));
    path_ = std::make_unique<write_path>(write_services{.terms = terms_,
                                                        .log = log,
                                                        .databases = databases_,
                                                        .memory = requests_,
                                                        .remembered = memory_.get()});
  }

  /// As an HTTP connection hands a body on. One function, for those who count its instructions.
  [[gnu::noinline]] void write(std::string_view body) {
    constexpr std::size_t piece_bytes = std::size_t{64} << 10;
    std::string refusal;
    write_job* const job = path_->begin({"benchmark", "", 1}, now_ns, refusal,
                                        [](write_end, const write_verdict&, const std::string&) {});
    while (!body.empty()) {
      const std::string_view piece = body.substr(0, piece_bytes);
      job->body(piece);
      body.remove_prefix(piece.size());
    }
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
  }

 private:
  settings configured_;
  published<write_terms> terms_{terms_of(configured_)};
  database_registry databases_{10};
  memory_budget requests_{std::size_t{256} << 20};
  std::unique_ptr<gate_memory> memory_ =
      std::make_unique<gate_memory>(gate_memory_options{.seed = 20200414, .start_ns = now_ns});
  std::unique_ptr<write_path> path_;
};

void turn(benchmark::State& state) {
  const auto lines = static_cast<std::uint64_t>(state.range(0));
  counting_log log(static_cast<std::uint32_t>(state.range(1)));
  writer to(log);
  body_source bodies;
  to.write(bodies.next(series));  // from now on all of them are known
  log.frames = log.points = log.bytes = 0;
  std::size_t body_bytes = 0;
  for (auto each : state) {
    static_cast<void>(each);
    const std::string& body = bodies.next(lines);
    body_bytes += body.size();
    const std::int64_t begin = thread_time_ns();
    to.write(body);
    state.SetIterationTime(static_cast<double>(thread_time_ns() - begin) / 1e9);
  }
  const auto iterations = static_cast<std::uint64_t>(state.iterations());
  if (log.points != lines * iterations) {
    std::abort();  // a line was refused
  }
  const auto mean = [&](std::uint64_t sum) {
    return static_cast<double>(sum) / static_cast<double>(iterations);
  };
  state.counters["lines"] =
      benchmark::Counter{static_cast<double>(log.points), benchmark::Counter::kIsRate};
  state.counters["frames"] = mean(log.frames);
  state.counters["frame_bytes"] = mean(log.bytes);
  state.counters["body_bytes"] = mean(body_bytes);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* const rounds = std::getenv("WEIR_BENCH_ROUNDS");
  for (const std::int64_t lines : {1, 5'000, 100'000}) {
    for (const std::int64_t shards : {1, 12, 64}) {
      auto* const made = benchmark::RegisterBenchmark("turn", turn)
                             ->UseManualTime()
                             ->ArgNames({"lines", "shards"})
                             ->Args({lines, shards});
      if (rounds != nullptr) {
        made->Iterations(std::atoll(rounds));
      }
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
