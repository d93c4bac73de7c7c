// SPDX-License-Identifier: Apache-2.0
//
// The work of one stage on fixed lines, for a tool that counts instructions from outside
// (count_instructions.py): `bench_instructions STAGE` makes all ready, does the stage's work once
// to know what it will meet again, and then once more within `weir_counted`. Prints what it was
// built with and how many pieces (lines, or requests) were counted; nothing here is timed.
#include <gnu/libc-version.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gzip.hpp"
#include "data/generate.hpp"
#include "gate/gate.hpp"
#include "gate/series/gate_memory.hpp"
#include "log/frame.hpp"
#include "sinks/mapping/name_book.hpp"
#include "sinks/remote_write/remote_write_target.hpp"
#include "weir/line_protocol.hpp"

extern "C" {
/// What is counted, by this name. Kept a function of its own.
__attribute__((noinline)) void weir_counted(const std::function<void()>& work);
void weir_counted(const std::function<void()>& work) {
  work();
}
}

namespace weir {
namespace {

constexpr std::size_t lines_of_pass = 4'000;
constexpr std::uint64_t seed = 1;
constexpr std::size_t frame_bytes = std::size_t{64} << 10;
/// Behind all times of the lines.
constexpr std::int64_t now_ns = 4'000'000'000'000'000'000;

[[noreturn]] void fail(std::string_view why) {
  std::cerr << "bench_instructions: " << why << "\n";
  std::exit(1);
}

/// Two runs of lines of the same series, the second at later times.
struct two_passes {
  std::string first;
  std::string second;
};

two_passes lines_of(bench::data_set set) {
  bench::line_generator lines(set, seed);
  two_passes made;
  for (std::string* pass : {&made.first, &made.second}) {
    for (std::size_t i = 0; i < lines_of_pass; ++i) {
      // 1,000 series, in no order.
      lines.append_line_of(i * 7'919 % 1'000, "", *pass);
    }
  }
  return made;
}

void count_parse(bench::data_set set) {
  const two_passes lines = lines_of(set);
  line_reader reader;
  std::uint64_t sum = 0;
  const auto read = [&](const std::string& body) {
    reader.reset({});
    reader.feed(body);
    while (reader.next() == line_event::point) {
      sum += reader.point().fields.size();
    }
  };
  read(lines.first);
  weir_counted([&] { read(lines.second); });
  if (reader.counts().errors > 0 || sum == 0) {
    fail("a line was refused");
  }
}

void count_gate(bench::data_set set) {
  const two_passes lines = lines_of(set);
  const auto memory = std::make_unique<gate_memory>(
      gate_memory_options{.seed = 20200414, .start_ns = bench::default_first_time_ns});
  const database_settings policy;
  line_reader reader;
  staged_lines staged;
  gate passing;
  passing.begin({.policy = &policy,
                 .now_ns = bench::default_first_time_ns,
                 .memory = memory.get(),
                 .database = "bench"});
  std::size_t refused = 0;
  const auto pass = [&](const std::string& body) {
    staged.clear(body.size() * 2);
    reader.reset({});
    reader.feed(body);
    while (reader.next() == line_event::point) {
      if (const std::size_t known = passing.pass_known(reader.upcoming(), staged); known > 0) {
        reader.skip(known - 1);
      } else {
        refused += passing.pass(reader.point(), staged).action != gate_action::keep ? 1 : 0;
      }
    }
  };
  pass(lines.first);
  weir_counted([&] { pass(lines.second); });
  if (refused > 0 || staged.empty()) {
    fail("a line was refused");
  }
}

void count_frame() {
  const two_passes lines = lines_of(bench::data_set::tsbs_int);
  gzip_compressor compressor;
  const frame_header about{.received_ns = now_ns, .database = "bench"};
  frame_builder builder;
  std::size_t bytes = 0;
  const auto seal = [&](std::string_view body) {
    while (!body.empty()) {
      const std::size_t end =
          body.size() <= frame_bytes ? body.size() : body.rfind('\n', frame_bytes) + 1;
      builder.append(body.substr(0, end), 1, 0, 0);
      body.remove_prefix(end);
      bytes += builder.seal(about, compression_mode::gzip, compressor)->stored.size();
    }
  };
  seal(lines.first);
  weir_counted([&] { seal(lines.second); });
  if (bytes == 0 || bytes > (lines.first.size() + lines.second.size()) / 2) {
    fail("frames are not compressed");
  }
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

  std::size_t bytes = 0;
};

void count_remote_write(std::uint32_t version) {
  two_passes lines = lines_of(bench::data_set::tsbs_int);
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
      .state_bytes = std::size_t{16} << 20,
      .counters = std::make_shared<sample_counters>(),
      .mapper = std::make_shared<series_mapper>(
          settings.mapping, std::make_shared<name_book>(std::size_t{1} << 20, nullptr))};
  remote_write_target target("bench", settings, std::move(parts), {}, {});
  std::uint64_t position = 0;
  bool failed = false;
  const auto deliver = [&](std::string& body) {
    batch one;
    one.lane = {"bench", ""};
    one.points = lines_of_pass;
    one.cut_position = log_position(++position);
    one.cut = std::move(body);
    target.deliver(one, [&](const attempt_result& result) {
      failed =
          failed || result.verdict != attempt_verdict::delivered || result.discarded.total() != 0;
    });
    target.saved(one.cut_position);
  };
  deliver(lines.first);
  weir_counted([&] { deliver(lines.second); });
  if (failed || server.bytes == 0) {
    fail("not all was delivered");
  }
}

struct stage {
  std::string_view name;
  void (*run)();
};

constexpr stage stages[] = {
    {"parse_tsbs", [] { count_parse(bench::data_set::tsbs_int); }},
    {"parse_mix", [] { count_parse(bench::data_set::mix); }},
    {"gate_tsbs", [] { count_gate(bench::data_set::tsbs_int); }},
    {"gate_mix", [] { count_gate(bench::data_set::mix); }},
    {"frame", count_frame},
    {"remote_write_1", [] { count_remote_write(1); }},
    {"remote_write_2", [] { count_remote_write(2); }},
};

int run(std::string_view wanted) {
  for (const stage& each : stages) {
    if (wanted == "--list") {
      std::cout << each.name << "\n";
    } else if (wanted == each.name) {
      each.run();
      std::cout << "counted " << lines_of_pass << "\n";
      return 0;
    }
  }
  return wanted == "--list" ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--built-with") {
    std::cout << "compiler " << __VERSION__ << ", glibc " << gnu_get_libc_version() << ", "
              << weir::kernel_name() << "\n";
    return 0;
  }
  if (argc != 2 || weir::run(argv[1]) != 0) {
    std::cerr << "bench_instructions STAGE | --list | --built-with\n";
    return 2;
  }
  return 0;
}
