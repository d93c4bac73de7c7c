// SPDX-License-Identifier: Apache-2.0
//
// The cursor's file on a real disk, on one that is full, and on one that fails.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <array>
#include <cstdio>

#include "files/file_operations.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "unit/files/forwarding_files.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

/// A disk that can be full: then no file becomes longer. Counts what is written.
class small_disk final : public forwarding_files {
 public:
  bool full = false;
  bool refuses = false;
  bool refuses_directories = false;
  std::uint64_t written = 0;
  std::uint64_t writes = 0;

  int create(const std::string& path, file_access access) override {
    return full ? -ENOSPC : real_.create(path, access);
  }
  int sync_directory(const std::string& path) override {
    return refuses_directories ? -EIO : real_.sync_directory(path);
  }
  int preallocate(int descriptor, std::uint64_t size) override {
    return full ? -ENOSPC : real_.preallocate(descriptor, size);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    std::uint64_t bytes = 0;
    for (const std::string_view piece : pieces) {
      bytes += piece.size();
    }
    const auto blocks = (static_cast<std::uint64_t>(real_.size(descriptor)) + 4095) / 4096 * 4096;
    if (refuses || (full && offset + bytes > blocks)) {
      return refuses ? -EIO : -ENOSPC;
    }
    written += bytes;
    ++writes;
    return real_.write_at(descriptor, pieces, offset);
  }
};

lane_key lane_number(unsigned number) {
  return {"database_" + std::to_string(number), ""};
}

cursor_state with_lanes(unsigned count) {
  cursor_state state;
  state.discovered = log_position(count);
  state.accepted = count;
  for (unsigned i = 0; i < count; ++i) {
    state.lanes[lane_number(i)] = {log_position(i), 0, 0, {}};
  }
  return state;
}

std::set<lane_key> all_lanes(const cursor_state& state) {
  std::set<lane_key> keys;
  for (const auto& [key, at] : state.lanes) {
    keys.insert(key);
  }
  return keys;
}

class cursor_files : public testing::Test {
 protected:
  std::optional<cursor_state> loaded() {
    auto kept = cursor_file(directory_.path(), "s").load();
    EXPECT_TRUE(kept.ok());
    return kept.ok() ? kept.value() : std::nullopt;
  }
  const temp_directory directory_;
  small_disk disk_;
};

TEST_F(cursor_files, keeps_a_cursor) {
  cursor_file file(directory_.path(), "my sink/../x");
  const auto none = file.load();
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none.value().has_value());
  cursor_state state;
  state.discovered = log_position(7);
  state.accepted = 3;
  ASSERT_TRUE(file.save(state, {}).ok());
  state.delivered = 2;
  ASSERT_TRUE(file.save(state, {}).ok());
  const auto kept = cursor_file(directory_.path(), "my sink/../x").load();
  ASSERT_TRUE(kept.ok() && kept.value().has_value());
  EXPECT_EQ(*kept.value(), state);
  // One file, and nothing temporary beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(cursor_files, thousands_of_saves_go_round_in_the_same_place) {
  cursor_state state = with_lanes(20);
  for (int life = 0; life < 3; ++life) {
    cursor_file file(directory_.path(), "s", disk_);
    ASSERT_TRUE(file.load().ok());
    ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
    disk_.full = true;
    for (unsigned i = 0; i < 3000; ++i) {
      state.accepted += 2;
      ++state.delivered;
      lane_position& at = state.lanes[lane_number(i % 20)];
      at.skip_points = i;
      ASSERT_TRUE(file.save(state, {lane_number(i % 20)}).ok());
    }
    EXPECT_EQ(loaded(), state);
    EXPECT_EQ(file_bytes(file.path()), 2 * cursor_file::area_bytes_least);
  }
}

