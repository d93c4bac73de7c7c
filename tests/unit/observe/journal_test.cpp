// SPDX-License-Identifier: Apache-2.0
//
// Lines of the journal as an operator's tools read them, on the real standard error.
#include "observe/journal.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

class journal_test : public ::testing::Test {
 protected:
  void TearDown() override { set_journal_format(journal_format::text); }

  static std::string written(journal_level level, std::string_view message) {
    testing::internal::CaptureStderr();
    journal(level, message);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(journal_test, text_is_one_line_whatever_the_message) {
  const std::string line = written(journal_level::warning, "a\nb\x01 \"c\"");
  EXPECT_EQ(line.substr(line.find('Z')), "Z warning a\\x0ab\\x01 \"c\"\n");
}

TEST_F(journal_test, a_secret_that_is_cut_off_is_hidden_too) {
  set_journal_secrets({"hunter2-and-more"});
  EXPECT_TRUE(written(journal_level::error, "bad token hunter2-and-mo...; next")
                  .ends_with("bad token ***...; next\n"));
  const std::string line =
      written(journal_level::error, "hun... hu... hunter... hunter2-and-more... hunters end...");
  EXPECT_TRUE(line.ends_with(" ***... hu... ***... ***... hunters end...\n")) << line;
  set_journal_secrets({});
}

TEST_F(journal_test, secrets_are_hidden_in_every_line) {
  set_journal_secrets({"hunter2", "a\"quote", ""});
  EXPECT_TRUE(written(journal_level::error, "said hunter2, hunter2 and a\"quote")
                  .ends_with("said ***, *** and ***\n"));
  set_journal_format(journal_format::json);
  EXPECT_TRUE(written(journal_level::error, "said a\"quote").ends_with("\"said ***\"}\n"));
  set_journal_secrets({});
  EXPECT_TRUE(written(journal_level::error, "hunter2").ends_with("\"hunter2\"}\n"));
}

TEST_F(journal_test, json_is_one_object_a_line) {
  set_journal_format(journal_format::json);
  const std::string line = written(journal_level::error, "a\n\"b\" \\ \x7f µ %v");
  EXPECT_EQ(line.substr(0, 9), "{\"time\":\"");
  EXPECT_EQ(line.substr(line.find('Z')),
            "Z\",\"level\":\"error\",\"message\":\"a\\u000a\\\"b\\\" \\\\ \\u007f µ %v\"}\n");
}

TEST_F(journal_test, a_terminal_shows_what_the_message_says) {
  // A control of C1 that begins escape sequences, a mark that turns text around, a byte that is no
  // text.
  const std::string_view message =
      "db a\xC2\x9B"
      "31m\xE2\x80\xAE"
      "b\x9B";
  const std::string line = written(journal_level::warning, message);
  EXPECT_EQ(line.substr(line.find('Z')), "Z warning db a<U+009B>31m<U+202E>b\\x9B\n");
  set_journal_format(journal_format::json);
  const std::string json = written(journal_level::warning, message.substr(0, message.size() - 1));
  EXPECT_EQ(json.substr(json.find("\"message\"")), "\"message\":\"db a\\u009b31m\\u202eb\"}\n");
}

TEST_F(journal_test, json_is_utf8_whatever_the_message) {
  set_journal_format(journal_format::json);
  const std::string line = written(journal_level::info, "a\xff");
  EXPECT_EQ(line.substr(line.find("\"message\"")), "\"message\":\"a\\ufffd\"}\n");
}

}  // namespace
}  // namespace weir
