// SPDX-License-Identifier: Apache-2.0
//
// Seeded random bodies made of the pieces that matter, compared with the reference parser line by
// line: a small fuzzer for builds without libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "reference/reference.hpp"

namespace weir::test {
namespace {

constexpr std::string_view tokens[] = {"m",        "m,t=a f=1",
                                       ",",        "=",
                                       " ",        "\"",
                                       "\\",       "\n",
                                       "\r\n",     "\t",
                                       "f=",       "t=a",
                                       "1",        "1i",
                                       "2u",       "1.5",
                                       "-",        ".",
                                       "e5",       "true",
                                       "nan",      "\"a\"",
                                       "#",        "a",
                                       "\\,",      "\\ ",
                                       "\\\\",     "\\\"",
                                       "\xc3\xa9", "\xff",
                                       "0",        "99999999999999999999",
                                       " 1\n",     "f=\"x\"",
                                       ",g=2",     "\nm f=1 1\n",
                                       ",b=1,a=2", std::string_view{"\0", 1}};

TEST(Random, AgreesWithTheReference) {
  std::mt19937 random{20200414};
  for (int i = 0; i < 40'000; ++i) {
    std::string body;
    const std::size_t count = 1 + random() % 14;
    for (std::size_t k = 0; k < count; ++k) {
      body += tokens[random() % std::size(tokens)];
    }
    parse_options options;
    options.line_bytes_max = i % 5 == 0 ? 12 : options.line_bytes_max;
    const observed whole = observe({body}, options);
    ASSERT_EQ(read_by_reference(body, options), whole.lines) << testing::PrintToString(body);
    if (i % 4 == 0) {
      const std::string amid = amid_good_lines(body);
      const std::vector<outcome> expected = read_by_reference(amid, options);
      for (const std::string_view kernel : kernel_names()) {
        options.kernel = kernel;
        ASSERT_EQ(expected, observe({amid}, options).lines)
            << kernel << ' ' << testing::PrintToString(body);
      }
      options.kernel = {};
    }
    const std::size_t split = random() % (body.size() + 1);
    ASSERT_TRUE(same(whole, observe({body.substr(0, split), body.substr(split)}, options)))
        << testing::PrintToString(body) << " split at " << split;
  }
}

// Every field set of a few bytes over the alphabet on which InfluxDB's scanners disagree.
// What is accepted of tags with backslashes must be one line to 1.x's splitter, in any order and
// with any of the tags left out, as rules do.
TEST(Random, NoAcceptedTagsHideALineEnd) {
  constexpr std::string_view letters[] = {"a",     "b",   "\\\\", "\\\\ ", "\\\\,",
                                          "\\\\=", "\\ ", "\\=",  "\""};
  constexpr std::string_view field_sets[] = {"f=1", "f=\"s\"", "f=1,\"g=2", "f=\"s t=\",g=1"};
  std::mt19937 random{23};
  const auto name = [&](std::size_t size_max) {
    std::string made = "x";
    for (std::size_t k = random() % size_max; k > 0; --k) {
      made += letters[random() % std::size(letters)];
    }
    return made + "y";
  };
  int accepted = 0;
  int rejected = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = "m";
    for (std::size_t k = 1 + random() % 3; k > 0; --k) {
      line += "," + name(3) + std::to_string(k) + "=" + name(5);
    }
    line.append(" ").append(field_sets[random() % std::size(field_sets)]);
    const observed actual = observe({line});
    ASSERT_EQ(read_by_reference(line, {}), actual.lines) << line;
    ASSERT_EQ(actual.lines.size(), 1U) << line;
    rejected += actual.lines[0].code == parse_code::shield_ambiguous_backslash ? 1 : 0;
    if (actual.lines[0].code != parse_code::none) {
      continue;
    }
    ++accepted;
    ASSERT_TRUE(is_one_line_for_1x(actual.canonical[0])) << line;
    auto tags = actual.lines[0].tags;
    std::shuffle(tags.begin(), tags.end(), random);
    tags.resize(random() % (tags.size() + 1));
    std::string changed = "m";
    for (const auto& [key, value] : tags) {
      changed.append(",").append(key).append("=").append(value);
    }
    ASSERT_TRUE(is_one_line_for_1x(changed + line.substr(actual.lines[0].text.rfind(" f="))))
        << line << " changed to " << changed;
  }
  EXPECT_GT(accepted, 5'000);
  EXPECT_GT(rejected, 1'000);
}

TEST(Random, EveryShortFieldSet) {
  constexpr std::string_view alphabet = "a,=\"\\ 1";
  const parse_options options;
  for (std::size_t length = 1; length <= 5; ++length) {
    std::size_t all = 1;
    for (std::size_t i = 0; i < length; ++i) {
      all *= alphabet.size();
    }
    for (std::size_t number = 0; number < all; ++number) {
      std::string body = "m ";
      for (std::size_t i = 0, rest = number; i < length; ++i, rest /= alphabet.size()) {
        body += alphabet[rest % alphabet.size()];
      }
      ASSERT_EQ(read_by_reference(body, options), observe({body}, options).lines)
          << testing::PrintToString(body);
    }
  }
}

}  // namespace
}  // namespace weir::test
