// SPDX-License-Identifier: Apache-2.0
//
// From which position on which addresses share the series, and who goes on although it is none of
// them any more.
#include "sinks/assignments/assignment_book.hpp"

#include <gtest/gtest.h>

#include "config/sinks/sink_per_address.hpp"
#include "files/file_operations.hpp"
#include "sinks/assignments/assignment_file_posix.hpp"
#include "sinks/filters/line_filter.hpp"
#include "sinks/state/text_lines.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using names = std::vector<std::string>;

log_position at(std::uint64_t number) {
  return log_position(number);
}

std::vector<sink_settings> sinks_of(const names& hosts,
                                    removed_address_use removed = removed_address_use::drain) {
  sink_settings whole;
  whole.name = "s";
  auto& server = whole.kind.emplace<influxdb_settings>();
  for (const std::string& host : hosts) {
    server.urls.push_back("http://" + host + ":1/path");
  }
  server.url = server.urls.front();
  server.addresses = address_use::shard;
  server.removed_addresses = removed;
  return sink_per_address(whole);
}

names names_of(const std::vector<sink_settings>& sinks) {
  names all;
  for (const sink_settings& one : sinks) {
    all.push_back(one.name);
  }
  return all;
}

TEST(assignment_history, says_who_shares_a_frame) {
  assignment_history history;
  ASSERT_TRUE(history.add(at(10), {"b", "a"}));
  ASSERT_TRUE(history.add(at(20), {"c", "a"}));
  EXPECT_EQ(history.at(at(9)), nullptr);
  EXPECT_EQ(history.at(at(10))->addresses, (names{"a", "b"}));
  EXPECT_EQ(history.at(at(19))->addresses, (names{"a", "b"}));
  EXPECT_EQ(history.at(at(20))->addresses, (names{"a", "c"}));
  EXPECT_FALSE(history.concerns(at(9), "a")) << "everybody is done with it";
  EXPECT_FALSE(history.concerns(at(10), "c"));
  EXPECT_TRUE(history.concerns(at(20), "c"));
  EXPECT_FALSE(history.concerns(at(20), "b"));
  EXPECT_EQ(history.begin_of("c"), at(20));
  EXPECT_EQ(history.begin_of("a"), at(10));
  EXPECT_EQ(history.end_of("b"), at(20));
  EXPECT_EQ(history.end_of("a"), assignment_history::in_force);
  EXPECT_EQ(history.end_of("x"), at(0));
}

TEST(assignment_history, forgets_what_nobody_needs) {
  assignment_history history;
  for (const std::uint64_t from : {10U, 20U, 30U}) {
    ASSERT_TRUE(history.add(at(from), {"a" + std::to_string(from)}));
  }
  history.forget_before(at(9));
  history.forget_before(at(19));
  EXPECT_EQ(history.entries().size(), 3U);
  history.forget_before(at(25));
  ASSERT_EQ(history.entries().size(), 2U);
  EXPECT_EQ(history.entries().front().from, at(20));
  history.forget_before(at(99));
  EXPECT_EQ(history.entries().size(), 1U) << "the one in force stays";
}

TEST(assignment_history, has_a_bound) {
  assignment_history history;
  for (std::uint64_t i = 1; i <= assignment_history::changes_max; ++i) {
    ASSERT_TRUE(history.add(at(i), {"a"}));
  }
  EXPECT_TRUE(history.add(at(assignment_history::changes_max), {"b"})) << "in place of the last";
  EXPECT_FALSE(history.add(at(assignment_history::changes_max + 1), {"c"}));
}

class assignment_books : public ::testing::Test {
 protected:
  outcome settle(const names& hosts, removed_address_use removed = removed_address_use::drain) {
    const auto standing = [this](const std::string& name) -> std::optional<member_standing> {
      const auto known = stands_.find(name);
      return known == stands_.end() ? std::nullopt : std::optional(known->second);
    };
    auto settled = settle_assignments(
        book_, sinks_of(hosts, removed),
        {.end = at(end_), .standing = standing, .start = [](const sink_start&) { return at(3); }});
    if (!settled.ok()) {
      return settled.error();
    }
    book_ = settled.value().book;
    sinks_ = settled.value().sinks;
    words_ = settled.value().words;
    return nothing{};
  }
  const assignment_history& history() { return *book_.at("s").history; }
  void stands(const std::string& host, std::uint64_t discovered, std::uint64_t pending,
              std::uint64_t least) {
    stands_["s@" + host + ":1"] = {at(discovered), at(least), pending};
  }

  assignment_book book_;
  std::vector<sink_settings> sinks_;
  names words_;
  std::map<std::string, member_standing> stands_;
  std::uint64_t end_ = 50;
};

TEST_F(assignment_books, begin_where_the_sinks_begin) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  ASSERT_EQ(history().entries().size(), 1U);
  EXPECT_EQ(history().entries()[0].from, at(3));
  EXPECT_TRUE(words_.empty());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1", "s@b:1"}));
}

