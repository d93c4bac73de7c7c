// SPDX-License-Identifier: Apache-2.0
#include "tools/log/log_lines.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::string_view lines =
    "cpu,host=a v=1 1\n"
    "disk\\ x,t=\"q v=\"one\ntwo \\\" three\" 2\n"
    "a\\,b s=\"x\",u=\"y z\" 3\n";

TEST(log_lines, a_string_may_hold_line_feeds) {
  std::string_view rest = lines;
  std::vector<std::size_t> lengths;
  while (!rest.empty()) {
    lengths.push_back(first_line_bytes(rest));
    rest.remove_prefix(lengths.back());
  }
  EXPECT_EQ(lengths, (std::vector<std::size_t>{17, 36, 21}));
}

TEST(log_lines, measurements_are_matched_without_escapes) {
  const auto matching = [](std::string_view pattern) {
    std::string out;
    const std::size_t count = append_matching_lines(lines, pattern, out);
    return std::pair(count, out.size());
  };
  EXPECT_EQ(matching(""), std::pair(std::size_t{3}, lines.size()));
  EXPECT_EQ(matching("*"), std::pair(std::size_t{3}, lines.size()));
  EXPECT_EQ(matching("cpu"), std::pair(std::size_t{1}, std::size_t{17}));
  EXPECT_EQ(matching("disk x"), std::pair(std::size_t{1}, std::size_t{36}));
  EXPECT_EQ(matching("a,?"), std::pair(std::size_t{1}, std::size_t{21}));
  EXPECT_EQ(matching("cp"), std::pair(std::size_t{0}, std::size_t{0}));
}

TEST(log_lines, a_heading_is_what_influx_imports) {
  EXPECT_EQ(import_heading("db", ""),
            "# DML\n# CONTEXT-DATABASE: db\n# CONTEXT-RETENTION-POLICY: autogen\n");
  EXPECT_EQ(import_heading("a\nb", "week"),
            "# DML\n# CONTEXT-DATABASE: a\\x0Ab\n# CONTEXT-RETENTION-POLICY: week\n");
}

}  // namespace
}  // namespace weir
