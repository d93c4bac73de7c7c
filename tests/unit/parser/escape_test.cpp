// SPDX-License-Identifier: Apache-2.0
//
// What each kind of name undoes, and what it keeps.
#include <gtest/gtest.h>

#include "weir/line_protocol.hpp"

namespace weir {
namespace {

using unescaper = void (*)(std::string_view, std::string&);

std::string undo(unescaper how, std::string_view raw) {
  std::string out = "+";
  how(raw, out);
  return out;
}

TEST(Escape, EachKindUndoesItsOwn) {
  constexpr std::string_view raw = R"(a\,b\ c\=d\"e\\f\g\)";
  EXPECT_EQ(undo(unescape_measurement, raw), R"(+a,b c=d"e\\f\g\)");
  EXPECT_EQ(undo(unescape_field_key, raw), R"(+a,b c=d"e\\f\g\)");
  EXPECT_EQ(undo(unescape_tag, raw), R"(+a,b c=d\"e\\f\g\)");
  EXPECT_EQ(undo(unescape_string, raw), R"(+a\,b\ c\=d"e\f\g\)");
}

TEST(Escape, PairsAreTakenFromTheLeft) {
  EXPECT_EQ(undo(unescape_string, R"(\\\")"), R"(+\")");
  EXPECT_EQ(undo(unescape_tag, R"(\\,)"), R"(+\,)");
  EXPECT_EQ(undo(unescape_tag, ""), "+");
}

}  // namespace
}  // namespace weir
