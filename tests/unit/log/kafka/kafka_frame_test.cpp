// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/kafka_frame.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/gzip.hpp"
#include "unit/log/log_testing.hpp"

namespace weir {
namespace {

/// As a reader gets what a producer was given.
kafka_record read_back(const frame& of, std::uint32_t partition = 3, std::int64_t offset = 41) {
  const kafka_frame_record written(of, partition);
  const kafka_record_view view = written.view();
  kafka_record out;
  out.partition = static_cast<std::int32_t>(partition);
  out.offset = offset;
  out.timestamp_ms = view.timestamp_ms;
  out.key = view.key;
  out.value = view.value.value_or("");
  for (const kafka_header& one : view.headers) {
    out.headers.emplace_back(one.name, one.value);
  }
  return out;
}

void set(kafka_record& in, const std::string& name, const std::string& value) {
  for (auto& [key, text] : in.headers) {
    if (key == name) {
      text = value;
      return;
    }
  }
  in.headers.emplace_back(name, value);
}

std::shared_ptr<frame> full_frame() {
  auto made = make_frame("cpu,host=a v=1 1\n", "metrics", 1);
  made->header.retention_policy = "week";
  made->header.kind = frame_kind::events;
  made->header.origin = 7;
  made->header.time_least = std::numeric_limits<std::int64_t>::min();
  made->header.time_greatest = std::numeric_limits<std::int64_t>::max();
  return made;
}

TEST(kafka_frame, comes_back_as_it_was) {
  const auto made = full_frame();
  kafka_record record = read_back(*made);
  EXPECT_EQ(record.key, "3");
  EXPECT_EQ(record.timestamp_ms, 1'700'000'000'000);
  const kafka_frame_result found = frame_of_record(std::move(record));
  ASSERT_EQ(found.status, kafka_frame_status::whole) << found.why;
  const frame_header& header = found.found->header;
  EXPECT_EQ(found.found->stored, made->stored);
  EXPECT_EQ(header.position.number(), 42u);
  EXPECT_EQ(header.shard, 3u);
  EXPECT_EQ(header.kind, frame_kind::events);
  EXPECT_EQ(header.codec, frame_codec::plain);
  EXPECT_EQ(header.database, "metrics");
  EXPECT_EQ(header.retention_policy, "week");
  EXPECT_EQ(header.received_ns, made->header.received_ns);
  EXPECT_EQ(header.origin, 7u);
  EXPECT_EQ(header.points, 1u);
  EXPECT_EQ(header.stored_bytes, made->stored.size());
  EXPECT_EQ(header.inflated_bytes, made->stored.size());
  EXPECT_EQ(header.time_least, made->header.time_least);
  EXPECT_EQ(header.time_greatest, made->header.time_greatest);
}

TEST(kafka_frame, is_written_as_documented) {
  auto made = make_frame("cpu v=1 1\n", "db");
  const kafka_record record = read_back(*made);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"weir", "1"},
      {"kind", "lines"},
      {"encoding", "plain"},
      {"db", "db"},
      {"received", "1700000000000000000"},
      {"points", "1"},
      {"bytes", "10"},
      {"least", "-5"},
      {"greatest", "7"},
      {"sum", "d1828efa15a24bc5"}};
  EXPECT_EQ(record.headers, expected);
}

TEST(kafka_frame, a_gzip_member_is_inflated_to_its_lines) {
  frame_builder builder;
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += "cpu,host=a v=1 " + std::to_string(i) + "\n";
  }
  builder.append(lines, 1000, 0, 999);
  gzip_compressor compressor;
  const auto sealed =
      builder.seal({.received_ns = 5, .database = "db"}, compression_mode::gzip, compressor);
  const kafka_frame_result found = frame_of_record(read_back(*sealed));
  ASSERT_EQ(found.status, kafka_frame_status::whole) << found.why;
  std::string inflated;
  ASSERT_TRUE(inflate_frame(*found.found, inflated));
  EXPECT_EQ(inflated, lines);
}

TEST(kafka_frame, headers_that_are_not_known_are_passed_over) {
  kafka_record record = read_back(*full_frame());
  record.headers.emplace(record.headers.begin(), "traceparent", "x");
  record.headers.emplace_back("db", "another");  // the first one counts
  const kafka_frame_result found = frame_of_record(std::move(record));
  ASSERT_EQ(found.status, kafka_frame_status::whole) << found.why;
  EXPECT_EQ(found.found->header.database, "metrics");
}

TEST(kafka_frame, a_record_of_another_program_is_foreign) {
  kafka_record record;
  record.value = "cpu v=1\n";
  record.offset = 5;
  EXPECT_EQ(frame_of_record(std::move(record)).status, kafka_frame_status::foreign);
}

