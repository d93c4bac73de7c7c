// SPDX-License-Identifier: Apache-2.0
//
// The canonical form: what is respelled, what is not, and that it names the same point.
#include <gtest/gtest.h>

#include "cases.hpp"

namespace weir::test {
namespace {

std::string canonical_of(std::string_view line) {
  const observed all = observe({line});
  return all.lines.size() == 1 && all.lines[0].code == parse_code::none ? all.canonical[0] : "!";
}

TEST(Canonical, Respells) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"m f=1 1", "m f=1"},
      {"  m,b=2,a=1   f=1  1 ", "m,a=1,b=2 f=1"},
      {"m \tf=1", "m f=1"},
      {"m,a-=1,a\\,=2 f=1", "m,a-=1,a\\,=2 f=1"},
      {"m,a\\,=2,a-=1 f=1", "m,a-=1,a\\,=2 f=1"},
      {"m,a\\ b=x\\,y f\\ g=\"s \\\" \\\\ \\x\"", "m,a\\ b=x\\,y f\\ g=\"s \\\" \\\\ \\x\""},
      {"m a=.5,b=-.5,c=1.,d=-1.,e=1.e3,f=.5e3,g=1.E-2",
       "m a=0.5,b=-0.5,c=1.0,d=-1.0,e=1.0e3,f=0.5e3,g=1.0E-2"},
      {"m a=007,b=-007i,c=00,d=000.50,e=0,f=-0,g=0i,h=-00i,i=0.5,j=00.",
       "m a=7,b=-7i,c=0,d=0.50,e=0,f=-0,g=0i,h=-0i,i=0.5,j=0.0"},
      {"m a=007u,b=t,c=FALSE", "m a=007u,b=t,c=FALSE"},
      {"m b=1,a=2,b=3", "m b=1,a=2,b=3"},
      {"a\tb f=\"x\ny\"", "a\tb f=\"x\ny\""},
  };
  for (const auto& [line, expected] : cases) {
    EXPECT_EQ(canonical_of(line), expected) << line;
  }
}

TEST(Canonical, SaysSoWhenItLiesThere) {
  const std::pair<std::string_view, bool> cases[] = {
      {"m,a=1,b=2 f=1,g=-2.5e3,h=7i,i=\"x\",j=t 1\n", true},
      {"m f=0,g=-0,h=0i,i=0.5\n", true},
      {"m,b=1,a=2 f=1\n", false},
      {"m  f=1\n", false},
      {"m f=.5\n", false},
      {"m f=1.\n", false},
      {"m f=1.,g=2 1\n", false},
      {"m f=007\n", false},
      {"m f=-00i 1\n", false},
      {" m f=1\r\n", true},
      {"m,t=a f=1u\n", true},
  };
  for (const auto& [line, expected] : cases) {
    line_reader reader;
    reader.feed(line);
    ASSERT_EQ(reader.next(), line_event::point) << line;
    EXPECT_EQ(reader.point().canonical, expected) << line;
  }
}

TEST(Canonical, IsTheSamePointAndItsOwnCanonicalForm) {
  for (const line_case& each : line_cases) {
    const observed first = observe({each.body});
    if (first.lines.size() != 1 || first.lines[0].code != parse_code::none) {
      continue;
    }
    const std::string body = first.canonical[0] + "\n";
    line_reader reader({.take_byte_order_mark = false});  // no body of a client's
    reader.feed(body);
    ASSERT_EQ(reader.next(), line_event::point) << body;
    EXPECT_TRUE(reader.point().canonical) << body;
    EXPECT_TRUE(reader.point().tags_sorted) << body;
    const outcome again = outcome_of(reader.point());
    EXPECT_EQ(again.measurement, first.lines[0].measurement);
    ASSERT_EQ(again.fields.size(), first.lines[0].fields.size());
    for (std::size_t i = 0; i < again.fields.size(); ++i) {
      EXPECT_EQ(again.fields[i].bits, first.lines[0].fields[i].bits) << body;
      EXPECT_EQ(again.fields[i].type, first.lines[0].fields[i].type) << body;
    }
    EXPECT_EQ(reader.next(), line_event::more);
  }
}

TEST(Canonical, SortsHundredsOfTags) {
  std::string body = "m";
  for (int i = 299; i >= 0; --i) {
    body += ",t" + std::to_string(1000 + i) + "=v";
  }
  const std::string out = canonical_of(body + " f=1");
  EXPECT_EQ(out.substr(0, 18), "m,t1000=v,t1001=v,");
  EXPECT_EQ(out.substr(out.size() - 12), ",t1299=v f=1");
}

}  // namespace
}  // namespace weir::test
