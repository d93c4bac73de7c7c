// SPDX-License-Identifier: Apache-2.0
//
// The local log and files that are not as it left them: cut at every length, flipped at every byte.
// It must never crash, never give out a wrong frame, and lose no more than what was hit.
#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <set>

#include "log_testing.hpp"

namespace weir {
namespace {

constexpr std::uint64_t records = 6;
constexpr std::size_t payload_bytes = 60;

class local_log_damage : public testing::Test {
 protected:
  void SetUp() override {
    {
      auto log = open_log(directory_.path(), nothing_);
      offsets_.push_back(segment_header_bytes);
      for (std::uint64_t i = 1; i <= records; ++i) {
        auto made = make_frame(payload_of(i, payload_bytes));
        offsets_.push_back(offsets_.back() + record_bytes(made->header, made->stored.size()));
        ASSERT_EQ(append_one(*log, made), append_status::taken);
      }
    }
    path_ = directory_.segments().at(0);
    whole_ = file_bytes(path_);
    ASSERT_EQ(whole_.size(), offsets_.back());
  }

  /// What a log opened now gives out; each frame must be the one of its sequence.
  static std::set<std::uint64_t> sequences_in(frame_log& log) {
    std::set<std::uint64_t> found;
    for (const frame_ptr& each : read_all(log)) {
      EXPECT_EQ(each->stored, payload_of(each->header.position.number(), payload_bytes));
      EXPECT_EQ(each->header.database, "db");
      found.insert(each->header.position.number());
    }
    return found;
  }
  static std::set<std::uint64_t> all_but(std::uint64_t missing) {
    std::set<std::uint64_t> all;
    for (std::uint64_t i = 1; i <= records; ++i) {
      all.insert(i);
    }
    all.erase(missing);
    return all;
  }
  /// The record that the byte at `offset` is part of.
  [[nodiscard]] std::uint64_t record_at(std::size_t offset) const {
    std::uint64_t record = 1;
    while (offsets_[record] <= offset) {
      ++record;
    }
    return record;
  }

  test_directory directory_;
  memory_budget nothing_{0};
  std::string path_;
  std::string whole_;
  std::vector<std::uint64_t> offsets_;  // where record i + 1 begins; the last: the end
};

TEST_F(local_log_damage, every_torn_tail_is_cut_off) {
  for (std::size_t length = segment_header_bytes; length <= whole_.size(); ++length) {
    write_file(path_, whole_.substr(0, length));
    const std::uint64_t left = length == whole_.size() ? records : record_at(length) - 1;
    {
      auto log = open_log(directory_.path(), nothing_);
      ASSERT_EQ(log->end().number(), left + 1) << length;
      ASSERT_EQ(sequences_in(*log).size(), left);
      ASSERT_EQ(metric(*log, "weir_log_torn_bytes_total"),
                static_cast<double>(length - offsets_[left]));
      ASSERT_EQ(append_one(*log, make_frame(payload_of(left + 1, payload_bytes))),
                append_status::taken);
      ASSERT_EQ(sequences_in(*log).size(), left + 1);
    }
    auto log = open_log(directory_.path(), nothing_);
    ASSERT_EQ(sequences_in(*log).size(), left + 1);
    ASSERT_EQ(metric(*log, "weir_log_torn_bytes_total"), 0);
    ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), 0);
  }
}

TEST_F(local_log_damage, a_segment_shorter_than_its_header_holds_nothing) {
  for (std::size_t length = 0; length < segment_header_bytes; ++length) {
    std::filesystem::remove_all(directory_.path() + "/segments");
    std::filesystem::create_directory(directory_.path() + "/segments");
    std::filesystem::remove(directory_.path() + "/headers");
    write_file(path_, whole_.substr(0, length));
    auto log = open_log(directory_.path(), nothing_);
    ASSERT_EQ(log->end().number(), 1u);
    ASSERT_TRUE(sequences_in(*log).empty());
    ASSERT_EQ(append_one(*log, make_frame(payload_of(1, payload_bytes))), append_status::taken);
    ASSERT_TRUE(directory_.segments(".damaged").empty());
  }
}

TEST_F(local_log_damage, every_flipped_byte_costs_one_record_at_most) {
  for (std::size_t offset = segment_header_bytes; offset < whole_.size(); ++offset) {
    for (const int flip : {0x01, 0xFF}) {
      std::string flipped = whole_;
      flipped[offset] = static_cast<char>(flipped[offset] ^ flip);
      write_file(path_, flipped);
      auto log = open_log(directory_.path(), nothing_);
      const std::uint64_t hit = record_at(offset);
      ASSERT_EQ(sequences_in(*log), all_but(hit)) << offset;
      const bool head = offset < offsets_[hit - 1] + record_head_bytes_least + 2;
      // The last record's head makes it a torn tail; every other record is damaged.
      const bool torn = hit == records && head;
      ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), torn ? 0 : 1) << offset;
      ASSERT_EQ(metric(*log, "weir_log_damaged_points_total"), head ? 0 : 1) << offset;
      ASSERT_EQ(log->end().number(), torn ? records : records + 1);
    }
  }
}

