// SPDX-License-Identifier: Apache-2.0
//
// The text in which types outlive the process, read in pieces of any size and damaged in every way;
// and how much of it the gate's memory takes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gate/series/gate_memory.hpp"
#include "gate/types/types_loader.hpp"
#include "unit/gate/types_map.hpp"

namespace weir {
namespace {

using status = field_types::status;
using loaded = types_loader::loaded;

std::string three() {
  return types_text({{{"db", "m", "a"}, field_type::int64},
                     {{"db", "m", "b"}, field_type::int64},
                     {{"db", "m", "c"}, field_type::int64}});
}

TEST(types_text, names_of_any_bytes_come_back_in_pieces_of_any_size) {
  const types_map types{{{"db", "m", "f"}, field_type::float64},
                        {{"d b", "tab\there", "line\nfeed"}, field_type::string},
                        {{"x", "back\\slash", "\\t\\n"}, field_type::uint64},
                        {{"x", std::string(70'000, '\\'), "long"}, field_type::int64},
                        {{"x", "ü", ""}, field_type::boolean}};
  for (const std::size_t piece : {1U, 2U, 7U, 1000U, 1U << 20}) {
    const auto reading = read_types_text(types_text(types), piece);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading.value().types, types);
    EXPECT_EQ(reading.value().damaged, 0U);
    EXPECT_EQ(reading.value().records, types.size());
    EXPECT_EQ(reading.value().whole_bytes, types_text(types).size());
  }
}

TEST(types_text, what_stands_before_a_drop_counts_no_more) {
  std::string text = three();
  append_drop("other", text);
  append_registration({"d\tb", "m", "f"}, field_type::boolean, text);
  append_drop("db", text);
  append_drop("d\tb", text);
  append_registration({"db", "m", "a"}, field_type::string, text);
  for (const std::size_t piece : {1U, 1U << 20}) {
    const auto reading = read_types_text(text, piece);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading.value().types, (types_map{{{"db", "m", "a"}, field_type::string}}));
    EXPECT_EQ(reading.value().damaged, 0U);
    EXPECT_EQ(reading.value().records, 8U);
  }
  // A bit that is flipped in one costs that record alone.
  std::string drop;
  append_drop("db", drop);
  for (std::size_t at = 0; at + 1 < drop.size(); ++at) {
    std::string flipped = drop;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    const auto reading = read_types_text(three() + flipped);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading.value().types.size(), 3U) << at;
    EXPECT_GE(reading.value().damaged, 1U) << at;
  }
}

TEST(types_text, is_the_documented_form) {
  EXPECT_TRUE(types_text({{{"db", "m", "f"}, field_type::int64}})
                  .starts_with("weir types 1\n+\tdb\tm\tf\tinteger\t"));
}

TEST(types_text, a_cut_costs_the_record_that_it_hits) {
  const std::string whole = three();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const std::string text = whole.substr(0, cut);
    const auto reading = read_types_text(text);
    ASSERT_TRUE(reading) << cut;
    EXPECT_EQ(reading.value().whole_bytes, text.rfind('\n') + 1) << cut;
    EXPECT_EQ(reading.value().damaged, cut > types_text_head.size() && text.back() != '\n' ? 1 : 0);
  }
}

TEST(types_text, a_flipped_bit_costs_the_line_that_it_hits) {
  const std::string whole = three();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto reading = read_types_text(damaged);
      ASSERT_TRUE(reading) << at << " " << bit;
      EXPECT_GE(reading.value().damaged, 1U) << at << " " << bit;
      // A lost line feed costs the line behind it too.
      EXPECT_GE(reading.value().records, whole[at] == '\n' ? 1U : 2U) << at << " " << bit;
      for (const auto& [name, type] : reading.value().types) {
        EXPECT_EQ(type, field_type::int64);
        EXPECT_EQ(std::get<2>(name).size(), 1U);
      }
    }
  }
}

