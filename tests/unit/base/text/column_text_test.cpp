// SPDX-License-Identifier: Apache-2.0
//
// Any name comes back from a column, and breaks neither the column nor the record.
#include "base/text/column_text.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(column_text, gives_back_any_name) {
  for (const std::string_view name :
       {"", "plain", "a\tb", "a\nb", "\\", "\\t", "\\n", "\t\n\\", "\\\\\t", "C:\\new\\table"}) {
    std::string column;
    append_column_text(name, column);
    EXPECT_EQ(column.find_first_of("\t\n"), std::string::npos) << name;
    std::string room = "of another name";
    EXPECT_EQ(read_column_text(column, room), name);
  }
}

TEST(column_text, is_appended_and_spelled_as_the_files_have_it) {
  std::string out = "before ";
  append_column_text("a\tb\nc\\d", out);
  EXPECT_EQ(out, "before a\\tb\\nc\\\\d");
  std::string room;
  EXPECT_EQ(read_column_text("no end\\", room), "no end\\");
}

}  // namespace
}  // namespace weir
