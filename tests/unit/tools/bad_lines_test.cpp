// SPDX-License-Identifier: Apache-2.0
//
// Bad lines of every shape, as the parser sees them.
#include "tools/load/bad_lines.hpp"

#include <gtest/gtest.h>

#include "data/generate.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

std::string bad(bad_kind kind, std::string_view good) {
  std::string out;
  append_bad_line(kind, good, out);
  return out;
}

TEST(BadLines, AreWrongInOnePlace) {
  const std::string good = "m\\,n,a=b\\ c,d=e f=1i,g=\"x, y\" 1586844081000000123\n";
  EXPECT_EQ(bad(bad_kind::space, good), "m\\,n, a=b\\ c,d=e f=1i,g=\"x, y\" 1586844081000000123\n");
  EXPECT_EQ(bad(bad_kind::tag, good), "m\\,n,a=b\\ c,d= f=1i,g=\"x, y\" 1586844081000000123\n");
  EXPECT_EQ(bad(bad_kind::field, good), "m\\,n,a=b\\ c,d=e 1586844081000000123\n");
  EXPECT_EQ(bad(bad_kind::number, good),
            "m\\,n,a=b\\ c,d=e f=1.2.3,g=\"x, y\" 1586844081000000123\n");
  EXPECT_EQ(bad(bad_kind::type, good),
            "m\\,n,a=b\\ c,d=e f=\"text\",g=\"x, y\" 1586844081000000123\n");
  EXPECT_EQ(bad(bad_kind::seconds, good), "m\\,n,a=b\\ c,d=e f=1i,g=\"x, y\" 1586844081\n");
  EXPECT_EQ(bad(bad_kind::time, good), "m\\,n,a=b\\ c,d=e f=1i,g=\"x, y\" 1586844081000000123.5\n");
  EXPECT_EQ(bad(bad_kind::type, "m,t=a f=\"a \\\" b\",g=2 1586844081000000123\n"),
            "m,t=a f=1,g=2 1586844081000000123\n");
}

TEST(BadLines, HaveNamesThatFindThem) {
  for (const bad_kind each : bad_kinds) {
    EXPECT_EQ(find_bad_kind(name_of(each)), each);
  }
  EXPECT_EQ(find_bad_kind("spaces"), std::nullopt);
}

// To a parser alone: another type and a time in seconds it cannot see.
TEST(BadLines, FailAloneInEveryShape) {
  for (const bench::data_set set : bench::data_sets) {
    bench::line_generator lines(set, 7);
    std::string body;
    std::string good;
    int errors = 0;
    int points = 0;
    for (int i = 0; i < 700; ++i) {
      good.clear();
      lines.append_line(good);
      append_bad_line(bad_kinds.at(static_cast<std::size_t>(i) % bad_kinds.size()), good, body);
      body += good;
    }
    line_reader reader;
    reader.reset({});
    reader.feed(body);
    reader.finish();
    for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
      errors += event == line_event::error ? 1 : 0;
      points += event == line_event::point ? 1 : 0;
    }
    EXPECT_EQ(errors, 500) << bench::name_of(set);
    EXPECT_EQ(points, 900) << bench::name_of(set);
  }
}

}  // namespace
}  // namespace weir