// Each of 9,990 lanes is delivered by itself: what is written is what changed, not all lanes each
// time (which was 511 MB).
TEST_F(cursor_files, a_save_costs_what_changed) {
  constexpr unsigned lanes = 9990;
  cursor_file file(directory_.path(), "s", disk_);
  cursor_state state = with_lanes(lanes);
  ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
  for (unsigned i = 0; i < lanes; ++i) {
    state.lanes.erase(lane_number(i));
    ++state.delivered;
    ASSERT_TRUE(file.save(state, {lane_number(i)}).ok());
  }
  EXPECT_EQ(loaded(), state);
  EXPECT_LT(disk_.written, 3'000'000U);
}

TEST_F(cursor_files, a_full_disk_lets_lanes_be_delivered_and_few_new_ones_begin) {
  cursor_file file(directory_.path(), "s", disk_);
  cursor_state state = with_lanes(10);
  ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
  disk_.full = true;
  // More than its areas hold: the cursor stands still, and what was kept stays.
  cursor_state many = with_lanes(5000);
  EXPECT_FALSE(file.save(many, all_lanes(many)).ok());
  EXPECT_EQ(loaded(), state);
  // As they are delivered it fits again, on the disk that is still full.
  const std::set<lane_key> changed = all_lanes(many);
  while (many.lanes.size() > 300) {
    many.lanes.erase(many.lanes.begin());
  }
  EXPECT_TRUE(file.save(many, changed).ok());
  EXPECT_EQ(loaded(), many);
  disk_.full = false;
  cursor_state more = with_lanes(5000);
  EXPECT_TRUE(file.save(more, all_lanes(more)).ok());
  EXPECT_EQ(loaded(), more);
}

TEST_F(cursor_files, one_of_an_earlier_weir_goes_on_also_on_a_full_disk) {
  std::string text =
      "weir-cursor 1\nlow_water 5\ndiscovered 9\naccepted 30\ndelivered 20\n"
      "discarded refused 0\ndiscarded partial 0\ndiscarded too_large 0\ndiscarded damaged 0\n"
      "discarded lost 0\nlane 5 0 0 db=flink rp=one%20hour\n";
  std::array<char, 32> checksum{};
  std::snprintf(checksum.data(), checksum.size(), "checksum %016llx\n",
                static_cast<unsigned long long>(XXH64(text.data(), text.size(), 0)));
  text += checksum.data();
  for (const bool full : {false, true}) {
    cursor_file file(directory_.path(), "s", disk_);
    write_text(file.path(), text);
    disk_.full = full;
    auto kept = file.load();
    ASSERT_TRUE(kept.ok() && kept.value().has_value());
    cursor_state state = *kept.value();
    EXPECT_EQ(state.lanes.size(), 1U);
    for (int i = 0; i < 10; ++i) {
      ++state.delivered;
      ASSERT_TRUE(file.save(state, {}).ok());
      EXPECT_EQ(loaded(), state);
    }
    // Once there is room it takes as much of it as others.
    disk_.full = false;
    for (int i = 0; i < 100; ++i) {
      ++state.accepted;
      ASSERT_TRUE(file.save(state, {}).ok());
    }
    EXPECT_EQ(loaded(), state);
    EXPECT_EQ(file_bytes(file.path()), 2 * cursor_file::area_bytes_least);
  }
}

TEST_F(cursor_files, a_write_that_failed_leaves_no_gap) {
  cursor_file file(directory_.path(), "s", disk_);
  cursor_state state = with_lanes(3);
  ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
  std::set<lane_key> changed;
  for (unsigned i = 0; i < 3; ++i) {
    disk_.refuses = true;
    state.lanes.erase(lane_number(i));
    ++state.delivered;
    changed.insert(lane_number(i));
    EXPECT_FALSE(file.save(state, changed).ok());
    disk_.refuses = false;
    ASSERT_TRUE(file.save(state, changed).ok());
    EXPECT_EQ(loaded(), state);
  }
}