TEST_F(local_log_damage, every_byte_flipped_in_an_older_segment_costs_one_record) {
  {
    auto log = open_log(directory_.path(), nothing_);
    // A sink that is further on makes the log begin another segment.
    log->unsubscribe(log->subscribe({"sink", true, {}}, log_position(records + 2)));
    ASSERT_EQ(append_one(*log, make_frame("m f=1 1\n", "later")), append_status::taken);
    ASSERT_TRUE(log->close().ok());
  }
  ASSERT_EQ(directory_.segments().size(), 2u);
  for (std::size_t offset = segment_header_bytes; offset < whole_.size(); ++offset) {
    std::string flipped = whole_;
    flipped[offset] = static_cast<char>(~flipped[offset]);
    write_file(path_, flipped);
    auto log = open_log(directory_.path(), nothing_);
    const std::uint64_t hit = record_at(offset);
    ASSERT_EQ(sequences_in(*log), all_but(hit)) << offset;
    ASSERT_EQ(sequences_in(*log), all_but(hit));  // counted once, however often it is met
    const double counted = metric(*log, "weir_log_damaged_records_total");
    ASSERT_GE(counted, 1);
    ASSERT_LE(counted, hit == records ? 2 : 1);
    ASSERT_EQ(read_all(*log, log_position(1), {"later", ""}).size(), 1u);
    ASSERT_EQ(file_bytes(path_), flipped);
  }
}

TEST_F(local_log_damage, damage_while_the_log_is_open_is_met_by_the_reader) {
  for (std::size_t offset = segment_header_bytes; offset < whole_.size(); offset += 5) {
    write_file(path_, whole_);
    auto log = open_log(directory_.path(), nothing_);
    std::string flipped = whole_;
    flipped[offset] = static_cast<char>(~flipped[offset]);
    write_file(path_, flipped);
    ASSERT_EQ(sequences_in(*log), all_but(record_at(offset))) << offset;
    ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), 1);
    std::vector<frame_header> headers;
    ASSERT_EQ(log->reader()->headers(log_position(1), 100, headers).number(), records + 1);
    ASSERT_GE(headers.size(), records - 1);
  }
}

TEST_F(local_log_damage, two_damaged_records_in_a_row_are_both_counted) {
  std::string bad = whole_;
  bad[offsets_[1] + 9] = 'X';
  bad[offsets_[2] + 9] = 'X';
  write_file(path_, bad);
  auto log = open_log(directory_.path(), nothing_);
  EXPECT_EQ(sequences_in(*log), (std::set<std::uint64_t>{1, 4, 5, 6}));
  EXPECT_EQ(metric(*log, "weir_log_damaged_records_total"), 2);
}

TEST_F(local_log_damage, a_flipped_byte_of_a_segment_header_costs_nothing) {
  for (const bool copy : {true, false}) {
    for (std::size_t offset = 0; offset < segment_header_bytes; ++offset) {
      std::string flipped = whole_;
      flipped[offset] = static_cast<char>(~flipped[offset]);
      write_file(path_, flipped);
      if (!copy) {
        std::filesystem::remove(directory_.path() + "/headers");
      }
      auto log = open_log(directory_.path(), nothing_);
      ASSERT_EQ(sequences_in(*log), all_but(0)) << offset;
      ASSERT_EQ(log->end().number(), records + 1);
      ASSERT_EQ(metric(*log, "weir_log_restored_headers_total"), 1);
      ASSERT_EQ(metric(*log, "weir_log_damaged_segments_total"), 0);
      ASSERT_EQ(file_bytes(path_), whole_);
    }
  }
}

TEST_F(local_log_damage, two_flipped_bits_of_a_segment_header_cost_nothing_without_a_copy) {
  for (const std::size_t other : {std::size_t{0}, std::size_t{13}, std::size_t{39}}) {
    std::filesystem::remove(directory_.path() + "/headers");
    std::string flipped = whole_;
    flipped[25] = static_cast<char>(flipped[25] ^ 0x10);
    flipped[other] = static_cast<char>(flipped[other] ^ 0x02);
    write_file(path_, flipped);
    auto log = open_log(directory_.path(), nothing_);
    ASSERT_EQ(sequences_in(*log), all_but(0)) << other;
  }
}

TEST_F(local_log_damage, a_lost_header_with_its_copy_costs_nothing) {
  std::string bad = whole_;
  bad.replace(0, segment_header_bytes, segment_header_bytes, '\0');
  write_file(path_, bad);
  auto log = open_log(directory_.path(), nothing_);
  EXPECT_EQ(sequences_in(*log), all_but(0));
  EXPECT_EQ(file_bytes(path_), whole_);
}

