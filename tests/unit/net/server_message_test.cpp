// SPDX-License-Identifier: Apache-2.0
//
// The messages in answers of servers.
#include "net/server_message.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(server_message, finds_the_message_of_each_generation) {
  EXPECT_EQ(server_message("{\"error\":\"database not found: \\\"x\\\"\"}\n"),
            "database not found: \"x\"");
  EXPECT_EQ(server_message("{\"code\":\"invalid\",\"message\":\"bad precision\"}"),
            "bad precision");
  EXPECT_EQ(server_message("request throttled, queue full\n"), "request throttled, queue full");
  EXPECT_EQ(server_message("{\"results\":[{\"statement_id\":0,\"error\":\"no\"}]}"), "no");
  EXPECT_EQ(server_message("{\"error\":\"cut"), "cut");
  EXPECT_EQ(server_message(""), "");
  EXPECT_EQ(server_message("\n<!DOCTYPE html><HTML><title lang=en> 502 Bad Gateway\n</title>"),
            "a page (HTML), \"502 Bad Gateway\"");
  EXPECT_EQ(server_message("<html><body>no title"), "a page (HTML)");
  EXPECT_EQ(server_message("<html><title>cut"), "a page (HTML)");
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

TEST(server_message, is_read_from_an_answer_that_is_cut_off_or_not_utf_8) {
  EXPECT_EQ(server_message(R"({"error":"unable to parse 'm v=\"a\nb\u003c': x)"),
            "unable to parse 'm v=\"a\nb<': x");
  EXPECT_EQ(server_message("{\"code\":\"invalid\",\"message\":\"quotes \xff\"}"), "quotes \xff");
  EXPECT_EQ(server_message(R"({"error":"ends in a backslash\)"), "ends in a backslash");
  EXPECT_EQ(server_message("{\"cut"), "{\"cut");
}

TEST(server_words, list_lines_that_are_read_from_an_array_or_an_object) {
  const auto listed = [](std::string_view body) { return read_server_words(body).listed; };
  const auto many =
      listed(R"({"error":"e","data":[{"error_message":"a","line_number":2,"original_line":"m"},)"
             R"({"error_message":"b","line_number":3},{"line_number":4},{"error_message":"c"}]})");
  ASSERT_EQ(many.size(), 2U);
  EXPECT_EQ(many[0].line, 2U);
  EXPECT_EQ(many[0].words, "a");
  EXPECT_EQ(many[0].original, "m");
  EXPECT_EQ(many[1].line, 3U);
  EXPECT_EQ(listed(R"({"data":{"error_message":"a","line_number":1}})").size(), 1U);
  EXPECT_TRUE(listed(R"({"data":[],"line_number":1})").empty());
  EXPECT_TRUE(listed(R"({"line_number)").empty());
}

TEST(words_of, are_an_answers_status_and_message_or_why_there_is_none) {
  http_reply reply;
  reply.answered = true;
  reply.status = 403;
  reply.body = R"({"error":"not authorized"})";
  EXPECT_EQ(words_of(reply), "status 403: not authorized");
  EXPECT_EQ(words_of(http_reply::failed("connection refused")), "connection refused");
}

}  // namespace
}  // namespace weir
