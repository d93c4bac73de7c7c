// SPDX-License-Identifier: Apache-2.0
//
// Every code has words, and a row in the table that operators read.
#include "gate/words.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "weir/line_protocol.hpp"

namespace weir {
namespace {

std::string operations() {
  std::ifstream file{WEIR_SOURCE_DIR "/docs/operations.md"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The table's row of a code, which may be among others in the row's first cell; empty if there is
/// none.
std::string row_of(const std::string& text, std::string_view code) {
  const std::size_t table = text.find("\n| code | the client sees |");
  const std::string name = "`" + std::string(code) + "`";
  for (std::size_t at = table; at != std::string::npos; at = text.find("\n| `", at + 1)) {
    const std::string row = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    if (const std::size_t found = row.find(name); found < row.find(" | ", 1)) {
      return row;
    }
  }
  return {};
}

TEST(operations_table, has_every_parse_code_with_the_words_that_clients_see) {
  const std::string text = operations();
  ASSERT_FALSE(text.empty());
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    const auto code = static_cast<parse_code>(i);
    const std::string row = row_of(text, name_of(code));
    EXPECT_FALSE(row.empty()) << "docs/operations.md, \"Every code\": no row for " << name_of(code);
    // The words up to the first value that they name.
    const std::string words = reason(parse_error{.code = code, .text = "x", .span = ""});
    const std::size_t end = words.find_first_of("-0123456789:=\"");
    EXPECT_NE(row.find(words.substr(0, end)), std::string::npos) << name_of(code) << ": " << words;
  }
}

TEST(operations_table, has_every_gate_code) {
  const std::string text = operations();
  for (std::size_t i = 1; i < gate_code_count; ++i) {
    const std::string_view name = name_of(static_cast<gate_code>(i));
    EXPECT_FALSE(row_of(text, name).empty())
        << "docs/operations.md, \"Every code\": no row for " << name;
  }
  EXPECT_FALSE(row_of(text, "all_or_nothing").empty());
}

TEST(explanation, of_every_gate_code_says_something_of_its_own) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const std::string_view words = explanation(static_cast<gate_code>(i));
    EXPECT_GE(words.size(), 20U) << i;
    EXPECT_TRUE(seen.insert(words).second) << words;
  }
}

}  // namespace
}  // namespace weir