TEST(types_text, what_stands_before_between_and_behind_costs_nothing_else) {
  const std::string records = three().substr(types_text_head.size());
  const std::string zeros(3 * types_record_bytes_max, '\0');
  for (const std::string& text :
       {records, zeros + "\n" + records, std::string("something else\n") + records,
        std::string(types_text_head) + zeros + "\n" + records,
        std::string(types_text_head) + records + zeros, "weir types 3\n" + records,
        std::string(types_text_head) + "\n\n" + records}) {
    for (const std::size_t piece : {1000U, 1U << 20}) {
      const auto reading = read_types_text(text, piece);
      ASSERT_TRUE(reading);
      EXPECT_EQ(reading.value().types.size(), 3U);
      EXPECT_GE(reading.value().damaged, 1U);
    }
  }
  // All of it is damaged.
  EXPECT_EQ(read_types_text(zeros).value().damaged, 1U);
  EXPECT_EQ(read_types_text("something else").value().whole_bytes, 0U);
}

TEST(types_text, another_version_is_not_read) {
  EXPECT_FALSE(read_types_text("weir types 2\n"));
  EXPECT_FALSE(read_types_text("weir types 2\n", 1));
  EXPECT_FALSE(read_types_text("weir types 2\nsomething\n"));
  EXPECT_FALSE(read_types_text("weir types 12\nsomething cut off"));
  EXPECT_TRUE(read_types_text(""));
  EXPECT_TRUE(read_types_text("weir ty"));  // the end of a process
}

/// Loads a text into a memory, in two steps at will, and counts.
struct load_counts {
  std::uint64_t added = 0;
  std::uint64_t replaced = 0;
  std::uint64_t beyond = 0;
};
load_counts load(gate_memory& memory, const std::string& text) {
  load_counts counts;
  types_loader loader(memory);
  types_reader reader([&](const types_record& record) {
    const loaded done = loader.load(record);
    counts.added += done == loaded::added ? 1 : 0;
    counts.replaced += done == loaded::replaced ? 1 : 0;
    counts.beyond += done == loaded::beyond ? 1 : 0;
  });
  EXPECT_TRUE(reader.feed(text));
  EXPECT_TRUE(reader.finish());
  return counts;
}

gate_memory_options options(std::size_t types_bytes) {
  return {.types_bytes = types_bytes, .keeps_types = true, .seed = 7};
}

