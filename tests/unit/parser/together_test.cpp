// SPDX-License-Identifier: Apache-2.0
//
// Kernels read some lines at once: what one of them needs must be there until the next is asked
// for, and what spoils one must cost no other. And numbers that are too long for the shortest way.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "cases.hpp"
#include "reference/reference.hpp"

namespace weir::test {
namespace {

class Together : public testing::TestWithParam<std::string_view> {
 protected:
  [[nodiscard]] parse_options options() const {
    parse_options made;
    made.kernel = GetParam();
    return made;
  }
};

// All of these have the same last bytes in their measurement: they share what is remembered of
// tags.
TEST_P(Together, EachLineHasItsOwnOrderOfTags) {
  constexpr std::string_view tags[] = {"b=1,a=2", "a=1,b=2", "c=1,b=2,a=3", "b=1,c=2,a=3",
                                       "a=1",     "x=1,b=2", "b=1,a=2,c=3"};
  constexpr std::string_view sorted[] = {"a=2,b=1", "a=1,b=2", "a=3,b=2,c=1", "a=3,b=1,c=2",
                                         "a=1",     "b=2,x=1", "a=2,b=1,c=3"};
  std::mt19937 random{7};
  for (int round = 0; round < 200; ++round) {
    std::string body;
    std::vector<std::string> expected;
    for (int i = 0; i < 40; ++i) {
      const std::size_t which = random() % std::size(tags);
      body.append("measurement,").append(tags[which]).append(" f=1 1\n");
      expected.push_back("measurement," + std::string(sorted[which]) + " f=1");
    }
    line_reader reader{options()};
    reader.feed(body);
    std::size_t at = 0;
    while (reader.next() == line_event::point) {
      std::string canonical;
      append_canonical(reader.point(), canonical);
      ASSERT_EQ(canonical, expected[at++]);
      ASSERT_EQ(reader.counts().points, at);
      ASSERT_EQ(reader.point().line, at);
    }
    ASSERT_EQ(at, expected.size());
  }
}

TEST_P(Together, OneLineThatIsNotUtf8) {
  for (int bad = 0; bad < 40; ++bad) {
    std::string body;
    for (int i = 0; i < 40; ++i) {
      body += i == bad ? "m,t=\xff f=1 1\n" : "m,t=\xc3\xa9 f=1 1\n";
    }
    const std::vector<outcome> actual = observe({body}, options()).lines;
    ASSERT_EQ(read_by_reference(body, options()), actual) << bad;
    ASSERT_EQ(actual.size(), 40U);
  }
}

// More tags and fields than there is room for at first, among lines with few.
TEST_P(Together, LinesOfManySizes) {
  std::mt19937 random{11};
  std::string body;
  for (int i = 0; i < 300; ++i) {
    body += "m";
    const std::size_t tags = i % 3 == 0 ? random() % 90 : random() % 5;
    for (std::size_t k = 0; k < tags; ++k) {
      body += ",t" + std::to_string(100 + k) + "=v";
    }
    const std::size_t fields = 1 + (i % 5 == 0 ? random() % 200 : random() % 9);
    for (std::size_t k = 0; k < fields; ++k) {
      body += (k == 0 ? ' ' : ',');
      body += "f" + std::to_string(k) + "=" + std::to_string(random());
    }
    body += " 1\n";
  }
  const observed actual = observe({body}, options());
  ASSERT_EQ(read_by_reference(body, options()), actual.lines);
  ASSERT_EQ(actual.counts.points, 300U);
}

// A quote in some blocks and none in others, for long enough that the kernel adapts.
TEST_P(Together, QuotesInSomeLines) {
  std::mt19937 random{13};
  std::string body;
  while (body.size() < 200'000) {
    const auto kind = random() % 12;
    body += "m,t=a f=";
    body += kind < 3    ? "\"a, b=c\""
            : kind == 3 ? "\"a\\\"b \\\\\""
            : kind == 4 ? "\"open"
            : kind == 5 ? "\"two\nlines\""
                        : "1,g=222222,h=33333333333i,i=444";
    body += " 1586844081000000000\n";
  }
  ASSERT_EQ(read_by_reference(body, options()), observe({body}, options()).lines);
}

TEST_P(Together, FloatsOfEveryLengthRoundOnce) {
  std::mt19937_64 random{17};
  std::string body;
  std::vector<double> expected;
  const auto add = [&](const std::string& text) {
    body += "m f=" + text + " 1\n";
    expected.push_back(std::strtod(text.c_str(), nullptr));
  };
  // Halfway between two doubles, and a digit below and above.
  for (const char* const text :
       {"9007199254740993.0", "9007199254740992.9999", "9007199254740993.0001",
        "4503599627370497.5", "4503599627370497.4999", "4503599627370497.5001",
        "0.5000000000000000555", "0.50000000000000005551", "1.00000000000000011102",
        "1.0000000000000001110", "1.0000000000000001111", "99999999999999999999",
        "9999999999999999999.9", "0.0000000000000000001", "0.00000000000000000000"}) {
    add(text);
  }
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t length = 1 + random() % 21;
    std::string digits;
    while (digits.size() < length) {
      digits += static_cast<char>('0' + random() % 10);
    }
    const std::size_t point = random() % length;
    if (point > 0) {
      digits.insert(point, ".");
    }
    if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') {
      digits[0] = '7';
    }
    add(i % 7 == 0 ? "-" + digits : digits);
  }
  // Neighbours of a middle: the decimals of a double and half a unit more.
  for (int i = 0; i < 5'000; ++i) {
    const double middle = static_cast<double>(random() >> 11) / 1024;
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", static_cast<int>(random() % 6), middle);
    if (std::string_view(text).size() <= 21) {
      add(text);
    }
  }
  line_reader reader{options()};
  reader.feed(body);
  for (const double each : expected) {
    ASSERT_EQ(reader.next(), line_event::point);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(reader.point().fields.front().float_value),
              std::bit_cast<std::uint64_t>(each))
        << reader.point().fields.front().text;
  }
}