TEST_F(assignment_books, give_one_address_alone_its_share_and_no_more) {
  const std::vector<sink_settings> all = sinks_of({"a", "b", "c"});
  for (const sink_settings& one : all) {
    const auto settled = settle_assignments(
        {}, {one},
        {.end = at(end_),
         .standing = [](const std::string&) { return std::optional<member_standing>(); },
         .start = [](const sink_start&) { return at(3); }});
    ASSERT_TRUE(settled.ok());
    EXPECT_EQ(names_of(settled.value().sinks), names{one.name});
    const auto history = history_of(settled.value().book, one);
    ASSERT_NE(history, nullptr) << one.name;
    EXPECT_EQ(history->at(at(3))->addresses, (names{"a:1", "b:1", "c:1"})) << one.name;
    EXPECT_FALSE(affected_sinks({}, {one}).empty());
  }
}

TEST_F(assignment_books, what_stood_before_without_a_book_got_everything) {
  stands("a", 60, 0, 60);  // it was a replicating sink, say
  ASSERT_TRUE(settle({"a", "b"}).ok());
  ASSERT_EQ(history().entries().size(), 2U);
  EXPECT_TRUE(history().entries()[0].to_all()) << "no sink has split a frame before that";
  EXPECT_EQ(history().entries()[1].from, at(60));
  EXPECT_TRUE(history().concerns(at(59), "b:1"));
  const std::string text = encode_assignments(book_, 7);
  EXPECT_NE(text.find("\nfrom 0\nfrom 60 a:1 b:1\n"), std::string::npos) << text;
  EXPECT_EQ(encode_assignments(decode_assignments(text, 7).value(), 7), text);
}

TEST_F(assignment_books, a_new_list_holds_from_the_end_of_the_log_on) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("a", 50, 7, 20);
  stands("b", 50, 0, 50);
  ASSERT_TRUE(affected_sinks(book_, sinks_of({"a", "b"})).empty());
  EXPECT_EQ(affected_sinks(book_, sinks_of({"a", "c"})),
            (std::set<std::string>{"s@a:1", "s@b:1", "s@c:1"}));
  ASSERT_TRUE(settle({"b", "a", "c"}).ok());
  ASSERT_EQ(history().entries().size(), 2U);
  EXPECT_EQ(history().entries()[1].from, at(50));
  EXPECT_EQ(history().begin_of("c:1"), at(50));
  ASSERT_EQ(words_.size(), 1U);
  EXPECT_EQ(words_[0],
            "sink s: from frame 50 of the log on its series are shared by a:1, b:1, c:1 (before: "
            "a:1, b:1)");
  ASSERT_TRUE(settle({"c", "b", "a"}).ok());
  EXPECT_EQ(history().entries().size(), 2U) << "the same in another order";
}

TEST_F(assignment_books, a_cursor_ahead_of_the_log_is_where_the_new_list_begins) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("a", 70, 0, 70);  // a loss of power took the log's newest frames
  stands("b", 50, 0, 50);
  ASSERT_TRUE(settle({"a", "c"}).ok());
  EXPECT_EQ(history().entries().back().from, at(70));
}

TEST_F(assignment_books, who_owes_points_goes_on_until_they_are_delivered) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("a", 50, 0, 50);
  stands("b", 50, 7, 20);
  ASSERT_TRUE(settle({"a"}).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1", "s@b:1"}));
  EXPECT_TRUE(sinks_[1].shard->leaves);
  EXPECT_FALSE(sinks_[1].required);
  EXPECT_EQ(sinks_[1].as<influxdb_settings>()->url, "http://b:1/path");
  // Nothing is pending that it has seen, but it has not seen all.
  stands("b", 40, 0, 40);
  ASSERT_TRUE(settle({"a"}).ok());
  EXPECT_EQ(sinks_.size(), 2U);
  stands("b", 50, 0, 50);
  ASSERT_TRUE(settle({"a"}).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1"}));
  EXPECT_FALSE(book_.at("s").urls.contains("b:1"));
}

TEST_F(assignment_books, one_that_never_kept_a_cursor_owes_all) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("a", 50, 0, 50);
  ASSERT_TRUE(settle({"a"}).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1", "s@b:1"}));
}

TEST_F(assignment_books, who_is_to_be_forgotten_is) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("b", 50, 7, 20);
  ASSERT_TRUE(settle({"a"}).ok());
  ASSERT_TRUE(settle({"a"}, removed_address_use::forget).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1"}));
  ASSERT_TRUE(settle({"a"}).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1"})) << "and does not come back";
}

TEST_F(assignment_books, one_that_comes_back_while_it_leaves_stays) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("a", 50, 0, 50);
  stands("b", 50, 7, 20);
  ASSERT_TRUE(settle({"a"}).ok());
  end_ = 60;
  ASSERT_TRUE(settle({"a", "b"}).ok());
  EXPECT_EQ(names_of(sinks_), (names{"s@a:1", "s@b:1"}));
  EXPECT_FALSE(sinks_[1].shard->leaves);
  EXPECT_TRUE(history().concerns(at(49), "b:1"));
  EXPECT_FALSE(history().concerns(at(50), "b:1"));
  EXPECT_TRUE(history().concerns(at(60), "b:1"));
}

TEST_F(assignment_books, remember_as_much_as_somebody_needs) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  for (std::uint64_t i = 0; i < 2 * assignment_history::changes_max; ++i) {
    end_ = 100 + i;
    stands("a", end_, 0, end_);
    stands("b", end_, 0, end_);
    stands("c", end_, 0, end_);
    ASSERT_TRUE(settle({"a", i % 2 == 0 ? "b" : "c"}).ok()) << i;
    EXPECT_LE(history().entries().size(), 2U);
  }
  stands("a", end_, 5, 90);
  outcome last = nothing{};
  for (std::uint64_t i = 0; i < 2 * assignment_history::changes_max && last.ok(); ++i) {
    ++end_;
    last = settle({"a", i % 2 == 0 ? "b" : "c"});
  }
  ASSERT_FALSE(last.ok());
  EXPECT_NE(last.error().message.find("removed_addresses"), std::string::npos);
}

