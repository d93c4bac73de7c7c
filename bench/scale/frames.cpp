// SPDX-License-Identifier: Apache-2.0
//
// What cutting lines by series costs: lines of a turn are cut into shards as intake does it
// (docs/log_kafka.md), and each shard's lines become one value: plain below
// `frame_plain_bytes_max`, else one gzip member by weir's compressor. It prints bytes and records a
// turn, and the CPU time of hashing, copying and compressing. No log and no sockets: what Kafka's
// client takes comes on top, and bench/scale/measure.py measures it.
//
//   frames [LINES…]     one JSON object a line on standard output
#include <time.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gzip.hpp"
#include "data/generate.hpp"
#include "log/frame.hpp"

namespace {

using weir::bench::data_set;

struct line {
  std::string_view text;
  std::string_view series;
};

/// Before the first space that no backslash escapes.
std::string_view series_of(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != ' ') {
    at += text[at] == '\\' ? 2 : 1;
  }
  return text.substr(0, std::min(at, text.size()));
}

std::vector<line> lines_of(std::string_view body) {
  std::vector<line> out;
  while (!body.empty()) {
    const std::size_t end = body.find('\n') + 1;
    const std::string_view text = body.substr(0, end);
    out.push_back({text, series_of(text)});
    body.remove_prefix(end);
  }
  return out;
}

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct found {
  std::uint64_t turns = 0;
  std::uint64_t records = 0;
  std::uint64_t plain = 0;
  std::uint64_t stored = 0;
  double cut_seconds = 0;
  double compress_seconds = 0;
};

/// Turns of `lines_a_turn` lines, one after the other, until `all` is used up.
found run(const std::vector<line>& all, std::size_t shards, std::size_t lines_a_turn) {
  weir::gzip_compressor compressor;
  std::vector<std::string> open(shards);
  std::string member;
  found out;
  for (std::size_t first = 0; first + lines_a_turn <= all.size(); first += lines_a_turn) {
    const double begin = thread_cpu_seconds();
    for (std::size_t i = first; i < first + lines_a_turn; ++i) {
      const std::string_view series = all[i].series;
      const std::size_t shard =
          shards == 1 ? 0 : XXH3_64bits(series.data(), series.size()) % shards;
      open[shard].append(all[i].text);
    }
    const double cut = thread_cpu_seconds();
    for (std::string& each : open) {
      if (each.empty()) {
        continue;
      }
      ++out.records;
      if (each.size() < weir::frame_plain_bytes_max) {
        ++out.plain;
        out.stored += each.size();
      } else {
        member.clear();
        const std::string_view piece = each;
        compressor.append_member({&piece, 1}, member);
        out.stored += member.size();
      }
      each.clear();
    }
    ++out.turns;
    out.cut_seconds += cut - begin;
    out.compress_seconds += thread_cpu_seconds() - cut;
  }
  return out;
}

/// Of each set; WEIR_BENCH_BYTES.
std::size_t body_bytes() {
  const char* wanted = std::getenv("WEIR_BENCH_BYTES");  // NOLINT: one thread
  return wanted == nullptr ? 48'000'000 : std::strtoul(wanted, nullptr, 10);
}

void measure(data_set set, std::size_t shards, std::size_t lines_a_turn) {
  static const std::size_t bytes = body_bytes();
  static const std::string tsbs = weir::bench::generate(data_set::tsbs_int, bytes, 7);
  static const std::string flink = weir::bench::generate(data_set::flink_report, bytes, 7);
  const std::string& body = set == data_set::tsbs_int ? tsbs : flink;
  const std::vector<line> all = lines_of(body);
  const found out = run(all, shards, lines_a_turn);
  if (out.turns == 0) {
    std::fprintf(stderr, "frames: there are %zu lines, fewer than a turn\n", all.size());
    std::exit(1);
  }
  std::size_t text = 0;
  for (std::size_t i = 0; i < out.turns * lines_a_turn; ++i) {
    text += all[i].text.size();
  }
  const auto lines = static_cast<double>(out.turns * lines_a_turn);
  std::printf(
      "{\"set\": \"%s\", \"shards\": %zu, \"lines_a_turn\": %zu, \"bytes_a_line\": %.1f, "
      "\"stored_a_line\": %.1f, \"records_a_turn\": %.2f, \"plain\": %.3f, "
      "\"cut_s_per_gb\": %.3f, \"compress_s_per_gb\": %.3f}\n",
      std::string(weir::bench::name_of(set)).c_str(), shards, lines_a_turn,
      static_cast<double>(text) / lines, static_cast<double>(out.stored) / lines,
      static_cast<double>(out.records) / static_cast<double>(out.turns),
      static_cast<double>(out.plain) / static_cast<double>(out.records),
      out.cut_seconds / static_cast<double>(text) * 1e9,
      out.compress_seconds / static_cast<double>(text) * 1e9);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::size_t> turns;
  for (int i = 1; i < count; ++i) {
    turns.push_back(std::strtoul(words[i], nullptr, 10));
    if (turns.back() == 0) {
      std::fprintf(stderr, "usage: frames [LINES A TURN…]\n");
      return 2;
    }
  }
  if (turns.empty()) {
    turns = {500, 5'000, 50'000};
  }
  for (const data_set set : {data_set::tsbs_int, data_set::flink_report}) {
    for (const std::size_t lines_a_turn : turns) {
      for (const std::size_t shards : {std::size_t{1}, std::size_t{12}, std::size_t{64},
                                       std::size_t{256}, std::size_t{1024}}) {
        measure(set, shards, lines_a_turn);
      }
    }
  }
  return 0;
}
