// SPDX-License-Identifier: Apache-2.0
//
// The parking place on disk: order, restarts, damage, and who finds what after a crash.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "sinks/parking/parked_files_posix.hpp"
#include "unit/files/forwarding_files.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

frame_ptr frame_at(std::uint64_t position, const lane_key& lane, std::size_t lines = 3) {
  auto made =
      make_frame(lane.database, make_lines(static_cast<std::uint32_t>(lines), position),
                 static_cast<std::uint32_t>(lines), frame_codec::plain, lane.retention_policy);
  made->header.position = log_position(position);
  return made;
}

/// The next `refusals` reads fail, once `reads_before` others are done.
class unreadable_files : public counting_files {
 public:
  int refusals = 0;
  int reads_before = 0;

  std::int64_t read_at(int descriptor, std::span<char> target, std::uint64_t offset) override {
    if (refusals > 0 && reads_before-- <= 0) {
      --refusals;
      return -EIO;
    }
    return counting_files::read_at(descriptor, target, offset);
  }
};

class parked_files_on_disk : public ::testing::Test {
 protected:
  std::unique_ptr<parked_files> open(bool read_only = false) {
    auto opened = parked_files::open({.directory = place_,
                                      .keep_bytes = keep_,
                                      .kept = kept_,
                                      .read_only = read_only,
                                      .now_ns = [] { return std::int64_t{77}; },
                                      .files = &files_});
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  /// Opens it again; positions below `done` are done, those from `end` on are leftovers.
  std::unique_ptr<parked_files> reopen(std::uint64_t done, std::uint64_t end) {
    auto place = open();
    found_.clear();
    EXPECT_TRUE(place->recover([&](const frame_header& header) {
      const std::uint64_t at = header.position.number();
      const park_claim claim = at < done  ? park_claim::done
                               : at < end ? park_claim::pending
                                          : park_claim::leftover;
      if (claim == park_claim::pending) {
        found_[{header.database, header.retention_policy}].push_back(at);
      }
      return claim;
    }));
    return place;
  }
  static std::vector<std::uint64_t> read_all(parking& place, const lane_key& lane,
                                             std::uint64_t from = 0) {
    std::vector<std::uint64_t> positions;
    log_position at(from);
    for (;;) {
      read_result read = place.next(at, lane);
      if (read.status != read_status::frame) {
        EXPECT_EQ(read.status, read_status::caught_up) << read.detail;
        return positions;
      }
      EXPECT_EQ(read.found->stored,
                make_lines(read.found->header.points, read.found->header.position.number()));
      positions.push_back(read.found->header.position.number());
      at = read.next;
    }
  }
  static void park(parking& place, const lane_key& lane, const std::vector<std::uint64_t>& at,
                   std::size_t lines = 3) {
    std::vector<frame_ptr> frames;
    for (const std::uint64_t one : at) {
      frames.push_back(frame_at(one, lane, lines));
    }
    const parking::parked done = place.park(lane, frames);
    EXPECT_EQ(done.frames, frames.size()) << done.why;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (std::filesystem::exists(place_)) {
      for (const auto& one : std::filesystem::recursive_directory_iterator(place_)) {
        if (one.is_regular_file()) {
          names.push_back(one.path().string());
        }
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  temp_directory dir_;
  std::string place_ = dir_.file("parked/s");
  std::uint64_t keep_ = std::uint64_t{1} << 30;
  durability kept_ = durability::process;
  unreadable_files files_;
  const lane_key a_{"a", ""};
  const lane_key b_{"b/../x", "one hour"};
  std::map<lane_key, std::vector<std::uint64_t>> found_;
};

TEST_F(parked_files_on_disk, keeps_each_lane_in_order_over_a_restart) {
  {
    auto place = open();
    EXPECT_TRUE(place->recover([](const frame_header&) { return park_claim::pending; }));
    park(*place, a_, {3, 5});
    park(*place, b_, {4});
    park(*place, a_, {9});
    EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{3, 5, 9}));
    EXPECT_EQ(read_all(*place, b_), (std::vector<std::uint64_t>{4}));
    EXPECT_EQ(place->next(log_position(20), a_).next, log_position(20));
    EXPECT_EQ(place->next(log_position(9).next(), a_).next, log_position(10));
    EXPECT_EQ(place->shares().lanes(), 2U);
  }
  auto place = reopen(5, 9);
  EXPECT_EQ(found_[a_], (std::vector<std::uint64_t>{5}));
  EXPECT_TRUE(found_[b_].empty()) << "4 is done";
  EXPECT_EQ(read_all(*place, a_, 5), (std::vector<std::uint64_t>{5}));
  EXPECT_EQ(files().size(), 1U) << "what is done is removed";
  // The leftover is cut off, so that it can be parked again.
  park(*place, a_, {9, 12});
  EXPECT_EQ(read_all(*place, a_, 5), (std::vector<std::uint64_t>{5, 9, 12}));
  place->release(a_, log_position(13));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(place->shares().bytes(), 0U);
  EXPECT_FALSE(std::filesystem::exists(place_ + "/a")) << "nor is a folder left";
}

TEST_F(parked_files_on_disk, files_are_bounded_and_go_when_they_are_done) {
  keep_ = std::uint64_t{1} << 20;
  auto place = open();
  std::uint64_t at = 1;
  for (; at <= 20; ++at) {
    park(*place, a_, {at}, 800);
  }
  const std::size_t count = files().size();
  EXPECT_GE(count, 5U);
  EXPECT_LE(count, 15U);
  place->release(a_, log_position(11));
  EXPECT_LT(files().size(), count);
  EXPECT_EQ(read_all(*place, a_, 11).size(), 10U);
}

TEST_F(parked_files_on_disk, the_oldest_are_given_up_and_counted_from_where_the_lane_stands) {
  keep_ = std::uint64_t{1} << 20;
  auto place = open();
  for (std::uint64_t at = 1; at <= 20; ++at) {
    park(*place, a_, {at}, 800);
  }
  const std::uint64_t before = place->shares().bytes();
  const auto gone =
      place->give_up_oldest(a_, {.next = log_position(2), .skip_bytes = 31, .skip_points = 1});
  ASSERT_GT(gone.below, log_position(2));
  EXPECT_EQ(gone.points, (gone.below.number() - 2) * 800 - 1);
  EXPECT_LT(place->shares().bytes(), before);
  EXPECT_EQ(read_all(*place, a_, gone.below.number()).size(), 21 - gone.below.number());
  const std::size_t count = files().size();
  place->release(a_, gone.below);
  EXPECT_EQ(files().size(), count - 1);
}

TEST_F(parked_files_on_disk, hundreds_of_lanes_hold_no_file_open) {
  auto place = open();
  for (std::uint64_t i = 1; i <= 400; ++i) {
    park(*place, {"db" + std::to_string(i), ""}, {i}, 1);
  }
  EXPECT_EQ(place->shares().lanes(), 400U);
  std::size_t open_files = 0;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    open_files += one.path().empty() ? 0 : 1;
  }
  EXPECT_LT(open_files, 60U);
  place.reset();
  place = reopen(0, 1'000);
  EXPECT_EQ(found_.size(), 400U);
  EXPECT_EQ(read_all(*place, {"db77", ""}).size(), 1U);
}

TEST_F(parked_files_on_disk, damage_costs_itself) {
  {
    auto place = open();
    park(*place, a_, {3, 5, 9});
    park(*place, b_, {4});
  }
  // A byte of the record in the middle, in its payload and then in its head.
  const std::string path = files().at(0);
  std::string text = file_text(path);
  const std::size_t payload = text.find("v=6i");
  ASSERT_NE(payload, std::string::npos);
  text[payload] = 'x';
  write_text(path, text);
  {
    auto place = reopen(0, 100);
    EXPECT_EQ(found_[a_].size(), 3U) << "its head is whole: it is counted";
    EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{3, 9}));
  }
  text[text.rfind("\xFE\x57\x52\xFF", payload) + 10] ^= 1;
  write_text(path, text);
  {
    auto place = reopen(0, 100);
    EXPECT_EQ(found_[a_], (std::vector<std::uint64_t>{3, 9}));
    EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{3, 9}));
    EXPECT_EQ(found_[b_].size(), 1U);
  }
}