TEST(types_loader, takes_what_limits_types_has_room_for_and_the_last_word_on_a_field) {
  gate_memory memory(options(std::size_t{64} << 10));
  std::string text(types_text_head);
  append_registration({"db", "m", "f"}, field_type::int64, text);
  append_registration({"db", "m", "f"}, field_type::string, text);
  append_registration({"db2", "m", "f"}, field_type::boolean, text);
  for (int i = 0; i < 10'000; ++i) {
    append_registration({"db", "n", std::to_string(i)}, field_type::int64, text);
  }
  const load_counts counts = load(memory, text);
  EXPECT_EQ(counts.replaced, 1U);
  EXPECT_GT(counts.added, 1'000U);
  EXPECT_EQ(counts.added + counts.beyond, 10'002U);
  EXPECT_LE(memory.types_budget().used(), memory.types_budget().limit());
  EXPECT_EQ(memory.learn("db", "m", "f", field_type::float64).type, field_type::string);
  EXPECT_EQ(memory.learn("db2", "m", "f", field_type::float64).type, field_type::boolean);
  EXPECT_EQ(memory.learn("db", "n", "9999", field_type::float64).found, status::full);
  EXPECT_EQ(memory.registrations(), 0U);
}

TEST(types_loader, long_names_use_up_the_file_not_the_memory) {
  gate_memory memory(options(std::size_t{64} << 10));
  std::string text(types_text_head);
  const std::string tail(10'000, 'x');
  for (int i = 0; i < 100; ++i) {
    append_registration({"db", "m", std::to_string(i) + tail}, field_type::int64, text);
  }
  const load_counts counts = load(memory, text);
  EXPECT_EQ(counts.added, (types_file_factor << 16) / 10'040);
  EXPECT_EQ(counts.added + counts.beyond, 100U);
}

TEST(types_loader, names_of_many_databases_take_no_memory_beyond_the_limit) {
  gate_memory memory(options(std::size_t{64} << 10));
  std::string text(types_text_head);
  for (int i = 0; i < 10'000; ++i) {
    append_registration({"db" + std::to_string(i), "m", "f"}, field_type::int64, text);
  }
  EXPECT_EQ(load(memory, text).added, 64U);
  EXPECT_EQ(memory.count().size(), 64U);
}

TEST(types_loader, a_second_reading_finds_each_field_once_and_with_its_last_type) {
  gate_memory memory(options(std::size_t{64} << 10));
  std::string text(types_text_head);
  append_registration({"db", "m", "f"}, field_type::int64, text);
  append_registration({"db", "m", "f"}, field_type::string, text);
  append_registration({"db", "m", "f"}, field_type::string, text);
  append_registration({"db", "m", "g"}, field_type::int64, text);
  load(memory, text);
  append_registration({"db", "m", "unknown"}, field_type::int64, text);
  for (const std::uint8_t pass : std::initializer_list<std::uint8_t>{1, 2, 255, 1}) {
    types_map current;
    std::size_t records = 0;
    types_loader loader(memory);
    types_reader reader([&](const types_record& record) {
      if (loader.is_current(record, pass)) {
        put(current, record);
        ++records;
      }
    });
    EXPECT_TRUE(reader.feed(text));
    EXPECT_EQ(records, 2U);
    EXPECT_EQ(current, (types_map{{{"db", "m", "f"}, field_type::string},
                                  {{"db", "m", "g"}, field_type::int64}}));
  }
}

TEST(gate_memory, a_field_that_the_file_has_no_room_for_has_no_type) {
  gate_memory memory(options(std::size_t{64} << 10));
  const std::string tail(20'000, 'x');
  std::string kept(types_text_head);
  std::uint64_t registrations = 0;
  int added = 0;
  for (int i = 0; i < 100; ++i) {
    const auto answer = memory.learn("db", "m", std::to_string(i) + tail, field_type::int64);
    added += answer.found == status::added ? 1 : 0;
    kept += memory.take_unwritten(registrations);
  }
  EXPECT_EQ(added, 13);  // of 20 kB each, in four times 64 KiB
  EXPECT_EQ(registrations, 13U);
  EXPECT_LE(kept.size(), types_text_head.size() + (types_file_factor << 16));
  EXPECT_EQ(read_types_text(kept).value().types.size(), 13U);
  // What is known stays known, and another type of it is told.
  EXPECT_EQ(memory.learn("db", "m", "0" + tail, field_type::string).type, field_type::int64);
  EXPECT_EQ(memory.learn("db", "m", "50" + tail, field_type::string).found, status::full);
}

TEST(gate_memory, records_that_are_never_written_are_bounded_too) {
  gate_memory memory(options(std::size_t{64} << 10));
  const std::string tail(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    static_cast<void>(memory.learn("db", "m", std::to_string(i) + tail, field_type::int64));
  }
  std::uint64_t registrations = 0;
  EXPECT_LE(memory.take_unwritten(registrations).size(), (std::size_t{64} << 10) + 2'000);
}

TEST(gate_memory, a_name_too_long_for_a_record_is_not_registered) {
  gate_memory memory(options(std::size_t{64} << 20));
  const std::string longest(types_record_bytes_max - 100, 'x');
  EXPECT_EQ(memory.learn("db", "m", longest, field_type::int64).found, status::added);
  EXPECT_EQ(memory.learn("db", "m", longest + std::string(100, 'y'), field_type::int64).found,
            status::full);
  std::uint64_t registrations = 0;
  const auto reading =
      read_types_text(std::string(types_text_head) + memory.take_unwritten(registrations));
  EXPECT_EQ(reading.value().types.size(), 1U);
  EXPECT_EQ(reading.value().damaged, 0U);
}

}  // namespace
}  // namespace weir