TEST(kafka_frame, a_later_version_is_told_apart) {
  kafka_record record = read_back(*full_frame());
  set(record, "weir", "2");
  record.headers.erase(record.headers.begin() + 1, record.headers.end());
  const kafka_frame_result found = frame_of_record(std::move(record));
  EXPECT_EQ(found.status, kafka_frame_status::later);
  EXPECT_NE(found.why.find('2'), std::string::npos);
}

TEST(kafka_frame, what_contradicts_itself_is_damaged) {
  const std::vector<std::pair<std::string, std::string>> wrong{{"weir", ""},
                                                               {"weir", "0"},
                                                               {"weir", "-1"},
                                                               {"weir", "one"},
                                                               {"kind", "line"},
                                                               {"encoding", "zstd"},
                                                               {"encoding", "gzip "},
                                                               {"db", std::string(4097, 'x')},
                                                               {"rp", std::string(4097, 'x')},
                                                               {"received", ""},
                                                               {"received", "9223372036854775808"},
                                                               {"received", "1 "},
                                                               {"points", "4294967296"},
                                                               {"points", "-1"},
                                                               {"points", "18"},  // more than bytes
                                                               {"bytes", "16"},
                                                               {"bytes", "4294967295"},
                                                               {"least", "x"},
                                                               {"greatest", "+1"},
                                                               {"origin", "1e3"},
                                                               {"sum", "0"},
                                                               {"sum", "0000000000000000"},
                                                               {"sum", std::string(17, '0')},
                                                               {"sum", "-af49aaee4f2a5ee"}};
  for (const auto& [name, value] : wrong) {
    kafka_record record = read_back(*full_frame());
    set(record, name, value);
    const kafka_frame_result found = frame_of_record(std::move(record));
    EXPECT_EQ(found.status, kafka_frame_status::damaged) << name << " = " << value;
    EXPECT_EQ(found.found, nullptr);
    EXPECT_FALSE(found.why.empty());
  }
  for (const char* name :
       {"kind", "encoding", "db", "received", "points", "bytes", "least", "greatest", "sum"}) {
    kafka_record record = read_back(*full_frame());
    std::erase_if(record.headers, [name](const auto& one) { return one.first == name; });
    EXPECT_EQ(frame_of_record(std::move(record)).status, kafka_frame_status::damaged) << name;
  }
}

TEST(kafka_frame, no_memory_is_promised_that_the_value_cannot_fill) {
  auto made = full_frame();
  made->header.codec = frame_codec::gzip;
  kafka_record record = read_back(*made);
  set(record, "bytes", "1000000000");
  EXPECT_EQ(frame_of_record(std::move(record)).status, kafka_frame_status::damaged);
}

TEST(kafka_frame, a_value_with_one_bit_flipped_is_damaged) {
  const auto made = full_frame();
  for (std::size_t bit = 0; bit < made->stored.size() * 8; ++bit) {
    kafka_record record = read_back(*made);
    record.value[bit / 8] = static_cast<char>(record.value[bit / 8] ^ (1 << (bit % 8)));
    const kafka_frame_result found = frame_of_record(std::move(record));
    EXPECT_EQ(found.status, kafka_frame_status::damaged);
    EXPECT_EQ(found.points, 1u);
  }
}

/// Whatever headers hold, what is taken for whole can be inflated or is told to be damaged.
TEST(kafka_frame, headers_at_random_do_no_harm) {
  std::mt19937_64 random(20'251'129);
  const std::string letters = std::string("0123456789-+. lines gzip plain\xFF") + '\0';
  std::size_t whole = 0;
  for (int round = 0; round < 20'000; ++round) {
    kafka_record record = read_back(*full_frame());
    const std::size_t changes = 1 + random() % 3;
    for (std::size_t i = 0; i < changes; ++i) {
      auto& [name, value] = record.headers[random() % record.headers.size()];
      std::string& target = random() % 8 == 0 ? name : value;
      if (random() % 3 == 0) {
        target.clear();
      }
      for (std::size_t n = random() % 4; n > 0; --n) {
        target.insert(random() % (target.size() + 1), 1, letters[random() % letters.size()]);
      }
    }
    if (random() % 10 == 0) {
      record.value.clear();
    }
    kafka_frame_result found = frame_of_record(std::move(record));
    EXPECT_EQ(found.found != nullptr, found.status == kafka_frame_status::whole);
    EXPECT_EQ(found.why.empty(), found.status == kafka_frame_status::whole);
    if (found.found != nullptr) {
      ++whole;
      std::string inflated;
      static_cast<void>(inflate_frame(*found.found, inflated));
    }
  }
  EXPECT_GT(whole, 0u);
}

}  // namespace
}  // namespace weir
