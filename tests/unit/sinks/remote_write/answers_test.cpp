// SPDX-License-Identifier: Apache-2.0
//
// Answers of remote write receivers as a table.
#include "sinks/remote_write/sending/answers.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/net/replies.hpp"

namespace weir {
namespace {

using kind = remote_write_answer::kind;

struct row {
  int status;
  const char* body;
  kind what;
  attempt_verdict verdict = attempt_verdict::retry;
};

const std::vector<row> rows{
    // The specification: any 2xx.
    {200, "", kind::stored},
    {202, "", kind::stored},
    {204, "", kind::stored},
    {299, "{}", kind::stored},
    {301, "", kind::not_now, attempt_verdict::hold},
    {307, "", kind::not_now, attempt_verdict::hold},
    {400, "out of order sample\n", kind::refused},
    {400, "partial write: x dropped=1", kind::refused},
    {409, "conflict", kind::refused},
    {422, "", kind::refused},
    // What old Prometheus never takes, although its status says otherwise.
    {500, "too old sample\n", kind::refused},
    {500, "out of order sample\n", kind::refused},
    {500, "invalid sample", kind::refused},
    {500, "out of bounds", kind::not_now, attempt_verdict::retry},
    {413, "", kind::too_large},
    {400, "<html><title>400 Bad Request</title></html>", kind::not_now, attempt_verdict::hold},
    {400, "Client sent an HTTP request to an HTTPS server.\n", kind::not_now,
     attempt_verdict::hold},
    {401, "", kind::not_now, attempt_verdict::hold},
    {403, "", kind::not_now, attempt_verdict::hold},
    {404, "404 page not found\n", kind::not_now, attempt_verdict::hold},
    {405, "", kind::not_now, attempt_verdict::hold},
    {404, R"({"error":"database not found: \"d\""})", kind::not_now, attempt_verdict::hold},
    {500, R"({"error":"retention policy not found: x"})", kind::not_now, attempt_verdict::hold},
    {404, "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n",
     kind::not_now, attempt_verdict::hold},
    {407, "", kind::not_now, attempt_verdict::hold},
    {415, "s2: unsupported", kind::not_now, attempt_verdict::hold},
    // Prometheus 3: halves of what is too large when it is decoded pass.
    {400, "decoded size exceeds the 33554432 bytes limit\n", kind::refused},
    {400, "out of bounds: timestamp is too far in the future\n", kind::refused},
    {400, "duplicate sample for timestamp 1; overrides not allowed: existing 1, new value 2\n",
     kind::refused},
    {413, "request body exceeds the 33554432 bytes limit\n", kind::too_large},
    {425, "", kind::not_now, attempt_verdict::retry},
    {502, "<html></html>", kind::not_now, attempt_verdict::retry},
    {503, "Service Unavailable", kind::not_now, attempt_verdict::retry},
    {504, "", kind::not_now, attempt_verdict::retry},
    {408, "", kind::not_now, attempt_verdict::retry},
    {429, "", kind::not_now, attempt_verdict::retry},
    {500, "", kind::not_now, attempt_verdict::retry},
    {503, "", kind::not_now, attempt_verdict::retry},
};

TEST(remote_write_answers, mean_what_the_table_says) {
  for (const row& one : rows) {
    const remote_write_answer answer = read_remote_write_answer(reply_of(one.status, one.body));
    EXPECT_EQ(answer.what, one.what) << one.status << " " << one.body;
    if (one.what == kind::not_now) {
      EXPECT_EQ(answer.result.verdict, one.verdict) << one.status << " " << one.body;
      EXPECT_EQ(answer.result.code, one.status);
      EXPECT_FALSE(answer.result.message.empty());
    }
  }
}

TEST(remote_write_answers, no_status_loses_anything_silently) {
  for (int status = 100; status < 600; ++status) {
    const kind what = read_remote_write_answer(reply_of(status)).what;
    EXPECT_EQ(what == kind::stored, status >= 200 && status < 300) << status;
    EXPECT_EQ(what == kind::refused, status == 400 || status == 409 || status == 422) << status;
  }
}

TEST(remote_write_answers, say_what_to_do) {
  const auto message = [](const http_reply& reply) {
    return read_remote_write_answer(reply).result.message;
  };
  EXPECT_EQ(message(reply_of(301)), "answered 301, not 2xx: is the url right?");
  EXPECT_EQ(message(reply_of(404, "404 page not found\n")),
            "404 page not found; is the url right?");
  EXPECT_EQ(message(reply_of(401, "no")),
            "no; check the sink's token, or its username and password");
  EXPECT_EQ(message(reply_of(400, "Client sent an HTTP request to an HTTPS server.\n")),
            "Client sent an HTTP request to an HTTPS server.; let the sink's url begin with "
            "https://");
  EXPECT_EQ(message(reply_of(503)), "status 503");
  EXPECT_EQ(message(http_reply::failed("reset")), "reset");
}

TEST(remote_write_answers, a_page_behind_a_success_shows) {
  EXPECT_TRUE(read_remote_write_answer(reply_of(200, "<html></html>")).page);
  EXPECT_FALSE(read_remote_write_answer(reply_of(200)).page);
}

}  // namespace
}  // namespace weir
