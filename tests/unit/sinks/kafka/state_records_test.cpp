// SPDX-License-Identifier: Apache-2.0
//
// What a sink keeps, as records: whole at any time, of one owner, and never mistaken.
#include "sinks/kafka/state_records.hpp"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

kafka_record as_read(const state_record& one) {
  kafka_record out;
  out.key = one.key;
  out.headers = one.headers;
  out.value = one.value.value_or(std::string{});
  out.tombstone = !one.value;
  return out;
}

/// A topic that keeps everything, as one that was not compacted yet.
class topic {
 public:
  void add(const std::vector<state_record>& records) {
    for (const state_record& one : records) {
      records_.push_back(as_read(one));
    }
  }
  /// Only the newest of each key is left, and no tombstone.
  void compact() {
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      last[records_[i].key] = i;
    }
    std::vector<kafka_record> left;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (last[records_[i].key] == i && !records_[i].tombstone) {
        left.push_back(records_[i]);
      }
    }
    records_ = std::move(left);
  }
  [[nodiscard]] state_reader read(const std::string& sink = "s") const {
    state_reader reader(sink);
    for (const kafka_record& one : records_) {
      reader.add(one);
    }
    return reader;
  }
  [[nodiscard]] std::optional<std::string> book(const std::string& name = "b") const {
    return read().book(name);
  }
  std::vector<kafka_record> records_;
};

std::string long_text(std::size_t bytes) {
  std::string out(bytes, 'a');
  for (std::size_t i = 0; i < bytes; i += 7) {
    out[i] = static_cast<char>('a' + i % 23);
  }
  return out;
}

TEST(state_records, a_key_is_read_as_it_was_written_and_nothing_else_is) {
  const state_key key{"a/strange/sink", "cursor", 1732884000123, 1, 7};
  EXPECT_EQ(to_text(key), "a/strange/sink/cursor/1732884000123/1/7");
  EXPECT_EQ(state_key_of(to_text(key)), key);
  for (const char* text : {"", "/", "////", "s", "s/b/1/0", "s/b/1/2/0", "s/b/-1/0/0", "s/b/x/0/0",
                           "s/b/1/0/", "s//1/0/0", "/b/1/0/0", "s/b/1/0/4294967296",
                           "s/b/99999999999999999999/0/0", "s/b/1/0/0 "}) {
    EXPECT_FALSE(state_key_of(text)) << text;
  }
}

TEST(state_records, a_book_is_replaced_and_appended_to) {
  topic kept;
  EXPECT_FALSE(kept.book());
  state_writer writer("s", "b", 5, {});
  kept.add(writer.replace("one"));
  kept.add(writer.replaced());
  EXPECT_EQ(kept.book(), "one");
  kept.add(writer.append(" two"));
  kept.add(writer.append(""));
  kept.add(writer.append(" three"));
  EXPECT_EQ(kept.book(), "one two three");
  kept.add(writer.replace(""));
  EXPECT_EQ(kept.book(), "");
  kept.add(writer.replaced());
  kept.compact();
  EXPECT_EQ(kept.book(), "");
  EXPECT_FALSE(kept.book("other"));
  EXPECT_FALSE(kept.read("another").book("b"));
}

TEST(state_records, what_is_large_is_several_records_and_whole_or_not_there) {
  topic kept;
  state_writer writer("s", "b", 5, {});
  kept.add(writer.replace("before"));
  kept.add(writer.replaced());
  const std::string large = long_text(state_writer::part_bytes_max * 2 + 5);
  const auto records = writer.replace(large);
  ASSERT_EQ(records.size(), 3u);
  kept.add({records[0], records[2]});
  kept.compact();
  EXPECT_EQ(kept.book(), "before");
  // The second try is not mixed with what the first one left.
  const auto again = writer.replace("x" + large);
  kept.add({again[0]});
  EXPECT_EQ(kept.book(), "before");
  kept.add({again[1], again[2]});
  EXPECT_EQ(kept.book(), "x" + large);
  kept.add(writer.replaced());
  kept.add(writer.append("!"));
  kept.compact();
  EXPECT_EQ(kept.book(), "x" + large + "!");
  kept.add(writer.replace("small"));
  kept.add(writer.replaced());
  kept.compact();
  EXPECT_EQ(kept.book(), "small");
  EXPECT_LE(kept.records_.size(), 2u);  // no more than the first of each area
}

