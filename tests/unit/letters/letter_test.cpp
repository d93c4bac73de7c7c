// SPDX-License-Identifier: Apache-2.0
//
// The format of a dead letter: what docs/letters_format.md says, and back again.
#include "letters/letter.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

letter_header some_header() {
  return {.received_ns = 1'767'323'045'678'901'234,
          .listener = "http",
          .dialect = "v1",
          .address = "192.0.2.1:4711",
          .user = "ann",
          .agent = "Telegraf/1.39 \"x\"",
          .database = "metrics",
          .retention_policy = "week",
          .unit_ns = 1'000'000'000};
}

letter_line some_line() {
  return {.dropped = false,
          .code = "missing_fields",
          .line = 3,
          .column = 4,
          .message = "missing fields",
          .text = "bad \"<\\>\"",
          .cut = false};
}

std::string encoded(const letter_line& line) {
  std::string out;
  append_letter(17, some_header(), line, out);
  return out;
}

TEST(letter, is_one_json_object_a_line) {
  EXPECT_EQ(encoded(some_line()),
            R"({"id":17,"time":"2026-01-02T03:04:05.678901234Z","time_ns":1767323045678901234,)"
            R"("action":"rejected","code":"missing_fields","message":"missing fields",)"
            R"("database":"metrics","rp":"week","precision":"s","listener":"http","dialect":"v1",)"
            R"("address":"192.0.2.1:4711","user":"ann","agent":"Telegraf/1.39 \"x\"",)"
            R"("request_line":3,"column":4,"line":"bad \"\u003c\\\u003e\""})"
            "\n");
}

TEST(letter, comes_back_as_it_was) {
  letter_decoder decoder;
  letter_line line = some_line();
  for (const std::string& text :
       {std::string("m f="), std::string("\xff\xfe\0\r\"", 5),
        std::string("caf\xc3\xa9 \xe2\x88\x9e"), std::string(100'000, '\x01'), std::string()}) {
    line.text = text;
    line.dropped = !line.dropped;
    line.cut = !line.cut;
    const std::string bytes = encoded(line);
    EXPECT_EQ(bytes.find('\n'), bytes.size() - 1);
    const auto found = decoder.decode(std::string_view(bytes).substr(0, bytes.size() - 1));
    ASSERT_TRUE(found.has_value()) << bytes.substr(0, 500);
    EXPECT_EQ(found->id, 17U);
    EXPECT_EQ(found->header.received_ns, some_header().received_ns);
    EXPECT_EQ(found->header.listener, "http");
    EXPECT_EQ(found->header.dialect, "v1");
    EXPECT_EQ(found->header.address, "192.0.2.1:4711");
    EXPECT_EQ(found->header.user, "ann");
    EXPECT_EQ(found->header.agent, "Telegraf/1.39 \"x\"");
    EXPECT_EQ(found->header.database, "metrics");
    EXPECT_EQ(found->header.retention_policy, "week");
    EXPECT_EQ(found->header.unit_ns, 1'000'000'000);
    EXPECT_EQ(found->what.text, text);
    EXPECT_EQ(found->what.dropped, line.dropped);
    EXPECT_EQ(found->what.cut, line.cut);
    EXPECT_EQ(found->what.code, "missing_fields");
    EXPECT_EQ(found->what.line, 3U);
    EXPECT_EQ(found->what.column, 4U);
    EXPECT_EQ(found->what.message, "missing fields");
  }
}

TEST(letter, what_is_none) {
  letter_decoder decoder;
  const std::string whole = encoded(some_line());
  EXPECT_FALSE(decoder.decode(""));
  EXPECT_FALSE(decoder.decode("{}"));
  EXPECT_FALSE(decoder.decode("[1]"));
  EXPECT_FALSE(decoder.decode("null"));
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_FALSE(decoder.decode(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_TRUE(decoder.decode(std::string_view(whole).substr(0, whole.size() - 1)));
}

TEST(letter, precisions_have_the_names_of_v1) {
  EXPECT_EQ(precision_name(1), "ns");
  EXPECT_EQ(precision_name(1'000), "u");
  EXPECT_EQ(precision_unit("h"), 3'600'000'000'000);
  EXPECT_EQ(precision_name(0), "auto");
  EXPECT_EQ(precision_unit("us"), std::nullopt);
}

}  // namespace
}  // namespace weir
