// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::string written(const response& answer, bool keep_alive = true, bool head_only = false) {
  std::string out;
  append_response(answer, wall_time{784111777 * second_ns}, keep_alive, head_only, out);
  return out;
}

TEST(append_response, no_content_has_neither_length_nor_body) {
  response answer;
  answer.content_type = "application/json";
  answer.body = "never sent";
  EXPECT_EQ(written(answer),
            "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
}

TEST(append_response, close_and_body) {
  response answer;
  answer.status = 400;
  answer.body = "why";
  EXPECT_EQ(written(answer, false),
            "HTTP/1.1 400 Bad Request\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 3\r\nConnection: close\r\n\r\nwhy");
}

TEST(append_response, head_keeps_the_length_without_the_body) {
  response answer;
  answer.status = 200;
  answer.body = "1234";
  EXPECT_EQ(written(answer, true, true),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 4\r\n\r\n");
}

TEST(append_response, header_values_cannot_smuggle_lines) {
  response answer;
  answer.headers.emplace_back("X-Influxdb-Error", std::string{"a\r\nSet-Cookie: x\0y\x7f", 19});
  const std::string out = written(answer);
  EXPECT_NE(out.find("X-Influxdb-Error: a  Set-Cookie: x y \r\n"), std::string::npos);
}

TEST(append_response, date_follows_the_second) {
  std::string out;
  append_response(response{}, wall_time{0}, true, false, out);
  append_response(response{}, wall_time{1709210096 * second_ns + 999'999'999}, true, false, out);
  append_response(response{}, wall_time{1709210097 * second_ns}, true, false, out);
  EXPECT_NE(out.find("Thu, 01 Jan 1970 00:00:00 GMT"), std::string::npos);
  EXPECT_NE(out.find("Thu, 29 Feb 2024 12:34:56 GMT"), std::string::npos);
  EXPECT_NE(out.find("Thu, 29 Feb 2024 12:34:57 GMT"), std::string::npos);
}

TEST(append_response, common_headers_need_no_memory_of_their_own) {
  response answer;
  answer.common = {.content_type = "application/json", .id = "mine\x01\x7f", .lines = "A: b\r\n"};
  EXPECT_EQ(written(answer),
            "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n"
            "Request-Id: mine  \r\nA: b\r\nX-Request-Id: mine  \r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  EXPECT_EQ(answer.header("X-Request-Id"), "mine\x01\x7f");
  EXPECT_EQ(answer.header("A"), "b");
  EXPECT_EQ(answer.header("a"), std::nullopt);
  EXPECT_EQ(answer.header("A:"), std::nullopt);
  answer.content_type = "text/csv";
  EXPECT_EQ(answer.media_type(), "text/csv");
  EXPECT_NE(written(answer).find("Content-Type: text/csv\r\n"), std::string::npos);
}

TEST(append_response, control_bytes_of_values_become_spaces_wherever_they_stand) {
  for (std::size_t at = 0; at < 40; ++at) {
    for (const char byte : {'\0', '\r', '\n', '\x1f', '\x7f'}) {
      std::string value(40, '\x80');
      value[at] = byte;
      response answer;
      answer.headers.emplace_back("X", value);
      value[at] = ' ';
      EXPECT_NE(written(answer).find("X: " + value + "\r\n"), std::string::npos) << at;
    }
  }
}

TEST(request_id, holds_what_fits) {
  EXPECT_TRUE(request_id().empty());
  request_id id(std::string(500, 'x'));
  EXPECT_EQ(id.text(), std::string(request_id::bytes_max, 'x'));
  const request_id other("a");
  id = other;
  EXPECT_EQ(id, other);
  EXPECT_EQ(id.text(), "a");
}

TEST(decode_form, decodes_and_keeps_bad_escapes) {
  const auto pairs = decode_form("db=a%20b+c&rp=&x&%64b=second&bad=%zz%4&&e=%E2%88%9E");
  ASSERT_EQ(pairs.size(), 6U);
  EXPECT_EQ(find_value(pairs, "db"), "a b c");
  EXPECT_EQ(find_value(pairs, "rp"), "");
  EXPECT_EQ(find_value(pairs, "x"), "");
  EXPECT_EQ(find_value(pairs, "bad"), "%zz%4");
  EXPECT_EQ(find_value(pairs, "e"), "\xE2\x88\x9E");
  EXPECT_EQ(find_value(pairs, "none"), std::nullopt);
}

TEST(decode_form, count_is_bounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "a=b&";
  }
  EXPECT_EQ(decode_form(text).size(), 64U);
  EXPECT_EQ(decode_form(text, 3).size(), 3U);
}

TEST(request_head, header_names_match_in_any_case) {
  request_head head;
  head.headers = {{"X-Request-Id", "1"}, {"x-request-id", "2"}};
  EXPECT_EQ(head.header("X-REQUEST-ID"), "1");
  EXPECT_EQ(head.header("Host"), std::nullopt);
}

TEST(encode_form, is_read_back_by_decode_form) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"q", "SELECT \"v\" FROM m; -- a=b&c+d%20\n\xc3\xbc"}, {"db", ""}, {"a b", "c"}};
  EXPECT_EQ(encode_form(pairs).find_first_of(" ;+\n\""), std::string::npos);
  EXPECT_EQ(decode_form(encode_form(pairs)), pairs);
  EXPECT_EQ(encode_form({}), "");
}

}  // namespace
}  // namespace weir::http