TEST(state_records, what_was_appended_behind_a_gap_does_not_count) {
  topic kept;
  state_writer writer("s", "b", 5, {});
  kept.add(writer.replace("a"));
  kept.add(writer.replaced());
  kept.add(writer.append("b"));
  static_cast<void>(writer.append("lost"));
  kept.add(writer.append("c"));
  EXPECT_EQ(kept.book(), "ab");
}

TEST(state_records, who_lost_the_partition_and_does_not_know_changes_nothing) {
  topic kept;
  state_writer first("s", "b", 5, {});
  kept.add(first.replace("first"));
  kept.add(first.replaced());
  state_reader found = kept.read();
  EXPECT_EQ(found.greatest_epoch(), 5u);
  state_writer second("s", "b", found.greatest_epoch() + 1, found.keys("b"));
  // Until the second has written the whole, what the first one says counts.
  kept.add(first.append(" and more"));
  EXPECT_EQ(kept.book(), "first and more");
  kept.add(second.replace("second"));
  kept.add(second.replaced());
  kept.add(first.replace("late"));
  kept.add(first.replaced());
  EXPECT_EQ(kept.book(), "second");
  kept.compact();
  EXPECT_EQ(kept.book(), "second");
  // The third takes out what the first one left behind.
  found = kept.read();
  state_writer third("s", "b", found.greatest_epoch() + 1, found.keys("b"));
  kept.add(third.replace("third"));
  kept.add(third.replaced());
  kept.compact();
  EXPECT_EQ(kept.records_.size(), 1u);
  EXPECT_EQ(kept.book(), "third");
}

TEST(state_records, what_strangers_write_is_passed_over) {
  topic kept;
  state_writer writer("s", "b", 5, {});
  kept.add(writer.replace("good"));
  kept.add(writer.replaced());
  const kafka_record good = kept.records_.front();
  const auto with = [&](const std::function<void(kafka_record&)>& change) {
    kafka_record one = good;
    one.key = "s/b/9/0/0";
    change(one);
    topic changed = kept;
    changed.records_.push_back(one);
    return changed;
  };
  const auto set = [](kafka_record& one, const std::string& name, const std::string& value) {
    for (auto& [of, text] : one.headers) {
      if (of == name) {
        text = value;
      }
    }
  };
  EXPECT_EQ(with([](kafka_record&) {}).book(), "good");
  for (const char* name : {"weir", "generation", "parts", "sum"}) {
    for (const char* value : {"", "x", "-1", "99999999999999999999999", "2 "}) {
      const topic changed = with([&](kafka_record& one) { set(one, name, value); });
      EXPECT_EQ(changed.book(), "good") << name << "=" << value;
      EXPECT_EQ(changed.read().passed_over(), 1u) << name << "=" << value;
    }
  }
  EXPECT_EQ(with([](kafka_record& one) { one.headers.clear(); }).book(), "good");
  EXPECT_EQ(with([](kafka_record& one) { one.value += "x"; }).book(), "good");
  EXPECT_FALSE(with([](kafka_record& one) { one.headers.clear(); }).read().has_later());
  // It says that it has four thousand million parts, of which there is one.
  EXPECT_EQ(with([&](kafka_record& one) { set(one, "parts", "4294967295"); }).book(), "good");
  EXPECT_EQ(with([&](kafka_record& one) { set(one, "parts", "0"); }).book(), "good");
  EXPECT_EQ(with([&](kafka_record& one) { one.key = "s/"; }).read().passed_over(), 1u);
}

TEST(state_records, what_a_later_weir_keeps_is_told_of_until_it_is_taken_back) {
  topic kept;
  state_writer writer("s", "b", 5, {});
  kept.add(writer.replace("good"));
  kafka_record later = kept.records_.front();
  later.key = "s/b/9/0/0";
  later.headers.front().second = "2";
  ASSERT_EQ(later.headers.front().first, "weir");
  kept.records_.push_back(later);
  EXPECT_TRUE(kept.read().has_later());
  EXPECT_EQ(kept.book(), "good");
  kafka_record of_another = later;
  of_another.key = "t/b/9/0/0";
  later.tombstone = true;
  kept.records_.push_back(later);
  kept.records_.push_back(of_another);
  EXPECT_FALSE(kept.read().has_later());
}

TEST(state_records, any_bytes_are_survived) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    state_reader reader("s");
    for (int i = 0; i < 4; ++i) {
      state_writer writer("s", "b", random() % 3, {});
      kafka_record one = as_read(writer.replace(std::string(random() % 20, 'v')).front());
      for (std::string* text : {&one.key, &one.value, &one.headers[random() % 4].second}) {
        if (random() % 3 == 0 && !text->empty()) {
          (*text)[random() % text->size()] = static_cast<char>(random());
        }
      }
      one.tombstone = random() % 8 == 0;
      reader.add(one);
    }
    if (const auto book = reader.book("b")) {
      EXPECT_EQ(book->find_first_not_of('v'), std::string::npos);
    }
    for (const std::string& key : reader.keys("b")) {
      EXPECT_TRUE(state_key_of(key)) << key;
    }
  }
}

