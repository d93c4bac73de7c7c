// SPDX-License-Identifier: Apache-2.0
//
// The letters' files: rotation, what a crash leaves, and a disk that refuses. Nothing of it may
// cost a letter that is not counted.
#include <gtest/gtest.h>

#include "letters_testing.hpp"

namespace weir {
namespace {

using letter_store_test = letters_directory_test;

bool put(letter_store& store, const std::vector<std::string>& texts,
         std::int64_t now_ns = letters_now) {
  const letter_batch batch = batch_of(texts);
  return store.append(std::span(&batch, 1), now_ns).ok();
}

TEST_F(letter_store_test, letters_are_found_in_order_over_restarts) {
  std::uint64_t id = 0;
  for (int round = 0; round < 3; ++round) {
    const auto store = open();
    EXPECT_TRUE(put(*store, {"a", "b"}));
    EXPECT_TRUE(put(*store, {"c"}));
    EXPECT_EQ(letter_metric(*store, "weir_letters_kept_total"), 3);
  }
  const auto all = read();
  ASSERT_EQ(all.size(), 9U);
  for (const letter& each : all) {
    EXPECT_EQ(each.id, ++id);
  }
  EXPECT_EQ(all[8].what.text, "c");
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(letter_store_test, one_process_at_a_time) {
  const auto store = open();
  const auto second = letter_store::open({.directory = directory_}, posix_file_system());
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("held by"), std::string::npos) << second.error().message;
}

TEST_F(letter_store_test, the_oldest_go_and_are_counted) {
  constexpr std::uint64_t keep = std::uint64_t{1} << 20;
  const auto store = open(keep);
  const std::string text(1'000, 'x');
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(put(*store, {text}));
  }
  const auto all = read();
  std::uint64_t bytes = 0;
  for (const std::string& path : segments()) {
    bytes += std::filesystem::file_size(path);
  }
  EXPECT_LE(bytes, keep);
  EXPECT_GE(bytes, keep / 8 * 6);
  EXPECT_EQ(letter_metric(*store, "weir_letters_bytes"), static_cast<double>(bytes));
  EXPECT_EQ(all.back().id, 3'000U);
  EXPECT_EQ(letter_metric(*store, "weir_letters_kept_total"), 3'000);
  EXPECT_EQ(letter_metric(*store, "weir_letters_rotated_total"),
            3'000 - static_cast<double>(all.size()));
}

TEST_F(letter_store_test, less_to_keep_after_a_restart) {
  {
    const auto store = open(std::uint64_t{4} << 20);
    for (int i = 0; i < 2'000; ++i) {
      ASSERT_TRUE(put(*store, {std::string(1'000, 'x')}));
    }
  }
  const auto store = open(std::uint64_t{1} << 20);
  ASSERT_TRUE(put(*store, {"last"}));
  EXPECT_LE(letter_metric(*store, "weir_letters_bytes"), 1 << 20);
  EXPECT_EQ(read().back().id, 2'001U);
}

TEST_F(letter_store_test, a_torn_end_costs_what_is_torn_and_no_id_twice) {
  { ASSERT_TRUE(put(*open(), {"a", "b", "c"})); }
  const std::string path = segments().at(0);
  const auto whole = std::filesystem::file_size(path);
  for (std::uintmax_t cut = 1; cut < whole; cut += 13) {
    std::filesystem::resize_file(path, whole - cut);
    const std::size_t left = read().size();
    {
      const auto store = open();
      ASSERT_TRUE(put(*store, {"d"}));
    }
    const auto all = read();
    ASSERT_EQ(all.size(), left + 1) << "cut " << cut;
    EXPECT_EQ(all.back().what.text, "d");
    EXPECT_EQ(all.back().id, left + 1);
    std::filesystem::remove_all(directory_);
    ASSERT_TRUE(put(*open(), {"a", "b", "c"}));
  }
}

TEST_F(letter_store_test, spoilt_lines_are_passed_over) {
  { ASSERT_TRUE(put(*open(), {"a", "b"})); }
  std::ofstream(segments().at(0), std::ios::app) << "\n{\"id\":9}\nnonsense\n";
  EXPECT_EQ(read(3).size(), 2U);
  { ASSERT_TRUE(put(*open(), {"c"})); }
  EXPECT_EQ(read(3).size(), 3U);
}

TEST_F(letter_store_test, a_full_disk_costs_letters_and_counts_them) {
  refusing_files files;
  const auto store = open(std::uint64_t{1} << 20, &files);
  ASSERT_TRUE(put(*store, {"a"}));
  std::int64_t now = letters_now;
  for (const auto fault : {refusing_files::fault::refuse, refusing_files::fault::half}) {
    files.writes = fault;
    EXPECT_FALSE(put(*store, {"b", "c"}, now));
    files.writes = refusing_files::fault::none;
    // The disk is left alone for a second.
    EXPECT_FALSE(put(*store, {"d"}, now + 999'999'999));
    now += 1'000'000'000;
    EXPECT_TRUE(put(*store, {"e"}, now));
  }
  EXPECT_EQ(letter_metric(*store, "weir_letters_lost_total{disk}"), 6);
  EXPECT_EQ(letter_metric(*store, "weir_letters_kept_total"), 3);
  EXPECT_EQ(letter_metric(*store, "weir_letters_write_failures_total"), 2);
  const auto all = read();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].id, 3U);
}

TEST_F(letter_store_test, a_torn_write_that_cannot_be_undone_uses_up_its_ids) {
  refusing_files files;
  const auto store = open(std::uint64_t{1} << 20, &files);
  ASSERT_TRUE(put(*store, {"a"}));
  files.writes = refusing_files::fault::half;
  files.refuse_truncate = true;
  EXPECT_FALSE(put(*store, {"b", "c", "d"}));
  files.writes = refusing_files::fault::none;
  EXPECT_TRUE(put(*store, {"e"}, letters_now + 2'000'000'000));
  const auto all = read();
  std::uint64_t before = 0;
  for (const letter& each : all) {
    EXPECT_GT(each.id, before);
    before = each.id;
  }
  EXPECT_EQ(all.front().what.text, "a");
  EXPECT_EQ(all.back().what.text, "e");
  EXPECT_EQ(all.back().id, 5U);
  EXPECT_EQ(segments().size(), 2U);
}

TEST_F(letter_store_test, no_new_segment_no_room_no_letters) {
  refusing_files files;
  files.refuse_create = true;
  const auto store = open(std::uint64_t{1} << 20, &files);
  EXPECT_FALSE(put(*store, {"a"}));
  files.refuse_create = false;
  std::int64_t now = letters_now + 2'000'000'000;
  for (int i = 0; i < 900; ++i) {
    ASSERT_TRUE(put(*store, {std::string(1'000, 'x')}, now));
    if (letter_metric(*store, "weir_letters_bytes") > (1 << 20) - 3'000) {
      break;
    }
  }
  files.refuse_remove = true;
  const double bytes = letter_metric(*store, "weir_letters_bytes");
  EXPECT_FALSE(put(*store, {std::string(100'000, 'x')}, now));
  EXPECT_EQ(letter_metric(*store, "weir_letters_bytes"), bytes);
  files.refuse_remove = false;
  now += 2'000'000'000;
  EXPECT_TRUE(put(*store, {std::string(100'000, 'x')}, now));
  EXPECT_LE(letter_metric(*store, "weir_letters_bytes"), 1 << 20);
}

TEST_F(letter_store_test, a_directory_that_cannot_be_made_says_so) {
  std::ofstream(std::filesystem::path(directory_)) << "a file";
  const auto opened = letter_store::open({.directory = directory_}, posix_file_system());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find(directory_), std::string::npos);
}

}  // namespace
}  // namespace weir
