// SPDX-License-Identifier: Apache-2.0
//
// `weir explain CODE`: every code has a page that says everything, and its example has the code.
#include "tools/explain/code_page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text/terminal_text.hpp"
#include "config/keys/keys.hpp"
#include "parser/mistakes/mistake.hpp"
#include "tools/explain/code_examples.hpp"
#include "tools/lint/lint_text.hpp"

namespace weir::test {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(CodePage, SaysEverythingOfARefusal) {
  EXPECT_EQ(code_page("precision_mistaken", false),
            R"(precision_mistaken: weir rejects the line
  Read in the unit of its request the timestamp is years away from now (outside
  `plausible`), and in exactly one other unit it is near. The sender probably counts seconds
  or milliseconds where nanoseconds are read.

Example
    cpu,host=a usage=1.5 1790000000
  The request has no `precision`, so the seconds are read as nanoseconds: 1.79 s after 1970
  began.

What weir does
  Rejects the line: the answer (400) has its number, its place and this code. The other
  lines of the request are kept. The rejected line goes to the dead letters (`weir letters
  list --code precision_mistaken`), and weir_lines_rejected_total counts it.

What to do
  Have the sender name its unit in the URL of its write: the message says which, such as
  precision=s. Or have weir convert such times: `precision_mistake` = "mend" for the
  database ("trust" stores them as they are).

Settings that change it
  [database."*"] precision_mistake: times that are plausible in one other unit alone: tell
    the client, read them in it, or believe them
  [database."*"] plausible: where times are expected; a precision that misses it by its unit
    is a mistake
  [database."*"] precision: unit of timestamps whose request does not say; listener: that of
    [http] or [[udp]]; auto: each as plausible
  [http] precision: unit of timestamps where neither request nor database says
)");
}

TEST(CodePage, MarksTheMistakeAndRepairsIt) {
  const std::string page = code_page("decimal_comma", false);
  EXPECT_TRUE(has(page, "    disk used=71,5 1790000000000000000\n                ^\n")) << page;
  EXPECT_TRUE(has(page, "    disk used=71.5 1790000000000000000\n")) << page;
}

TEST(CodePage, NamesTheParticularMistakeOfACodesExample) {
  EXPECT_TRUE(has(code_page("missing_tag_value", false), "`weir explain empty_tag`"));
}

TEST(CodePage, EveryCodeHasAWholePage) {
  const std::vector<std::string> codes = explained_codes();
  EXPECT_EQ(codes.size(), parse_code_count - 1 + gate_code_count - 1 + 1 + mistake_count);
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size())
      << "one name for two things";
  for (const std::string& code : codes) {
    SCOPED_TRACE(code);
    EXPECT_TRUE(is_written_as_code(code));
    const std::string page = code_page(code, false);
    for (const std::string_view part : {"Example", "What weir does", "What to do"}) {
      EXPECT_TRUE(has(page, part)) << page;
    }
    EXPECT_FALSE(has(page, "{1}")) << page;
    for (const char c : page) {
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << page;
    }
  }
}

TEST(CodePage, EveryExampleOfTheParserHasItsCode) {
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    const auto code = static_cast<parse_code>(i);
    SCOPED_TRACE(std::string(name_of(code)));
    const std::string line = example_of(code);
    line_reader reader(parse_options{});
    reader.feed(line);
    reader.finish();
    ASSERT_EQ(reader.next(), line_event::error) << line.substr(0, 100);
    EXPECT_EQ(name_of(reader.error().code), name_of(code));
    EXPECT_TRUE(has(code_page(name_of(code), false), "^"));
  }
}

TEST(CodePage, EveryMistakeIsMarkedInItsExample) {
  for (std::size_t i = 0; i < mistake_count; ++i) {
    const std::string_view name = texts_of(static_cast<mistake>(i)).kind;
    EXPECT_TRUE(has(code_page(name, false), "^")) << name;
  }
}

TEST(CodePage, EveryKeyIsOneAndHasItsHelp) {
  for (const gate_code_example& each : gate_code_examples()) {
    if (each.keys.empty()) {
      EXPECT_TRUE(has(code_page(name_of(each.code), false), "Settings that change it\n  None.\n"));
      continue;
    }
    const std::string page = code_page(name_of(each.code), false);
    EXPECT_FALSE(has(page, ": \n")) << "a key without help: " << page;
    for (std::size_t at = 0; at < each.keys.size();) {
      const std::size_t end = std::min(each.keys.find(' ', at), each.keys.size());
      const std::string_view key = each.keys.substr(at, end - at);
      const std::string_view name = key.substr(key.find('.') + 1);
      const auto in = [&](const auto& keys) {
        return std::any_of(keys.begin(), keys.end(),
                           [&](const auto& one) { return one.name == name; });
      };
      EXPECT_TRUE((key.starts_with("database.") && in(database_keys())) ||
                  (key.starts_with("rule.") && in(rule_keys())) ||
                  (key.starts_with("limits.") && in(limit_keys())) ||
                  (key.starts_with("letters.") && in(letter_keys())) ||
                  (key.starts_with("http.") && in(http_keys())))
          << key;
      at = end + 1;
    }
  }
}

TEST(CodePage, EveryExampleOfTheGateParses) {
  // But for what is no line at all: what comes by remote write, and what stands for too much text.
  const std::set<gate_code> others{gate_code::stale_marker, gate_code::not_finite,
                                   gate_code::native_histogram, gate_code::unwritable_sample,
                                   gate_code::gauge_dropped};
  for (const gate_code_example& each : gate_code_examples()) {
    line_reader reader(parse_options{});
    reader.feed(each.line);
    reader.finish();
    EXPECT_EQ(reader.next() == line_event::point, !others.contains(each.code)) << each.line;
  }
}

TEST(CodePage, TheListHasEachCodeOnALineOfATerminal) {
  const std::string list = code_list(false);
  for (const std::string& code : explained_codes()) {
    EXPECT_TRUE(has(list, "\n  " + code + " ")) << code;
  }
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = list.find('\n', at);
    EXPECT_LE(columns_of(list.substr(at, end - at)), text_columns_max);
    at = end + 1;
  }
}

TEST(CodePage, TellsACodeFromALine) {
  EXPECT_TRUE(is_written_as_code("precision_mistaken"));
  EXPECT_TRUE(is_written_as_code("cpu"));
  EXPECT_FALSE(is_written_as_code("cpu,host=a"));
  EXPECT_FALSE(is_written_as_code("cpu value=1"));
  EXPECT_FALSE(is_written_as_code("# comment"));
}

TEST(CodePage, OfAWordThatIsNoCodeTheNearestAreNamed) {
  EXPECT_EQ(code_page("precision_mistake", false), "");
  EXPECT_EQ(code_page("none", false), "");
  EXPECT_TRUE(has(no_such_code("precision_mistakn"), "did you mean precision_mistaken"));
  EXPECT_TRUE(has(no_such_code("retention"), "beyond_retention or retention_clamped"))
      << no_such_code("retention");
  EXPECT_FALSE(has(no_such_code("\x1b[31m"), "\x1b"));
}

TEST(CodePage, ColoursAreEscapesAndNothingElse) {
  std::string page = code_page("decimal_comma", true);
  EXPECT_TRUE(has(page, "\x1b[1m"));
  for (std::size_t at = page.find('\x1b'); at != std::string::npos; at = page.find('\x1b')) {
    page.erase(at, page.find('m', at) - at + 1);
  }
  EXPECT_EQ(page, code_page("decimal_comma", false));
}

}  // namespace
}  // namespace weir::test
