// SPDX-License-Identifier: Apache-2.0
//
// Every kernel that this machine can run reads every line alike: each case between other lines, at
// every place that a line can have in a block of 64 bytes, and in pages whose neighbours are
// unmapped.
#include <gtest/gtest.h>

#include "cases.hpp"
#include "data/generate.hpp"
#include "guarded_pages.hpp"
#include "reference/reference.hpp"

namespace weir::test {
namespace {

class Kernel : public testing::TestWithParam<std::string_view> {
 protected:
  [[nodiscard]] observed read(std::string_view body, parse_options options = {}) const {
    options.kernel = GetParam();
    return observe({body}, options);
  }
};

TEST_P(Kernel, EveryCaseAmongOthers) {
  for (const line_case& each : line_cases) {
    const std::string body = amid_good_lines(each.body);
    ASSERT_EQ(read_by_reference(body, {}), read(body).lines) << testing::PrintToString(each.body);
  }
}

TEST_P(Kernel, EveryCaseAtEveryPlaceInABlock) {
  for (const line_case& each : line_cases) {
    for (std::size_t shift = 0; shift < 64; ++shift) {
      const std::string body =
          amid_good_lines(std::string(shift, 'm') + " f=\"\\\\\" 1\n" + std::string{each.body});
      ASSERT_EQ(read_by_reference(body, {}), read(body).lines)
          << testing::PrintToString(each.body) << " moved by " << shift;
    }
  }
}

TEST_P(Kernel, GeneratedData) {
  for (const bench::data_set set : bench::data_sets) {
    const std::string body = bench::generate(set, 200'000, 7);
    const observed actual = read(body);
    ASSERT_EQ(read_by_reference(body, {}), actual.lines) << name_of(set);
    ASSERT_EQ(actual.counts.errors, 0U) << name_of(set);
    parse_options scalar;
    scalar.kernel = "scalar";
    ASSERT_EQ(observe({body}, scalar).canonical, actual.canonical) << name_of(set);
  }
}

TEST_P(Kernel, LongLinesAndManyMarks) {
  std::string body = amid_good_lines("m f=\"" + std::string(40'000, 'x') + "\"");
  ASSERT_EQ(read_by_reference(body, {}), read(body).lines);
  std::string tags = "m";
  for (int i = 0; i < 3000; ++i) {
    tags += ",t" + std::to_string(10'000 + i) + "=v";
  }
  body = amid_good_lines(tags + " f=1,g=2\n" + tags + " f=3");
  ASSERT_EQ(read_by_reference(body, {}), read(body).lines);
  body = amid_good_lines(std::string(30'000, ',') + "\n" + std::string(30'000, '\n'));
  ASSERT_EQ(read_by_reference(body, {}), read(body).lines);
}

TEST_P(Kernel, NumbersOfTagsThatHarmInfluxDb) {
  std::string lines;
  std::size_t rejected = 0;
  for (const int count : {1, 63, 64, 65, 99, 100, 101, 150, 199, 200, 300, 400, 401}) {
    for (const bool ascending : {true, false}) {
      lines += "m";
      for (int i = 0; i < count; ++i) {
        lines += ",t" + std::to_string(ascending ? 1000 + i : 1999 - i) + "=v";
      }
      lines += " f=1\n";
      rejected += count == 100 || count == 200 || count == 400 ? 1 : 0;
    }
  }
  const std::string body = amid_good_lines(lines);
  const observed actual = read(body);
  ASSERT_EQ(read_by_reference(body, {}), actual.lines);
  EXPECT_EQ(actual.counts.errors, rejected);
}

TEST_P(Kernel, NumbersOfEveryLength) {
  std::string lines;
  for (const std::string_view digits : {"1234567890123456789012", "9999999999999999999999",
                                        "0000000000000000000001", "9007199254740993123456"}) {
    for (std::size_t size = 1; size <= digits.size(); ++size) {
      const std::string number{digits.substr(0, size)};
      for (const std::string_view sign : {"", "-"}) {
        lines.append("m i=").append(sign).append(number).append("i\n");
        lines.append("m i=").append(sign).append(number).append(" 7\n");
        lines.append("m i=").append(sign).append(number).append("e1,j=1\n");
        lines.append("m i=").append(number).append("u\n");
        lines.append("m i=1 ").append(sign).append(number).append("\n");
        for (std::size_t point = 0; point <= size; ++point) {
          std::string with_point = number;
          with_point.insert(point, 1, '.');
          lines.append("m i=").append(sign).append(with_point).append("\n");
        }
      }
    }
  }
  const std::string body = amid_good_lines(lines);
  ASSERT_EQ(read_by_reference(body, {}), read(body).lines);
}

TEST_P(Kernel, EveryByteInEveryPart) {
  constexpr std::string_view line = "mea,tag=val field=12i,f2=\"str\",f3=1.5,f4=true 1234567890";
  std::string lines;
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed{line};
      changed[at] = static_cast<char>(byte);
      lines += changed + '\n';
    }
  }
  const std::string body = amid_good_lines(lines);
  ASSERT_EQ(read_by_reference(body, {}), read(body).lines);
}

TEST_P(Kernel, TagKeysThatAreNearlyAlike) {
  // What is remembered of a line's tag keys must not be taken for those of the next line.
  const std::string stem(29, 'k');
  std::string lines;
  for (const std::string_view keys :
       {"a,b",        "a,b",       "b,a",    "b,a",    "a,a",      "b,b",      "ab,b",
        "a,bb",       "a",         "b",      "a,b,c",  "c,b,a",    "a,c,b",    "S1,S2",
        "S2,S1",      "S2,S1",     "S11,S1", "S1,S11", "S111,S11", "S11,S111", "S1111,S111",
        "S111,S1111", "S111,S111", "a\\=,a", "a,a\\=", "a\\,,a"}) {
    std::string text = "m";
    for (std::size_t at = 0; at <= keys.size();) {
      std::size_t end = at;
      while (end < keys.size() && (keys[end] != ',' || keys[end - 1] == '\\')) {
        ++end;
      }
      text += ',';
      for (const char byte : keys.substr(at, end - at)) {
        text += byte == 'S' ? stem : std::string(1, byte);
      }
      text += "=v";
      at = end + 1;
    }
    lines += text + " f=1\n";
  }
  const std::string body = amid_good_lines(lines + lines);
  const observed actual = read(body);
  ASSERT_EQ(read_by_reference(body, {}), actual.lines);
  parse_options scalar;
  scalar.kernel = "scalar";
  ASSERT_EQ(observe({body}, scalar).canonical, actual.canonical);
}

TEST_P(Kernel, NoByteOutsideAPieceIsRead) {
  guarded_pages pages{8};
  ASSERT_TRUE(pages.ready());
  for (const line_case& each : line_cases) {
    for (std::size_t padding = 0; padding < 64; padding += 7) {
      const std::string body = "m,t=" + std::string(padding + 1, 'v') + " f=1i,g=1.5 17\n" +
                               std::string{each.body} + "\n" + std::string{each.body} +
                               "\nm,t=" + std::string(padding + 1, 'v') + " f=1i,g=1.5 17\n";
      const std::vector<outcome> expected = read_by_reference(body, {});
      for (const bool at_the_end : {false, true}) {
        line_reader reader{{.kernel = GetParam()}};
        reader.feed(at_the_end ? pages.at_the_end(body) : pages.at_the_beginning(body));
        observed actual;
        drain(reader, actual);
        reader.finish();
        drain(reader, actual);
        ASSERT_EQ(actual.lines, expected) << testing::PrintToString(body);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Kernel, testing::ValuesIn(kernel_names()),
                         [](const testing::TestParamInfo<std::string_view>& each) {
                           return std::string{each.param};
                         });

}  // namespace
}  // namespace weir::test