cursor_state example() {
  cursor_state state;
  state.log_identity = 77;
  state.low_water = log_position(10);
  state.discovered = log_position(50);
  state.accepted = 500;
  state.delivered = 300;
  state.discarded[2] = 20;
  state.lanes[{"d", ""}] = {.next = log_position(20), .skip_bytes = 5, .skip_points = 1};
  state.lanes[{"parked", "p"}] = {.next = log_position(3), .parked_end = log_position(30)};
  return state;
}

TEST(state_records, a_cursor_and_its_changes_are_read_back) {
  cursor_state state = example();
  std::string book = cursor_book(state, 3);
  EXPECT_EQ(cursor_of_book(book), state);
  state.lanes[{"e", ""}] = {.next = log_position(44)};
  state.lanes.erase({"d", ""});
  state.delivered = 400;
  book += cursor_book_change(state, {{"d", ""}, {"e", ""}}, 3, 1);
  EXPECT_EQ(cursor_of_book(book), state);
  EXPECT_FALSE(cursor_of_book("weir"));
  for (std::size_t bytes = 0; bytes < cursor_book(example(), 3).size(); ++bytes) {
    EXPECT_FALSE(cursor_of_book(std::string_view(book).substr(0, bytes))) << bytes;
  }
}

TEST(take_over, begins_where_the_settings_say_without_anything) {
  const taken_over found = take_over(std::nullopt, std::nullopt);
  EXPECT_FALSE(found.state);
  EXPECT_FALSE(found.moved_by_hand);
}

TEST(take_over, goes_on_at_the_further_of_record_and_offset) {
  EXPECT_EQ(take_over(example(), std::nullopt).state, example());
  EXPECT_EQ(take_over(example(), committed_position{log_position(8), true}).state, example());
  const cursor_state further =
      *take_over(example(), committed_position{log_position(60), true}).state;
  EXPECT_EQ(further.low_water, log_position(60));
  EXPECT_EQ(further.discovered, log_position(60));
  EXPECT_EQ(further.lanes.at({"d", ""}), (lane_position{.next = log_position(60)}));
  // What is parked is still to be delivered.
  EXPECT_EQ(further.lanes.at({"parked", "p"}), example().lanes.at({"parked", "p"}));
  const cursor_state alone =
      *take_over(std::nullopt, committed_position{log_position(60), true}).state;
  EXPECT_EQ(alone.low_water, log_position(60));
  EXPECT_TRUE(alone.lanes.empty());
}

TEST(take_over, an_offset_that_another_tool_set_counts_alone) {
  taken_over found = take_over(example(), committed_position{log_position(40), false});
  EXPECT_TRUE(found.moved_by_hand);
  EXPECT_EQ(found.state->low_water, log_position(40));
  EXPECT_EQ(found.state->discovered, log_position(40));
  EXPECT_EQ(found.state->lanes.size(), 1u);
  EXPECT_EQ(found.state->lanes.at({"parked", "p"}).parked_end, log_position(30));
  // Back to before what is parked ends: the rest of it comes from the log again.
  found = take_over(example(), committed_position{log_position(7), false});
  EXPECT_EQ(found.state->low_water, log_position(7));
  EXPECT_EQ(found.state->lanes.at({"parked", "p"}).parked_end, log_position(7));
  found = take_over(example(), committed_position{log_position(2), false});
  EXPECT_TRUE(found.state->lanes.empty());
  found = take_over(std::nullopt, committed_position{log_position(2), false});
  EXPECT_EQ(found.state->low_water, log_position(2));
}

TEST(begin_anew_behind_end, of_a_topic_that_was_made_anew_all_counts) {
  cursor_state stood = example();
  const log_position end = stood.low_water;
  EXPECT_FALSE(begin_anew_behind_end(stood, log_position(2), end));
  EXPECT_EQ(stood, example());
  EXPECT_TRUE(begin_anew_behind_end(stood, log_position(2), log_position(end.number() - 1)));
  EXPECT_EQ(stood.low_water, log_position(2));
  EXPECT_EQ(stood.discovered, log_position(2));
  EXPECT_TRUE(stood.lanes.empty());
}

}  // namespace
}  // namespace weir
