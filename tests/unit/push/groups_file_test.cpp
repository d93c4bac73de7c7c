// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "push/groups_file_posix.hpp"
#include "push/groups_text.hpp"
#include "unit/files/forwarding_files.hpp"
#include "unit/files/temporary_directory.hpp"
#include "unit/push/push_testing.hpp"

namespace weir::push {
namespace {

constexpr std::size_t any = std::size_t{1} << 30;
const grouping labels{{"job", "a/b \"c\""}, {"x", ""}};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(push_groups_file, groups_outlive_a_restart) {
  const temporary_directory directory;
  const std::string path = directory.path() + "/pushed";
  group_table before(any);
  before.apply(push_of(labels, "# HELP x w\\n\\\\\n# TYPE x gauge\nx{l=\"\\n\"} 0.1\nx NaN\n"),
               default_terms(), at_second(0));
  before.apply(push_of(labels, "y 1\n", /*adds=*/true), default_terms(), at_second(20));
  before.note_failure(labels, at_second(21).wall);
  groups_file file(path);
  ASSERT_TRUE(file.save(before).ok());

  group_table after(any);
  EXPECT_EQ(groups_file(path).load(after, default_terms(), at_second(30)), "");
  const auto one = before.find(labels);
  const auto other = after.find(labels);
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->series, one->series);
  EXPECT_EQ(other->database, "pushgateway");
  EXPECT_EQ(other->pushed.ns, one->pushed.ns);
  EXPECT_EQ(other->failed.ns, one->failed.ns);
  EXPECT_EQ(other->interval_ns, one->interval_ns);
  EXPECT_EQ(other->ttl, one->ttl);
  EXPECT_EQ(other->samples, 3U);
  for (const auto& [name, each] : one->families) {
    EXPECT_EQ(other->families.at(name)->is.text, each->is.text);
    EXPECT_EQ(other->families.at(name)->is.help, each->is.help);
    EXPECT_EQ(other->families.at(name)->is.type, each->is.type);
  }
  after.expire(at_second(119));
  EXPECT_EQ(after.totals().groups, 1U);
  after.expire(at_second(120));
  EXPECT_EQ(after.totals().groups, 0U) << "five times 20 s from the last push on";
}

TEST(push_groups_file, a_metric_may_be_called_as_a_line_of_the_file) {
  group_table before(any);
  before.apply(push_of(labels,
                       "# TYPE weir_group gauge\nweir_group{job=\"x\",y=\"z\"} 3\n"
                       "weir_series 4\n"),
               default_terms(), at_second(0));
  const auto one = before.find(labels);
  std::string text(groups_file_head);
  append_record(*one, text);
  const auto read = read_records(text);
  ASSERT_EQ(read->groups.size(), 1U);
  const group& other = read->groups.front();
  EXPECT_EQ(other.labels, labels);
  EXPECT_EQ(other.series, one->series);
  ASSERT_EQ(other.families.size(), 2U);
  EXPECT_EQ(other.families.at("weir_group")->is.text, one->families.at("weir_group")->is.text);
  EXPECT_EQ(other.families.at("weir_series")->is.text, one->families.at("weir_series")->is.text);
}

TEST(push_groups_file, help_may_end_with_a_carriage_return) {
  group_push push = push_of(labels, "x 1\n");
  push.families.front().help = "words\r";
  group_table before(any);
  before.apply(std::move(push), default_terms(), at_second(0));
  std::string text(groups_file_head);
  append_record(*before.find(labels), text);
  const auto read = read_records(text);
  ASSERT_EQ(read->groups.size(), 1U);
  EXPECT_EQ(read->groups.front().families.at("x")->is.help, "words");
}

TEST(push_groups_file, what_ended_while_weir_was_not_there_has_a_while_to_push_again) {
  group one;
  one.pushed = at_second(0).wall;
  one.ttl = 100 * second;
  EXPECT_EQ(ttl_left(one, at_second(30).wall, 60 * second), 70 * second);
  EXPECT_EQ(ttl_left(one, at_second(5'000).wall, 60 * second), 60 * second);
  EXPECT_EQ(ttl_left(one, at_second(-5'000).wall, 60 * second), 100 * second)
      << "a clock that was set back";
  one.ttl = 10 * second;
  EXPECT_EQ(ttl_left(one, at_second(5'000).wall, 60 * second), 10 * second);
  one.ttl.reset();
  EXPECT_FALSE(ttl_left(one, at_second(5'000).wall, 60 * second).has_value());
}

TEST(push_groups_file, a_damaged_record_costs_itself) {
  group_table table(any);
  for (const char* const job : {"a", "b", "c"}) {
    table.apply(push_of({{"job", job}}, "x 1\n"), default_terms(), at_second(0));
  }
  std::string text(groups_file_head);
  for (const auto& each : table.all()) {
    append_record(*each, text);
  }
  EXPECT_EQ(read_records(text)->groups.size(), 3U);
  for (std::size_t at = groups_file_head.size(); at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 0x04);
    const auto read = read_records(bad);
    ASSERT_TRUE(read.has_value());
    ASSERT_GE(read->groups.size(), 2U) << at;
  }
  const auto cut = read_records(text.substr(0, text.size() - 1));
  EXPECT_EQ(cut->groups.size(), 2U);
  EXPECT_EQ(cut->damaged, 1U);
}

TEST(push_groups_file, what_is_no_such_file_is_set_aside) {
  const temporary_directory directory;
  const std::string path = directory.path() + "/pushed";
  write_all(path, "something else\n");
  group_table table(any);
  const std::string told = groups_file(path).load(table, default_terms(), at_second(0));
  EXPECT_NE(told.find("pushed.damaged"), std::string::npos) << told;
  EXPECT_EQ(read_all(path + ".damaged"), "something else\n");
  EXPECT_EQ(groups_file(path).load(table, default_terms(), at_second(0)), "") << "none is no fault";
}

TEST(push_groups_file, is_written_where_something_changed) {
  const temporary_directory directory;
  const std::string path = directory.path() + "/pushed";
  group_table table(any);
  groups_file file(path);
  ASSERT_TRUE(file.save(table).ok());
  EXPECT_EQ(read_all(path), "") << "nothing ever changed";
  table.apply(push_of(labels, "x 1\n"), default_terms(), at_second(0));
  ASSERT_TRUE(file.save(table).ok());
  EXPECT_NE(read_all(path), "");
  write_all(path, "");
  ASSERT_TRUE(file.save(table).ok());
  EXPECT_EQ(read_all(path), "");
  table.remove(labels, at_second(0).wall);
  ASSERT_TRUE(file.save(table).ok());
  EXPECT_EQ(read_all(path), groups_file_head);
}

/// A disk without room.
class full_disk final : public forwarding_files {
 public:
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    return is_full ? -ENOSPC : forwarding_files::write_at(descriptor, pieces, offset);
  }

  bool is_full = false;
};

TEST(push_groups_file, a_full_disk_leaves_the_old_file_and_heals) {
  const temporary_directory directory;
  const std::string path = directory.path() + "/pushed";
  full_disk disk;
  group_table table(any);
  groups_file file(path, disk);
  table.apply(push_of(labels, "x 1\n"), default_terms(), at_second(0));
  ASSERT_TRUE(file.save(table).ok());
  const std::string before = read_all(path);
  disk.is_full = true;
  table.apply(push_of(labels, "x 2\n"), default_terms(), at_second(1));
  const outcome failed = file.save(table);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("No space left"), std::string::npos)
      << failed.error().message;
  EXPECT_EQ(read_all(path), before);
  disk.is_full = false;
  EXPECT_TRUE(file.save(table).ok());
  EXPECT_NE(read_all(path), before);
}

}  // namespace
}  // namespace weir::push