TEST_F(assignment_books, are_kept_as_text) {
  ASSERT_TRUE(settle({"a", "b"}).ok());
  stands("b", 50, 7, 20);
  ASSERT_TRUE(settle({"a", "c"}).ok());
  const std::string text = encode_assignments(book_, 7);
  EXPECT_TRUE(
      text.starts_with("weir-assignments 1\nlog 7\ngroup s\n"
                       "address a:1 http://a:1/path\naddress b:1 http://b:1/path\n"
                       "address c:1 http://c:1/path\nfrom 3 a:1 b:1\nfrom 50 a:1 c:1\n"
                       "checksum "))
      << text;
  const auto read = decode_assignments(text, 7);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(encode_assignments(read.value(), 7), text);
  ASSERT_TRUE(decode_assignments(text, 8).ok());
  EXPECT_TRUE(decode_assignments(text, 8).value().empty()) << "of another log";
  EXPECT_FALSE(decode_assignments(text, 0).value().empty()) << "the log does not know itself";
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_assignments(damaged, 7).ok()) << i;
    EXPECT_FALSE(decode_assignments(text.substr(0, i), 7).ok()) << i;
  }
  std::string later = text.substr(0, text.find("checksum "));
  later.insert(later.find('\n'), "0");
  EXPECT_FALSE(decode_assignments(later + checksum_line(later), 7).ok()) << "of version 10";
}

TEST_F(assignment_books, survive_the_process_and_are_set_aside_when_they_are_damaged) {
  temp_directory dir;
  const std::string path = dir.file("cursors/assignments");
  ASSERT_TRUE(settle({"a", "b"}).ok());
  assignment_file file(dir.file("cursors"), 7);
  ASSERT_TRUE(file.load().value().empty());
  ASSERT_TRUE(file.save({}).ok());
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing to remember";
  ASSERT_TRUE(file.save(book_).ok());
  EXPECT_EQ(encode_assignments(assignment_file(dir.file("cursors"), 7).load().value(), 7),
            encode_assignments(book_, 7));
  write_text(path, "weir-assignments 1\n");
  EXPECT_TRUE(assignment_file(dir.file("cursors"), 7).load().value().empty());
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged"));
  EXPECT_TRUE(assignment_file("", 7).save(book_).ok()) << "of a log in memory nothing is kept";
}

TEST_F(assignment_books, split_each_frame_among_its_addresses) {
  ASSERT_TRUE(settle({"a", "b", "c"}).ok());
  stands("a", 50, 0, 50);
  ASSERT_TRUE(settle({"a", "c", "d"}).ok());
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    lines += "m,t=" + std::to_string(i) + " v=1i 1\n";
  }
  const auto count = [&](const std::string& address, std::uint64_t position, std::string& out) {
    return line_filter({"*"}, {book_.at("s").history, address})
        .append_taken(lines, at(position), out);
  };
  for (const std::uint64_t position : {49U, 50U}) {
    std::string all;
    std::uint32_t sum = 0;
    for (const char* address : {"a:1", "b:1", "c:1", "d:1"}) {
      const std::uint32_t taken = count(address, position, all);
      const bool shares = history().concerns(at(position), address);
      EXPECT_EQ(taken > 30, shares) << address << " at " << position;
      EXPECT_EQ(taken > 0, shares) << address << " at " << position;
      sum += taken;
    }
    EXPECT_EQ(sum, 200U) << "each line at one address";
    EXPECT_EQ(all.size(), lines.size());
  }
  assignment_history not_split;
  ASSERT_TRUE(not_split.add({}, {}));
  std::string whole;
  EXPECT_EQ(line_filter({"*"}, {std::make_shared<const assignment_history>(not_split), "a:1"})
                .append_taken(lines, at(2), whole),
            200U);
  std::string none;
  EXPECT_EQ(
      line_filter({"other"}, {book_.at("s").history, "a:1"}).append_taken(lines, at(50), none), 0U);
}

}  // namespace
}  // namespace weir