// Not even whether the file is there: what was kept in it is not written over.
TEST_F(cursor_files, a_disk_that_says_nothing_costs_no_cursor) {
  class blind_disk final : public forwarding_files {
   public:
    bool blind = false;
    int kind(const std::string& path, entry_kind& is) override {
      return blind ? -EIO : real_.kind(path, is);
    }
    int create(const std::string& path, file_access access) override {
      return blind ? -EIO : real_.create(path, access);
    }
    std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                          std::uint64_t offset) override {
      if (!blind) {
        return real_.write_at(descriptor, pieces, offset);
      }
      const std::string_view part = pieces.front().substr(0, 20);
      static_cast<void>(real_.write_at(descriptor, std::array{part}, offset));
      return -EIO;
    }
  } disk;
  cursor_file store(directory_.path(), "s", disk);
  cursor_state state = with_lanes(3);
  ASSERT_TRUE(store.save(state, all_lanes(state)).ok());
  disk.blind = true;
  for (int i = 0; i < 4; ++i) {
    state.delivered += 1;
    EXPECT_FALSE(store.save(state, {}).ok());
  }
  const auto kept = loaded();
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->lanes.size(), 3U);
}

TEST_F(cursor_files, a_directory_that_cannot_be_synced_does_not_bring_an_old_cursor_back) {
  cursor_file file(directory_.path(), "s", disk_);
  disk_.refuses_directories = true;
  ASSERT_TRUE(file.save(with_lanes(3), {}).ok());
  disk_.refuses_directories = false;
  cursor_state newer = with_lanes(3);
  for (unsigned i = 0; i < 3; ++i) {
    newer.delivered = i + 1;
    ASSERT_TRUE(file.save(newer, {lane_number(i)}).ok());
  }
  const auto kept = loaded();
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->delivered, 3U);
}

TEST_F(cursor_files, a_damaged_one_is_set_aside_not_deleted) {
  for (const std::string& content :
       {std::string("garbage"), std::string(), std::string(65536, '\0')}) {
    cursor_file file(directory_.path(), "s");
    write_text(file.path(), content);
    const auto kept = file.load();
    ASSERT_TRUE(kept.ok());
    EXPECT_FALSE(kept.value().has_value());
    EXPECT_EQ(file_text(file.path() + ".damaged"), content);
    EXPECT_FALSE(std::filesystem::exists(file.path()));
    EXPECT_TRUE(file.save(with_lanes(2), all_lanes(with_lanes(2))).ok());
    EXPECT_EQ(loaded(), with_lanes(2));
  }
}

TEST_F(cursor_files, one_that_was_cut_short_goes_on) {
  cursor_file file(directory_.path(), "s");
  cursor_state state = with_lanes(2);
  ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
  std::filesystem::resize_file(file.path(), cursor_file::area_bytes_least / 2);
  cursor_file again(directory_.path(), "s");
  const auto kept = again.load();
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept.value(), state);
  ++state.delivered;
  ASSERT_TRUE(again.save(state, {}).ok());
  EXPECT_EQ(loaded(), state);
  EXPECT_EQ(file_bytes(file.path()), 2 * cursor_file::area_bytes_least);
}

TEST_F(cursor_files, a_directory_that_is_deleted_is_made_again) {
  const std::string below = directory_.file("cursors");
  ASSERT_TRUE(make_directories(below).ok());
  cursor_file file(below, "s");
  const cursor_state state = with_lanes(2);
  ASSERT_TRUE(file.save(state, all_lanes(state)).ok());
  std::filesystem::remove_all(below);
  ASSERT_TRUE(file.save(state, {}).ok());
  EXPECT_EQ(cursor_file(below, "s").load().value(), state);
}

TEST_F(cursor_files, a_directory_that_was_never_there_is_an_error) {
  cursor_file file("/nonexistent/weir", "s");
  EXPECT_FALSE(file.save({}, {}).ok());
}

}  // namespace
}  // namespace weir
