// SPDX-License-Identifier: Apache-2.0
//
// Results and errors in three forms. The bytes were taken from an InfluxDB 1.6.7; the integration
// tests compare them anew.
#include "api/query/result_format.hpp"

#include <gtest/gtest.h>

#include "api/context.hpp"

namespace weir::api {
namespace {

std::string csv(const std::vector<statement_result>& results) {
  return spell_results(results, {.format = result_format::csv});
}

std::string packed(const std::vector<statement_result>& results, bool chunked = false) {
  return spell_results(results, {.format = result_format::msgpack, .chunked = chunked});
}

const std::vector<statement_result> policies{
    {.series = {{.columns = {"name", "replicaN", "default"},
                 .rows = {{std::string("autogen"), std::int64_t{1}, true}}}}}};

TEST(result_format, by_the_accept_header) {
  EXPECT_EQ(format_of("application/csv"), result_format::csv);
  EXPECT_EQ(format_of("text/csv"), result_format::csv);
  EXPECT_EQ(format_of("application/x-msgpack"), result_format::msgpack);
  for (const char* other : {"", "*/*", "application/json", "text/csv, */*", "text/csv;q=1"}) {
    EXPECT_EQ(format_of(other), result_format::json) << other;
  }
}

TEST(result_format, csv_of_results) {
  EXPECT_EQ(csv(policies), "name,tags,name,replicaN,default\n,,autogen,replicaN,true\n");
  EXPECT_EQ(csv({{}, {.error = "no"}, {.warnings = {"w"}}}), "");
  EXPECT_EQ(csv({{}, policies.front(), {.error = "no"}, {.series = {{.columns = {"user"}}}}}),
            "name,tags,name,replicaN,default\n,,autogen,replicaN,true\n\nname,tags,user\n");
}

TEST(result_format, csv_quotes_as_go_does) {
  const auto quoted = [](const std::string& value) {
    const std::string line = csv({{.series = {{.columns = {"c"}, .rows = {{value}}}}}});
    return line.substr(line.find('\n') + 3, line.size() - line.find('\n') - 4);
  };
  EXPECT_EQ(quoted("plain text"), "plain text");
  EXPECT_EQ(quoted("\u00e9"), "\u00e9");
  EXPECT_EQ(quoted(""), "");
  EXPECT_EQ(quoted("a,b"), "\"a,b\"");
  EXPECT_EQ(quoted("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quoted("a\nb\rc"), "\"a\nb\rc\"");
  EXPECT_EQ(quoted("\\."), "\"\\.\"");
  for (const std::string blank : {" ", "\t", "\u00a0", "\u2003", "\u3000"}) {
    EXPECT_EQ(quoted(blank + "x"), "\"" + blank + "x\"");
    EXPECT_EQ(quoted("x" + blank), "x" + blank);
  }
  EXPECT_EQ(quoted("\u200b"), "\u200b") << "no space";
}

TEST(result_format, msgpack_of_results) {
  using namespace std::string_literals;
  EXPECT_EQ(packed({{}}), "\x81\xa7results\x91\x82\xacstatement_id\x00\xa6series\x90"s);
  EXPECT_EQ(packed(policies),
            "\x81\xa7results\x91\x82\xacstatement_id\x00\xa6series\x91\x82\xa7"
            "columns\x93\xa4name\xa8replicaN\xa7"
            "default\xa6values\x91\x93\xa7"
            "autogen\x01\xc3"s);
  EXPECT_EQ(packed({{.error = "no"}}),
            "\x81\xa7results\x91\x81\xa5"
            "error\xa2no"s);
  EXPECT_EQ(packed({{.warnings = {"w"}}}),
            "\x81\xa7results\x91\x83\xacstatement_id\x00\xa8messages\x91\x82\xa5level\xa7warning"
            "\xa4text\xa1w\xa6series\x90"s);
  EXPECT_EQ(packed({{}, {}}, true),
            packed({{}}) + "\x81\xa7results\x91\x82\xacstatement_id\x01\xa6series\x90"s);
  EXPECT_EQ(packed({}), "\x81\xa7results\x90"s);
}

TEST(result_format, msgpack_lengths) {
  const auto head = [](std::size_t length) {
    const std::string all = spell_error(std::string(length, 'x'), result_format::msgpack);
    return all.substr(7, all.size() - 7 - length);
  };
  using namespace std::string_literals;
  EXPECT_EQ(head(0), "\xa0");
  EXPECT_EQ(head(31), "\xbf");
  EXPECT_EQ(head(32), "\xd9\x20");
  EXPECT_EQ(head(255), "\xd9\xff");
  EXPECT_EQ(head(256), "\xda\x01\x00"s);
  EXPECT_EQ(head(65535), "\xda\xff\xff");
  EXPECT_EQ(head(65536), "\xdb\x00\x01\x00\x00"s);
  std::vector<statement_result> many(1, {.series = {{.columns = {"c"}}}});
  many.front().series.front().rows.assign(16, {std::string("x")});
  EXPECT_NE(packed(many).find("values\xdc\x00\x10\x91\xa1x"s), std::string::npos);
  many.front().series.front().rows.assign(65536, {std::string("x")});
  EXPECT_NE(packed(many).find("values\xdd\x00\x01\x00\x00\x91\xa1x"s), std::string::npos);
}

TEST(result_format, errors) {
  EXPECT_EQ(spell_error("a<\"b\"", result_format::json), "{\"error\":\"a\\u003c\\\"b\\\"\"}\n");
  EXPECT_EQ(spell_error("a<\"b\"", result_format::csv), "error\n\"a<\"\"b\"\"\"\n");
  EXPECT_EQ(spell_error("a<", result_format::msgpack),
            "\x81\xa5"
            "error\xa2"
            "a<");
}

TEST(result_format, an_error_follows_the_request) {
  request_context context;
  context.format = result_format::csv;
  http::response answer = error_response(400, "no");
  complete(answer, context);
  EXPECT_EQ(answer.body, "error\nno\n");
  EXPECT_EQ(answer.media_type(), "text/csv");
  http::response kept;
  complete(kept, context);
  EXPECT_EQ(kept.media_type(), "text/csv");
  http::response text = text_response(404, "404 page not found\n");
  complete(text, context);
  EXPECT_EQ(text.body, "404 page not found\n");
  EXPECT_TRUE(text.content_type.starts_with("text/plain"));
}

}  // namespace
}  // namespace weir::api
