// SPDX-License-Identifier: Apache-2.0
#include "sinks/escape.hpp"

#include <gtest/gtest.h>

#include "sinks/server_words.hpp"

namespace weir {
namespace {

TEST(percent_escape, leaves_only_safe_bytes) {
  EXPECT_EQ(percent_escape("abc_XYZ-019"), "abc_XYZ-019");
  EXPECT_EQ(percent_escape("a b/c.d%\n\xff"), "a%20b%2Fc%2Ed%25%0A%FF");
  EXPECT_EQ(percent_escape(""), "");
}

TEST(percent_escape, is_undone_for_every_byte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  const auto back = percent_unescape(percent_escape(all));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, all);
}

TEST(percent_unescape, refuses_what_escape_never_makes) {
  for (const char* wrong : {"a b", "%", "%4", "%4g", "%4a", "a/b", "%G0"}) {
    EXPECT_FALSE(percent_unescape(wrong).has_value()) << wrong;
  }
}

TEST(matches_pattern, knows_star_and_question_mark) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*", "anything"));
  EXPECT_TRUE(matches_pattern("flink*", "flink_prod"));
  EXPECT_FALSE(matches_pattern("flink*", "my_flink"));
  EXPECT_TRUE(matches_pattern("*_prod", "a_prod_prod"));
  EXPECT_TRUE(matches_pattern("a*b*c", "axxbyybc"));
  EXPECT_FALSE(matches_pattern("a*b*c", "axxbyyb"));
  EXPECT_TRUE(matches_pattern("d?", "d1"));
  EXPECT_FALSE(matches_pattern("d?", "d"));
  EXPECT_FALSE(matches_pattern("", "x"));
  EXPECT_TRUE(matches_pattern("", ""));
}

TEST(one_line, escapes_and_cuts) {
  EXPECT_EQ(one_line("a\nb\x7f", 100), "a\\x0Ab\\x7F");
  EXPECT_EQ(one_line("abcdef", 3), "abc...");
}

TEST(server_words, finds_the_message_of_each_generation) {
  EXPECT_EQ(server_words("{\"error\":\"database not found: \\\"x\\\"\"}\n"),
            "database not found: \"x\"");
  EXPECT_EQ(server_words("{\"code\":\"invalid\",\"message\":\"bad precision\"}"), "bad precision");
  EXPECT_EQ(server_words("request throttled, queue full\n"), "request throttled, queue full");
  EXPECT_EQ(server_words("{\"results\":[{\"statement_id\":0,\"error\":\"no\"}]}"), "no");
  EXPECT_EQ(server_words("{\"error\":\"cut"), "{\"error\":\"cut");
  EXPECT_EQ(server_words(""), "");
  EXPECT_EQ(server_words("\n<!DOCTYPE html><HTML><title lang=en> 502 Bad Gateway\n</title>"),
            "a page (HTML), \"502 Bad Gateway\"");
  EXPECT_EQ(server_words("<html><body>no title"), "a page (HTML)");
  EXPECT_EQ(server_words("<html><title>cut"), "a page (HTML)");
}

TEST(is_page, knows_html_by_its_type_or_its_beginning) {
  EXPECT_TRUE(is_page("text/html; charset=utf-8", ""));
  EXPECT_TRUE(is_page("Text/HTML", "x"));
  EXPECT_TRUE(is_page("", " <!doctype HTML>"));
  EXPECT_TRUE(is_page("text/plain", "<html>"));
  EXPECT_FALSE(is_page("application/json", "{}"));
  EXPECT_FALSE(is_page("", ""));
  EXPECT_FALSE(is_page("", "m,t=<html> v=1"));
}

TEST(query_error, is_empty_only_for_a_success) {
  EXPECT_EQ(query_error("{\"results\":[{\"statement_id\":0}]}\n"), "");
  EXPECT_EQ(query_error("{\"results\":[{\"statement_id\":0,\"error\":\"not implemented\"}]}"),
            "not implemented");
  EXPECT_EQ(query_error("{\"error\":\"error parsing query\"}"), "error parsing query");
  EXPECT_EQ(query_error("<html>"), "the answer is a page (HTML)");
  EXPECT_EQ(query_error("<x>"), "the answer is not JSON");
  EXPECT_EQ(query_error("{}"), "the answer has no results");
  EXPECT_EQ(query_error("{\"results\":1}"), "the answer has no results");
}

}  // namespace
}  // namespace weir