TEST_F(local_log_damage, a_lost_header_without_a_copy_sets_the_segment_aside_and_counts_it) {
  std::filesystem::remove(directory_.path() + "/headers");
  std::string bad = whole_;
  bad.replace(0, segment_header_bytes, segment_header_bytes, '\0');
  write_file(path_, bad);
  auto log = open_log(directory_.path(), nothing_);
  ASSERT_TRUE(sequences_in(*log).empty());
  EXPECT_EQ(metric(*log, "weir_log_damaged_segments_total"), 1);
  EXPECT_EQ(metric(*log, "weir_log_set_aside_frames_total"), records);
  EXPECT_EQ(metric(*log, "weir_log_set_aside_points_total"), records);
  ASSERT_EQ(directory_.segments(".damaged").size(), 1u);
  EXPECT_EQ(file_bytes(directory_.segments(".damaged")[0]), bad);
  // None of its sequences is given again.
  EXPECT_GT(log->end().number(), records);
  ASSERT_EQ(append_one(*log, make_frame(payload_of(log->end().number(), payload_bytes))),
            append_status::taken);
  EXPECT_EQ(sequences_in(*log).size(), 1u);
}

TEST_F(local_log_damage, a_segment_is_never_set_aside_over_another) {
  for (int round = 1; round <= 3; ++round) {
    write_file(path_, std::string(100, static_cast<char>('0' + round)));
    auto log = open_log(directory_.path(), nothing_);
    ASSERT_TRUE(log);
  }
  const std::string aside = path_ + ".damaged";
  EXPECT_EQ(file_bytes(aside)[0], '1');
  EXPECT_EQ(file_bytes(aside + ".2")[0], '2');
  EXPECT_EQ(file_bytes(aside + ".3")[0], '3');
}

TEST_F(local_log_damage, a_segment_under_another_name_is_set_aside) {
  std::filesystem::rename(path_, directory_.path() + "/segments/00000000000000000100.log");
  auto log = open_log(directory_.path(), nothing_);
  EXPECT_TRUE(sequences_in(*log).empty());
  EXPECT_GT(log->end().number(), 100u);
  EXPECT_EQ(directory_.segments(".damaged").size(), 1u);
}

TEST_F(local_log_damage, a_payload_that_looks_like_a_record_is_none) {
  // A client sends the bytes of a record; then the head before them is damaged.
  std::string inner;
  auto forged = make_frame("forged f=1 1\n");
  append_record_head(forged->header, records + 2, payload_checksum(forged->stored), 0, inner);
  inner += forged->stored;
  {
    auto log = open_log(directory_.path(), nothing_);
    ASSERT_EQ(append_one(*log, make_frame(inner)), append_status::taken);
    ASSERT_EQ(append_one(*log, make_frame(payload_of(records + 2, payload_bytes))),
              append_status::taken);
  }
  std::string bad = file_bytes(path_);
  bad[offsets_[records] + 8] = 'X';
  write_file(path_, bad);
  auto log = open_log(directory_.path(), nothing_);
  const auto found = sequences_in(*log);
  EXPECT_EQ(found.size(), records + 1);
  EXPECT_TRUE(found.contains(records + 2));
}

TEST_F(local_log_damage, garbage_of_any_kind_never_stops_the_log) {
  std::uint64_t state = 88172645463325252u;
  const auto random = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  for (int round = 0; round < 300; ++round) {
    std::string bad = whole_;
    const std::size_t begin = segment_header_bytes + random() % (bad.size() - segment_header_bytes);
    const std::size_t length = std::min<std::size_t>(bad.size() - begin, 1 + random() % 300);
    for (std::size_t i = 0; i < length; ++i) {
      const char any = static_cast<char>(random());
      bad[begin + i] = random() % 3 == 0 ? record_magic[random() % 4] : any;
    }
    write_file(path_, bad);
    auto log = open_log(directory_.path(), nothing_);
    const auto found = sequences_in(*log);
    for (std::uint64_t i = 1; i <= records; ++i) {
      const bool hit = offsets_[i] > begin && offsets_[i - 1] < begin + length;
      ASSERT_TRUE(hit || found.contains(i)) << "round " << round << " record " << i;
    }
  }
}

TEST_F(local_log_damage, a_segment_of_a_later_weir_is_left_alone) {
  std::string later = whole_;
  later[8] = 2;
  const std::uint64_t checksum = XXH3_64bits(later.data(), 32);
  std::memcpy(later.data() + 32, &checksum, sizeof checksum);
  write_file(path_, later);
  log_shape settings;
  settings.directory = directory_.path();
  memory_budget frames(std::uint64_t{1} << 20);
  const auto opened = open_local_log(options_of(settings, frames, [] { return std::int64_t{1}; }));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find(path_ + " was written by a later weir (version 2"),
            std::string::npos)
      << opened.error().message;
  EXPECT_EQ(file_bytes(path_), later);
}

}  // namespace
}  // namespace weir
