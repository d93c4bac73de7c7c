// SPDX-License-Identifier: Apache-2.0
//
// The table of codes, and the table that operators read (docs/operations.md, "Every code"), which
// must say the same.
#include "gate/codes.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {
namespace {

/// A row of the operators' table: the cells "code", "the client sees", "why", "what to do".
struct documented_row {
  std::string codes;
  std::string seen;
  std::string why;
  std::string remedy;
};

std::vector<documented_row> documented_rows() {
  std::ifstream file{WEIR_SOURCE_DIR "/docs/operations.md"};
  std::vector<documented_row> rows;
  std::string line;
  while (std::getline(file, line) && !line.starts_with("| code | the client sees |")) {
  }
  std::getline(file, line);  // the rule below the head
  while (std::getline(file, line) && line.starts_with("| ")) {
    std::istringstream cells(line.substr(1));
    documented_row row;
    for (std::string* cell : {&row.codes, &row.seen, &row.why, &row.remedy}) {
      std::getline(cells, *cell, '|');
    }
    rows.push_back(row);
  }
  return rows;
}

const documented_row* row_with(const std::vector<documented_row>& rows, std::string_view code) {
  const std::string name = "`" + std::string(code) + "`";
  for (const documented_row& row : rows) {
    if (row.codes.find(name) != std::string::npos) {
      return &row;
    }
  }
  return nullptr;
}

/// The names between backticks.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('`'); at != std::string_view::npos;) {
    const std::size_t end = text.find('`', at + 1);
    names.emplace_back(text.substr(at + 1, end - at - 1));
    at = text.find('`', end + 1);
  }
  return names;
}

/// What stands in every such message behind the line that it quotes, without an aside in brackets.
std::string fixed_part(std::string_view message) {
  const std::size_t quoted = message.rfind('}');
  std::string text(message.substr(quoted == std::string_view::npos ? 0 : quoted + 1));
  text.erase(0, text.find_first_not_of("' :"));
  return text.substr(0, text.find(" ("));
}

TEST(operations_table, has_every_parse_code_with_the_words_that_clients_see) {
  const std::vector<documented_row> rows = documented_rows();
  ASSERT_FALSE(rows.empty());
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    const auto code = static_cast<parse_code>(i);
    const documented_row* const row = row_with(rows, name_of(code));
    ASSERT_NE(row, nullptr) << "docs/operations.md, \"Every code\": no row for " << name_of(code);
    // The words up to the first value that they name.
    const std::string words = reason(parse_error{.code = code, .text = "x", .span = ""});
    const std::size_t end = words.find_first_of("-0123456789:=\"");
    EXPECT_NE(row->seen.find(words.substr(0, end)), std::string::npos)
        << name_of(code) << ": " << words;
  }
}

TEST(operations_table, says_of_every_gate_code_what_its_row_says) {
  const std::vector<documented_row> rows = documented_rows();
  for (std::size_t i = 1; i < gate_code_count; ++i) {
    const gate_code_row& code = gate_codes[i];
    const documented_row* const row = row_with(rows, code.name);
    ASSERT_NE(row, nullptr) << "docs/operations.md, \"Every code\": no row for " << code.name;
    EXPECT_EQ(row->seen.find("dropped=N") != std::string::npos, code.form == refusal_form::storage)
        << code.name << ": the client sees " << row->seen;
    EXPECT_EQ(row->seen.starts_with(" nothing"), code.form == refusal_form::none)
        << code.name << ": the client sees " << row->seen;
    if (code.form != refusal_form::none && code.message.find("{detail}") == std::string::npos) {
      const std::string text = fixed_part(code.message);
      EXPECT_NE(row->seen.find(text), std::string::npos) << code.name << ": " << text;
    }
    for (const std::string& name : names_in(code.remedy)) {
      EXPECT_NE((row->why + row->remedy).find(name.substr(0, name.find(' '))), std::string::npos)
          << code.name << ": no word of " << name;
    }
  }
}

TEST(operations_table, has_no_code_that_is_none) {
  for (const documented_row& row : documented_rows()) {
    for (const std::string& name : names_in(row.codes)) {
      bool parsers = false;
      for (std::size_t i = 1; i < parse_code_count; ++i) {
        parsers = parsers || name_of(static_cast<parse_code>(i)) == name;
      }
      EXPECT_TRUE(parsers || find_gate_code(name) || name == "all_or_nothing") << name;
    }
  }
}

TEST(gate_codes, have_explanations_of_their_own) {
  std::set<std::string> seen;
  for (const gate_code_row& row : gate_codes) {
    const std::string text = explanation(row.code);
    EXPECT_GE(text.size(), 20U) << row.name;
    EXPECT_TRUE(text.ends_with('.')) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(gate_codes, are_found_by_their_names) {
  for (const gate_code_row& row : gate_codes) {
    EXPECT_EQ(find_gate_code(row.name), row.code);
  }
  EXPECT_EQ(find_gate_code("missing_fields"), std::nullopt);
  EXPECT_EQ(find_gate_code(""), std::nullopt);
}

TEST(refusal_message, quotes_the_line_and_holds_the_detail) {
  EXPECT_EQ(refusal_message(gate_code::beyond_retention, "m f=1 1", "unused"),
            "points beyond retention policy");
  EXPECT_EQ(refusal_message(gate_code::series_limit, "m f=1 1", "too many"), "too many");
  EXPECT_EQ(refusal_message(gate_code::reserved_tag, "m f=1 1", "reserved"),
            "unable to parse 'm f=1 1': reserved");
  EXPECT_EQ(refusal_message(gate_code::duplicate_point, "m f=1 1", "twice"),
            "point 'm f=1 1' was refused: twice");
  EXPECT_EQ(refusal_message(gate_code::dropped_by_rule, "m f=1 1", "dropped by rule \"a\""),
            "point 'm f=1 1' was dropped by rule \"a\"");
  EXPECT_EQ(refusal_message(gate_code::unsigned_refused, "m f=1u {detail} 1", ""),
            "unable to parse 'm f=1u {detail} 1': invalid number");
  EXPECT_EQ(refusal_message(gate_code::gauge_dropped, "m f=1 1", ""),
            "point 'm f=1 1' was refused: gauge_dropped");
}

}  // namespace
}  // namespace weir
