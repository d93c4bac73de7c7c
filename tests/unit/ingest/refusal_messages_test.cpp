// SPDX-License-Identifier: Apache-2.0
//
// Hints: short, one line, and without anything that clients or weir itself match.
#include "ingest/refusal_messages.hpp"

#include <gtest/gtest.h>

#include "api/write_dialect.hpp"

namespace weir {
namespace {

line_hint hint_of(std::string_view body, std::int64_t unit_ns = 1) {
  parse_options options;
  options.unit_ns = unit_ns;
  line_reader reader(options);
  reader.feed(body);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::error) << body;
  return hint_for(reader.error(), unit_ns);
}

TEST(hint, holds_the_repaired_line) {
  const line_hint hint = hint_of("cpu,host=a,value=1 1586844081000000000");
  EXPECT_EQ(hint.kind, "space_missing");
  EXPECT_EQ(hint.text,
            "line 1: no space before the fields; write: cpu,host=a value=1 1586844081000000000");
  EXPECT_TRUE(hint_of("cpu f=1 2020-04-14T06:01:21Z", 1'000'000'000)
                  .text.ends_with("write: cpu f=1 1586844081"));
  EXPECT_NE(hint_of("cpu host=1 v=2").text.find("; if `host=1` is a field, write: cpu host=1,v=2"),
            std::string::npos);
}

TEST(hint, is_missing_where_influxdbs_words_say_as_much) {
  EXPECT_EQ(hint_of("bad").text, "");
  EXPECT_EQ(hint_of("m f=1e400").text, "");
}

TEST(hint, repeats_nothing_that_clients_match) {
  for (const std::string_view inside :
       {"dropped=99", "partial write", "unable to parse 'x'", "database not found",
        "retention policy not found", "points beyond retention policy", "\x1b[31m", "\x01"}) {
    const line_hint hint = hint_of("m f=71%,s=\"" + std::string(inside) + "\"");
    EXPECT_EQ(hint.kind, "number_with_unit");
    EXPECT_EQ(hint.text.find(inside), std::string::npos) << hint.text;
    EXPECT_FALSE(api::holds_final_phrase(hint.text));
  }
}

TEST(hint, is_short_and_one_line) {
  for (const std::string& line :
       {"m f=71%,s=\"" + std::string(5000, 'x') + "\"", "m,t=" + std::string(5000, 'y') + " f=71%",
        std::string("cpu v=1;mem v=2"), "a b=" + std::string(400, 'c') + " d=1"}) {
    const line_hint hint = hint_of(line);
    EXPECT_FALSE(hint.text.empty());
    EXPECT_LE(hint.text.size(), write_verdict::hint_bytes_max);
    EXPECT_EQ(hint.text.find('\n'), std::string::npos);
  }
}

TEST(hint, is_told_once_for_each_kind_and_looked_for_a_few_times) {
  write_verdict verdict;
  for (int i = 0; i < 100 && verdict.wants_hint(); ++i) {
    verdict.add_hint({"a", "line 1: a"});
  }
  EXPECT_EQ(verdict.hints.size(), 1U);
  EXPECT_EQ(verdict.hint_lines, write_verdict::hint_lines_max);
  verdict.reject("unable to parse 'x': invalid number");
  EXPECT_EQ(api::verdict_message(verdict), "unable to parse 'x': invalid number (hint: line 1: a)");
  verdict.accepted = 1;
  EXPECT_EQ(api::verdict_message(verdict),
            "partial write: unable to parse 'x': invalid number dropped=0 (hint: line 1: a)");
  write_verdict verbose;
  verbose.verbose = true;
  EXPECT_FALSE(verbose.wants_hint());
}

TEST(hint, on_retention_names_the_point_and_the_limit) {
  write_verdict verdict;
  verdict.refuse_by_retention({});
  verdict.retention_detail = retention_hint(3, 1'586'844'081'000'000'000, 3'600'000'000'000);
  EXPECT_EQ(api::verdict_message(verdict),
            "partial write: points beyond retention policy dropped=1 (hint: the point of line 3 "
            "lies at 2020-04-14T06:01:21.000000000Z, and points are kept for 1h; check the "
            "precision and the sender's clock)");
}

TEST(explained, tells_the_first_lines_how_to_be_written) {
  line_reader reader;
  reader.feed("m f=71%\n");
  ASSERT_EQ(reader.next(), line_event::error);
  EXPECT_TRUE(explained(reader.error(), 1, 0).explanation.ends_with(" Write: `m f=71`"));
  EXPECT_EQ(explained(reader.error(), 1, repaired_lines_max).explanation.find("Write: `"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
