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
  EXPECT_EQ(server_message("{\"error\":\"cut"), "{\"error\":\"cut");
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

}  // namespace
}  // namespace weir