TEST_P(Together, IntegersOfEveryLength) {
  std::string body;
  std::string digits;
  for (int i = 1; i <= 22; ++i) {
    digits += static_cast<char>('0' + i % 10);
    body += "m f=" + digits + "i 1\nm f=-" + digits + "i 1\nm f=0" + digits + "i 1\n";
  }
  for (const char* const edge : {"9223372036854775807", "9223372036854775808",
                                 "-9223372036854775808", "-9223372036854775809"}) {
    body += std::string("m f=") + edge + "i 1\n";
  }
  ASSERT_EQ(read_by_reference(body, options()), observe({body}, options()).lines);
}

// Lines with and without a carriage return, and what is passed over between them: each says its
// own.
TEST_P(Together, EachLineKnowsWhetherItLostACarriageReturn) {
  std::mt19937 random{19};
  constexpr std::string_view passed[] = {"", "\r\n", "\n", "# c\r\n", "# c\n", " \r\n\r\n", "  \n"};
  constexpr std::string_view lines[] = {
      "m,t=a f=1 1", "m f=\"x\"",       "m f=12i,g=t  5 ", " m f=1",       "m,t f=1",
      "m f=1.5e3",   "m,b=1,a=2 f=1 1", "m f=\"a\nb\"",    "m,t=\xff f=1", "m \"q\"=1"};
  std::string body;
  std::vector<bool> expected;
  std::uint64_t returns = 0;
  while (expected.size() < 1000) {
    const std::string_view between = passed[random() % 4 == 0 ? random() % std::size(passed) : 0];
    const bool has_return = expected.size() / 100 % 2 == 0 ? random() % 20 == 0 : random() % 3 != 0;
    body.append(between).append(lines[random() % 3 == 0 ? random() % std::size(lines) : 0]);
    body.append(has_return ? "\r\n" : "\n");
    expected.push_back(has_return);
    returns += has_return ? 1 : 0;
    returns += static_cast<std::uint64_t>(std::count(between.begin(), between.end(), '\r'));
  }
  for (const std::size_t piece_bytes : {body.size(), std::size_t{4096}, std::size_t{61}}) {
    line_reader reader{options()};
    std::vector<bool> actual;
    for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
      const std::string piece = body.substr(at, piece_bytes);
      reader.feed(piece);
      for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
        actual.push_back(event == line_event::point ? reader.point().carriage_return
                                                    : reader.error().carriage_return);
      }
    }
    ASSERT_EQ(actual, expected) << piece_bytes;
    ASSERT_EQ(reader.counts().carriage_returns, returns) << piece_bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Together, testing::ValuesIn(kernel_names()),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace weir::test