TEST_F(parked_files_on_disk, what_is_no_parking_file_is_set_aside) {
  {
    auto place = open();
    park(*place, a_, {3});
    park(*place, b_, {4});
  }
  const std::string path = files().at(0);
  std::string text = file_text(path);
  text[2] = 'X';
  write_text(path, text);
  {
    auto place = reopen(0, 100);
    EXPECT_EQ(found_.size(), 1U);
    EXPECT_TRUE(std::filesystem::exists(path + ".damaged"));
    park(*place, a_, {8});
    EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{8}));
  }
  std::filesystem::remove_all(place_);
  write_text(place_, "not a folder");
  auto place = reopen(0, 100);
  ASSERT_NE(place, nullptr);
  EXPECT_TRUE(std::filesystem::exists(place_ + ".damaged"));
  park(*place, a_, {8});
}

TEST_F(parked_files_on_disk, files_taken_away_while_it_runs_are_passed_over) {
  keep_ = std::uint64_t{1} << 20;
  auto place = open();
  for (std::uint64_t at = 1; at <= 20; ++at) {
    park(*place, a_, {at}, 800);
  }
  std::filesystem::remove(files().at(0));
  const auto left = read_all(*place, a_);
  EXPECT_LT(left.size(), 20U);
  EXPECT_EQ(left.back(), 20U);
}

