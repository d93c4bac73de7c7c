// SPDX-License-Identifier: Apache-2.0
//
// The simulated disk: what is synced survives a loss of power, what is not may go, and its faults
// are those of real disks.
#include "simulation/virtual_disk.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "files/file_operations.hpp"

namespace weir::simulation {
namespace {

class virtual_disks : public testing::Test {
 protected:
  virtual_disks() { disk_.add_root("/r"); }
  [[nodiscard]] int written(const std::string& path, const std::string& bytes) {
    const int descriptor = files_.create(path, file_access::group);
    EXPECT_GE(descriptor, 0);
    const std::string_view pieces[] = {bytes};
    EXPECT_EQ(files_.write_at(descriptor, pieces, 0), static_cast<std::int64_t>(bytes.size()));
    return descriptor;
  }

  dice chance_{7};
  virtual_disk disk_{chance_};
  process_files files_{disk_};
};

TEST_F(virtual_disks, a_process_reads_what_it_wrote) {
  ASSERT_TRUE(make_directories("/r/a/b", files_).ok());
  ASSERT_TRUE(replace_file("/r/a/b/one", "first", durability::process, files_).ok());
  ASSERT_TRUE(append_to_file("/r/a/b/one", " and", " second", files_).ok());
  EXPECT_EQ(read_small_file("/r/a/b/one", files_).value(), "first and second");
  std::vector<std::string> names;
  ASSERT_EQ(files_.list("/r/a/b", names), 0);
  EXPECT_EQ(names, std::vector<std::string>{"one"});
  ASSERT_EQ(files_.rename("/r/a/b/one", "/r/a/b/two"), 0);
  EXPECT_FALSE(read_small_file("/r/a/b/one", files_).value().has_value());
  EXPECT_EQ(files_.remove_directory("/r/a/b"), -ENOTEMPTY);
  ASSERT_EQ(files_.remove("/r/a/b/two"), 0);
  EXPECT_EQ(files_.remove_directory("/r/a/b"), 0);
  EXPECT_EQ(files_.create("/r/a/b/three", file_access::group), -ENOENT);
}

TEST_F(virtual_disks, what_was_synced_survives_a_loss_of_power_whole) {
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/r/kept" + std::to_string(i);
    const int descriptor = written(path, std::string(3'000, 'k'));
    ASSERT_EQ(files_.sync(descriptor), 0);
    ASSERT_EQ(files_.sync_directory("/r"), 0);
    disk_.lose_power();
    EXPECT_EQ(disk_.content(path), std::string(3'000, 'k'));
  }
}

TEST_F(virtual_disks, of_what_was_not_synced_anything_may_be_left) {
  int gone = 0;
  int whole = 0;
  int cut = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string path = "/r/lost" + std::to_string(i);
    const std::string bytes(3'000, 'l');
    static_cast<void>(written(path, bytes));
    disk_.lose_power();
    const auto left = disk_.content(path);
    gone += left ? 0 : 1;
    whole += left == bytes ? 1 : 0;
    cut += left && left != bytes ? 1 : 0;
  }
  EXPECT_GT(gone, 10);
  EXPECT_GT(whole, 3);
  EXPECT_GT(cut, 10);
}

TEST_F(virtual_disks, a_replaced_file_is_the_old_or_the_new_one_when_it_was_synced_before) {
  int old_ones = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string before = "old" + std::to_string(i);
    ASSERT_TRUE(replace_file("/r/file", before, durability::power, files_).ok());
    ASSERT_TRUE(sync_directory_of("/r/file", files_).ok());
    ASSERT_TRUE(replace_file("/r/file", "new", durability::power, files_).ok());
    disk_.lose_power();
    const auto left = disk_.content("/r/file");
    ASSERT_TRUE(left.has_value());
    EXPECT_TRUE(*left == before || *left == "new") << *left;
    old_ones += *left == before ? 1 : 0;
  }
  EXPECT_LT(old_ones, 50);
}

TEST_F(virtual_disks, a_sync_that_failed_keeps_nothing_and_the_next_one_says_it_did) {
  const int descriptor = written("/r/file", "unsynced");
  ASSERT_EQ(files_.sync_directory("/r"), 0);
  disk_.faults.syncs_fail = true;
  EXPECT_EQ(files_.sync(descriptor), -EIO);
  disk_.faults.syncs_fail = false;
  EXPECT_EQ(files_.sync(descriptor), 0);
  disk_.lose_power();
  EXPECT_EQ(disk_.content("/r/file"), std::string(8, '\0'));
}

TEST_F(virtual_disks, a_full_disk_takes_what_needs_no_new_block) {
  const int descriptor = written("/r/file", std::string(virtual_disk::page_bytes, 'a'));
  disk_.faults.capacity = 0;
  const std::string_view over[] = {"bbb"};
  EXPECT_EQ(files_.write_at(descriptor, over, 0), 3);
  EXPECT_EQ(files_.write_at(descriptor, over, virtual_disk::page_bytes), -ENOSPC);
  EXPECT_EQ(files_.create("/r/more", file_access::group), -ENOSPC);
  EXPECT_EQ(files_.preallocate(descriptor, virtual_disk::page_bytes * 4), -ENOSPC);
  disk_.faults.capacity = disk_faults::unlimited;
  ASSERT_EQ(files_.preallocate(descriptor, virtual_disk::page_bytes * 4), 0);
  disk_.faults.capacity = 0;
  EXPECT_EQ(files_.write_at(descriptor, over, virtual_disk::page_bytes), 3);
}

TEST_F(virtual_disks, a_process_that_died_changes_nothing_more) {
  const int descriptor = written("/r/file", "before");
  files_.die_in(1);
  const std::string_view more[] = {"after!"};
  EXPECT_EQ(files_.write_at(descriptor, more, 0), 6);
  EXPECT_EQ(files_.remove("/r/file"), -EIO);
  EXPECT_TRUE(files_.dead());
  EXPECT_EQ(files_.write_at(descriptor, more, 6), -EIO);
  EXPECT_EQ(disk_.content("/r/file"), "after!");
}

TEST_F(virtual_disks, a_removed_tree_is_gone_and_stays_gone) {
  ASSERT_TRUE(make_directories("/r/a", files_).ok());
  const int descriptor = written("/r/a/file", "x");
  disk_.remove_tree("/r/a");
  const std::string_view more[] = {"y"};
  EXPECT_EQ(files_.write_at(descriptor, more, 1), 1) << "the open file is still there";
  EXPECT_EQ(files_.open_to_read("/r/a/file"), -ENOENT);
  disk_.lose_power();
  EXPECT_EQ(disk_.content("/r/a"), std::nullopt);
}

}  // namespace
}  // namespace weir::simulation
