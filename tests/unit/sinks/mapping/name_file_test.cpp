// SPDX-License-Identifier: Apache-2.0
//
// The file of names on a real disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sinks/mapping/name_file_posix.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

constexpr std::uint64_t limit = 1 << 20;

std::string ask(name_book& book, const std::string& field) {
  return book
      .name({"default", "d", name_kind::of_series, "m", field},
            [&](std::string_view suffix) {
              return written_name("m_" + field + std::string(suffix), name_kind::of_series,
                                  name_letters::escaped);
            })
      .text;
}

class name_files : public ::testing::Test {
 protected:
  std::shared_ptr<name_book> open() {
    auto opened = open_names(path_, limit);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? opened.value() : nullptr;
  }
  /// Three names: a.b has the plain one.
  void write() {
    const auto book = open();
    dotted_ = ask(*book, "a.b");
    dashed_ = ask(*book, "a-b");
    clean_ = ask(*book, "a_b");
    ASSERT_TRUE(book->flush());
    ASSERT_EQ(dotted_, "m_a_b");
  }

  const temp_directory at_;
  const std::string path_ = at_.file("names");
  std::string dotted_;
  std::string dashed_;
  std::string clean_;
};

TEST_F(name_files, are_the_same_after_a_restart) {
  write();
  const auto book = open();
  EXPECT_EQ(ask(*book, "a_b"), clean_);
  EXPECT_EQ(ask(*book, "a-b"), dashed_);
  EXPECT_EQ(ask(*book, "a.b"), dotted_);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged"));
}

TEST_F(name_files, lose_nothing_but_a_record_that_was_cut_off) {
  write();
  const std::string whole = file_text(path_);
  write_text(path_, whole.substr(0, whole.size() - 3));
  const auto book = open();
  EXPECT_EQ(ask(*book, "a-b"), dashed_);
  EXPECT_EQ(ask(*book, "a.b"), dotted_);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged"));
  EXPECT_EQ(ask(*book, "a_b"), clean_) << "made anew, of its own text";
  ASSERT_TRUE(book->flush());
  EXPECT_EQ(file_text(path_), whole);
}

TEST_F(name_files, that_are_damaged_are_set_aside_and_what_is_good_counts) {
  write();
  std::string whole = file_text(path_);
  whole[whole.find("a-b")] = 'X';
  write_text(path_, whole);
  const auto book = open();
  EXPECT_EQ(file_text(path_ + ".damaged"), whole);
  EXPECT_EQ(ask(*book, "a_b"), clean_);
  EXPECT_EQ(ask(*book, "a.b"), dotted_);
  EXPECT_EQ(ask(*book, "a-b"), dashed_) << "of its own text, so the same";
  ASSERT_TRUE(book->flush());
  EXPECT_NE(open(), nullptr);
}

TEST_F(name_files, that_hold_something_else_are_set_aside) {
  write_text(path_, "what is this\nno records\n");
  const auto book = open();
  ASSERT_NE(book, nullptr);
  EXPECT_EQ(file_text(path_ + ".damaged"), "what is this\nno records\n");
  EXPECT_EQ(ask(*book, "a-b"), "m_a_b");
  ASSERT_TRUE(book->flush());
  EXPECT_TRUE(file_text(path_).starts_with(names_file_head));
}

TEST_F(name_files, of_another_version_are_left_alone) {
  write_text(path_, "weir names 2\nsomething new\n");
  const auto opened = open_names(path_, limit);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("another version"), std::string::npos);
  EXPECT_EQ(file_text(path_), "weir names 2\nsomething new\n");
}

TEST_F(name_files, of_another_process_come_first_and_are_left_alone) {
  write();
  const std::string whole = file_text(path_);
  const std::string own = at_.file("own");
  for (int run = 0; run < 2; ++run) {
    const auto opened = open_names(own, limit, path_);
    ASSERT_TRUE(opened);
    EXPECT_EQ(ask(*opened.value(), "a_b"), clean_);
    EXPECT_EQ(ask(*opened.value(), "new"), "m_new");
    ASSERT_TRUE(opened.value()->flush());
    EXPECT_EQ(file_text(path_), whole);
    const std::string kept = file_text(own);
    EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 2) << kept;
  }
}

TEST_F(name_files, are_not_changed_by_those_who_only_ask) {
  write();
  const std::string whole = file_text(path_);
  const auto book = read_names(path_, limit);
  ASSERT_TRUE(book);
  EXPECT_EQ(ask(*book.value(), "a-b"), dashed_);
  static_cast<void>(ask(*book.value(), "new"));
  EXPECT_TRUE(book.value()->flush());
  EXPECT_EQ(file_text(path_), whole);
}

}  // namespace
}  // namespace weir