TEST_F(parked_files_on_disk, a_disk_that_refuses_keeps_what_was_parked_before) {
  auto place = open();
  park(*place, a_, {1, 2});
  const int calls = static_cast<int>(files_.calls.size());
  files_.error = -ENOSPC;
  files_.fail_at = calls + 1;
  std::vector<frame_ptr> frames{frame_at(3, a_), frame_at(4, a_)};
  const parking::parked done = place->park(a_, frames);
  EXPECT_EQ(done.frames, 1U);
  EXPECT_NE(done.why.find("No space left"), std::string::npos) << done.why;
  EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{1, 2, 3}));
  files_.fail_at = static_cast<int>(files_.calls.size());
  EXPECT_EQ(place->park({"new", ""}, std::vector<frame_ptr>{frame_at(9, {"new", ""})}).frames, 0U);
  EXPECT_EQ(place->shares().lanes(), 1U);
  files_.fail_at = -1;
  park(*place, a_, {4, 6});
  place = reopen(0, 100);
  EXPECT_EQ(found_[a_], (std::vector<std::uint64_t>{1, 2, 3, 4, 6}));
}

TEST_F(parked_files_on_disk, what_must_survive_a_loss_of_power_is_synced_before_it_counts) {
  kept_ = durability::power;
  auto place = open();
  park(*place, a_, {1, 2});
  EXPECT_EQ(std::count(files_.calls.begin(), files_.calls.end(), "sync"), 1);
  EXPECT_TRUE(std::any_of(files_.calls.begin(), files_.calls.end(), [&](const std::string& call) {
    return call.starts_with("sync " + place_ + "/a");
  })) << "the file's name";
  // A sync that fails: nothing of it counts, and the file is written to no more.
  files_.calls.clear();
  files_.fail_at = 1;
  EXPECT_EQ(place->park(a_, std::vector<frame_ptr>{frame_at(3, a_)}).frames, 0U);
  EXPECT_EQ(files_.calls.at(1), "sync");
  files_.fail_at = -1;
  park(*place, a_, {3});
  EXPECT_EQ(files().size(), 2U);
  EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{1, 2, 3}));
  place = reopen(0, 100);
  EXPECT_EQ(found_[a_], (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(parked_files_on_disk, names_of_any_length_and_spelling_have_folders_of_their_own) {
  auto place = open();
  const std::vector<lane_key> lanes{{std::string(4000, 'x'), ""},
                                    {std::string(3999, 'x') + "y", ""},
                                    {"..", ""},
                                    {"", ""},
                                    {"a/b", ""},
                                    {"a", "b"},
                                    {"\xff\n", std::string(4000, '%')}};
  std::uint64_t at = 0;
  for (const lane_key& one : lanes) {
    park(*place, one, {++at});
  }
  place = reopen(0, 100);
  for (const lane_key& one : lanes) {
    EXPECT_EQ(read_all(*place, one).size(), 1U);
  }
}

TEST_F(parked_files_on_disk, a_disk_that_refuses_to_be_read_for_a_while_costs_nothing) {
  {
    auto place = open();
    park(*place, a_, {1, 2, 3, 4});
    park(*place, b_, {5});
  }
  for (int reads_before = 0; reads_before < 6; ++reads_before) {
    auto place = open();
    files_.refusals = 3;
    files_.reads_before = reads_before;
    std::vector<std::uint64_t> judged;
    const auto judge = [&](const frame_header& header) {
      judged.push_back(header.position.number());
      return park_claim::pending;
    };
    int refused = 0;
    while (!place->recover(judge)) {
      ++refused;
    }
    EXPECT_EQ(refused > 0, files_.refusals < 3);
    EXPECT_TRUE(refused > 0 || reads_before > 0);
    files_.refusals = 0;
    EXPECT_EQ(judged, (std::vector<std::uint64_t>{1, 2, 3, 4, 5})) << "each once, in order";
    EXPECT_EQ(read_all(*place, a_), (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(read_all(*place, b_), (std::vector<std::uint64_t>{5}));
  }
}

TEST_F(parked_files_on_disk, what_can_never_be_read_is_waited_for_so_long_and_kept_aside) {
  {
    auto place = open();
    park(*place, a_, {1, 2});
  }
  auto place = open();
  files_.refusals = parked_files::recovery_tries_max + 1;
  const auto judge = [](const frame_header&) { return park_claim::pending; };
  int refused = 0;
  while (!place->recover(judge)) {
    ++refused;
  }
  EXPECT_EQ(refused, parked_files::recovery_tries_max);
  EXPECT_EQ(place->shares().lanes(), 0U);
  ASSERT_EQ(files().size(), 1U);
  EXPECT_TRUE(files().front().ends_with(".damaged"));
}

TEST_F(parked_files_on_disk, looking_changes_nothing) {
  {
    auto place = open();
    park(*place, a_, {3, 5});
    park(*place, b_, {4});
  }
  const auto before = files();
  files_.calls.clear();
  auto place = open(true);
  EXPECT_TRUE(place->recover([](const frame_header& header) {
    return header.position.number() == 3   ? park_claim::pending
           : header.position.number() == 4 ? park_claim::done
                                           : park_claim::leftover;
  }));
  EXPECT_EQ(place->shares().lanes(), 1U);
  EXPECT_TRUE(files_.calls.empty());
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace weir
