// SPDX-License-Identifier: Apache-2.0
//
// What the gate's checks on time and names cost, and what rules cost: none, some for another
// database, twenty that touch no point, twenty that change every point. One thread; lines/s.
// WEIR_BENCH_BYTES sets the bytes of a set.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "data/generate.hpp"
#include "gate/gate.hpp"

namespace {

using weir::rule_action;
using weir::rule_settings;
using weir::rule_subject;
using weir::bench::data_set;

constexpr std::uint64_t seed = 20200414;

std::size_t bytes_of_set() {
  const char* const text = std::getenv("WEIR_BENCH_BYTES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::size_t{16} << 20;
}

std::vector<rule_settings> rules_of(const std::string& kind) {
  std::vector<rule_settings> rules;
  if (kind == "no rules") {
    return rules;
  }
  for (int i = 0; i < 20; ++i) {
    rules.push_back({.name = "r" + std::to_string(i),
                     .action = rule_action::drop,
                     .databases = {kind == "other database" ? "x*" : "*"},
                     .measurement = "nothing_" + std::to_string(i) + "_.*"});
  }
  if (kind == "twenty change") {
    rules[3] = {.name = "tag",
                .action = rule_action::rename,
                .what = rule_subject::tag,
                .key = "host(name)?",
                .to = "machine"};
    rules[7] = {.name = "add", .action = rule_action::add_tag, .key = "dc", .to = "prg"};
    rules[11] = {.name = "drop", .action = rule_action::drop_tag, .key = "rack|os"};
    rules[15] = {
        .name = "measurement", .action = rule_action::rename, .measurement = ".*", .to = "x_\\0"};
  }
  return rules;
}

void run(benchmark::State& state, data_set set, const std::string& kind) {
  const std::string body = weir::bench::generate(set, bytes_of_set(), seed);
  const auto compiled = weir::rule_set::compile(rules_of(kind));
  if (!compiled.ok()) {
    state.SkipWithError("the rules do not compile");
    return;
  }
  weir::rule_engine engine(*compiled.value());
  const weir::database_settings policy;
  weir::line_reader reader;
  weir::gate gate;
  weir::staged_lines staged;
  std::uint64_t lines = 0;
  for (auto turn : state) {
    static_cast<void>(turn);
    reader.reset({});
    gate.begin({.policy = &policy,
                .now_ns = 1'700'000'000'000'000'000,
                .unit_ns = 1,
                .rules = engine.rules_for("db")});
    staged.clear(body.size() * 2);
    reader.feed(body);
    while (reader.next() == weir::line_event::point) {
      benchmark::DoNotOptimize(gate.pass(reader.point(), staged));
    }
    lines = reader.counts().points;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
  state.counters["lines"] =
      benchmark::Counter{static_cast<double>(lines) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate};
}

}  // namespace

int main(int argc, char** argv) {
  for (const data_set set : weir::bench::data_sets) {
    for (const char* kind : {"no rules", "other database", "twenty idle", "twenty change"}) {
      benchmark::RegisterBenchmark((std::string(name_of(set)) + "/" + kind).c_str(), run, set,
                                   std::string(kind));
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
