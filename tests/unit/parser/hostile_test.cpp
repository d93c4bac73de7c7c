// SPDX-License-Identifier: Apache-2.0
//
// Hostile bodies cost what their length costs: twice the bytes, about twice the time. CPU time is
// compared with a good body of the same length, with a generous factor, because a quadratic
// reader misses it by orders of magnitude.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <ostream>
#include <string>

#include "weir/line_protocol.hpp"

namespace weir {
namespace {

// Bad bodies cost two to five times a good one (bench_parser measures it); what is quadratic here,
// thousands of times. The rest is room for a busy machine. A sanitizer checks each byte that the
// exact reader looks at, but only each register of a kernel.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)  // clang's way to say it
#define WEIR_TESTS_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(WEIR_TESTS_SANITIZED)
constexpr double factor_max = 200;
constexpr std::size_t body_bytes = std::size_t{256} << 10;  // it is slow enough
#else
constexpr double factor_max = 30;
constexpr std::size_t body_bytes = std::size_t{2} << 20;
#endif

double cpu_seconds(std::string_view body, std::size_t piece_bytes) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begin = std::clock();
    line_reader reader;
    for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
      reader.feed(body.substr(at, piece_bytes));
      while (reader.next() != line_event::more) {
      }
    }
    reader.finish();
    while (reader.next() != line_event::more) {
    }
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

std::string repeat(std::string_view text) {
  std::string out;
  while (out.size() + text.size() <= body_bytes) {
    out += text;
  }
  return out;
}

struct hostile_body {
  std::string_view name;
  std::string bytes;
};

// Without this, every run prints megabytes.
void PrintTo(const hostile_body& body, std::ostream* out) {
  *out << body.name;
}

class Hostile : public testing::TestWithParam<hostile_body> {};

TEST_P(Hostile, CostIsLinear) {
  const std::string good = repeat("cpu,host=a usage=1.5,idle=2i 1586844081000000000\n");
  const std::string& body = GetParam().bytes;
  const double floor = 1e-3 + cpu_seconds(good, good.size());
  EXPECT_LT(cpu_seconds(body, body.size()), factor_max * floor);
  EXPECT_LT(cpu_seconds(body, 1000), factor_max * (1e-3 + cpu_seconds(good, 1000)));
}

std::string descending_tags() {
  std::string body = "m";
  for (int i = 60'000; i > 10'000; --i) {
    body += ",t" + std::to_string(i) + "=v";
  }
  return body + " f=1\n";
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, Hostile,
    testing::Values(hostile_body{"all_bad", repeat("bad\n")},
                    hostile_body{"all_quotes_open", repeat("m f=\"\n")},
                    hostile_body{"one_open_quote", "m f=\"" + repeat("\n")},
                    hostile_body{"quotes_that_stay_open", "m f=\"\n" + repeat("x\" f=\"\n")},
                    hostile_body{"open_over_good_lines", "m f=\"\n" + repeat("m g=1 f=\"\n")},
                    hostile_body{"quotes_that_count_differently",
                                 "m f=\"\n" + repeat("\"=,\"=\"\n")},
                    hostile_body{"escaped_line_feeds", repeat("m f=1\\\n")},
                    hostile_body{"backslashes", repeat("\\")}, hostile_body{"quotes", repeat("\"")},
                    hostile_body{"comments", repeat("#\"\\\n")},
                    hostile_body{"blank_lines", repeat("\n")}, hostile_body{"blanks", repeat(" ")},
                    hostile_body{"one_string", "m f=\"" + repeat("\\\"")},
                    hostile_body{"scanners_disagree", repeat(" m\\\\,x f=\"a\n\" ")},
                    hostile_body{"text_after_quote", repeat("m f=\"a\"\"\n")},
                    hostile_body{"one_number", "m f=" + repeat("9")},
                    hostile_body{"many_fields", "m " + repeat("f=1,")},
                    hostile_body{"many_tags", descending_tags()},
                    hostile_body{"many_tags_twice", repeat("m,t=a ")},
                    hostile_body{"bad_utf8", repeat("m\xff f=1\n")}),
    [](const testing::TestParamInfo<hostile_body>& each) { return std::string{each.param.name}; });

// Long lines of the signs that diagnoses look for: no look at one of them reads the rest of the
// line.
TEST(Hostile, DiagnosesTakeLinearTime) {
  for (const std::string_view piece : {";", "a=1;", "\\;", "x=\\ ", "\\t", "|a=b", "s=\"\";"}) {
    for (const std::string_view begin : {"cpu,a=b ", "cpu,", "cpu s=\""}) {
      std::string line{begin};
      while (line.size() < 1'000'000) {
        line += piece;
      }
      line += begin.ends_with('"') ? "\" x" : " x";
      parse_error error;
      error.text = line;
      error.code = parse_code::invalid_tag_format;
      const std::clock_t start = std::clock();
      EXPECT_TRUE(repair(error, 1).empty());
      EXPECT_FALSE(diagnose(error, 1).explanation.empty());
      EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC) << piece;
    }
  }
}

}  // namespace
}  // namespace weir
