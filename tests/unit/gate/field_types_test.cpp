// SPDX-License-Identifier: Apache-2.0
//
// The types of fields, exact conversions, and Flink's gauges.
#include "gate/types/field_types.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gate/flink_gauges.hpp"
#include "gate/rules/field_edit.hpp"
#include "gate/series/gate_memory.hpp"
#include "unit/gate/types_map.hpp"

namespace weir {
namespace {

using status = field_types::status;

wide_hash key_of(std::uint64_t number) {
  return field_types::key_of(1, std::to_string(number));
}

/// The fields of a line; the text must outlive them.
struct parsed {
  explicit parsed(std::string text) : line(std::move(text)) {
    reader.feed(line);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point) << line;
  }
  [[nodiscard]] const point_view& point() const { return reader.point(); }

  std::string line;
  line_reader reader;
};

std::string converted(const std::string& value, field_type wanted) {
  const parsed from("m f=" + value);
  field_edit edit;
  edit.begin(from.point().fields);
  if (!convert_exactly(edit.fields()[0], wanted, edit)) {
    return "no";
  }
  EXPECT_EQ(edit.fields()[0].type, wanted);
  std::string out;
  append_canonical(edit.applied(from.point()), out);
  // What was written reads as what was meant.
  const parsed back(out);
  EXPECT_EQ(back.point().fields[0].type, wanted);
  EXPECT_EQ(hash_fields(back.point().fields, 1), hash_fields(edit.fields(), 1)) << out;
  return out.substr(4);
}

TEST(field_types, the_first_type_stays) {
  memory_budget budget(std::size_t{1} << 20);
  field_types types(budget);
  EXPECT_EQ(types.find(key_of(1)).found, status::unknown);
  int announced = 0;
  const auto first = types.add(key_of(1), field_type::int64, [&] { ++announced; });
  EXPECT_EQ(first.found, status::added);
  const auto second = types.add(key_of(1), field_type::string, [&] { ++announced; });
  EXPECT_EQ(second.found, status::known);
  EXPECT_EQ(second.type, field_type::int64);
  EXPECT_EQ(types.find(key_of(1)).type, field_type::int64);
  EXPECT_EQ(announced, 1);
}

TEST(field_types, full_it_takes_no_more_and_keeps_what_it_has) {
  memory_budget budget(std::size_t{32} << 10);
  field_types types(budget);
  std::uint64_t added = 0;
  while (types.add(key_of(added), field_type::boolean, [] {}).found == status::added) {
    ++added;
  }
  EXPECT_GT(added, 500U);
  EXPECT_LE(budget.used(), budget.limit());
  EXPECT_EQ(types.size(), added);
  for (std::uint64_t i = 0; i < added; ++i) {
    ASSERT_EQ(types.find(key_of(i)).found, status::known);
  }
  EXPECT_EQ(types.find(key_of(added)).found, status::unknown);
}

TEST(field_types, one_thread_wins_and_all_see_the_same) {
  gate_memory memory({.keeps_types = true, .seed = 3});
  std::atomic<std::uint64_t> added{0};
  std::vector<std::thread> running;
  for (int t = 0; t < 4; ++t) {
    running.emplace_back([&memory, &added, t] {
      for (int i = 0; i < 2'000; ++i) {
        const field_type mine = t % 2 == 0 ? field_type::int64 : field_type::float64;
        const auto answer =
            memory.learn("db", "m" + std::to_string(i % 10), std::to_string(i), mine);
        added += answer.found == status::added ? 1 : 0;
      }
    });
  }
  for (std::thread& each : running) {
    each.join();
  }
  EXPECT_EQ(added.load(), 2'000U);
  EXPECT_EQ(memory.registrations(), 2'000U);
  std::uint64_t registrations = 0;
  const auto reading =
      read_types_text(std::string(types_text_head) + memory.take_unwritten(registrations));
  ASSERT_TRUE(reading);
  EXPECT_EQ(registrations, 2'000U);
  EXPECT_EQ(reading.value().damaged, 0U);
  ASSERT_EQ(reading.value().types.size(), 2'000U);
  for (const auto& [name, type] : reading.value().types) {
    EXPECT_EQ(memory.learn("db", std::get<1>(name), std::get<2>(name), field_type::string).type,
              type);
  }
  EXPECT_EQ(memory.take_unwritten(registrations), "");
}

TEST(convert_exactly, numbers_that_lose_nothing) {
  EXPECT_EQ(converted("5i", field_type::float64), "5");
  EXPECT_EQ(converted("-0i", field_type::float64), "0");
  EXPECT_EQ(converted("9007199254740993i", field_type::float64), "no");
  EXPECT_EQ(converted("9007199254740992i", field_type::float64), "9007199254740992");
  EXPECT_EQ(converted("9223372036854775807i", field_type::float64), "no");
  EXPECT_EQ(converted("-9223372036854775808i", field_type::float64), "-9223372036854775808");
  EXPECT_EQ(converted("18446744073709551615u", field_type::float64), "no");
  EXPECT_EQ(converted("7u", field_type::float64), "7");
  EXPECT_EQ(converted("5.0", field_type::int64), "5i");
  EXPECT_EQ(converted("-1.2e3", field_type::int64), "-1200i");
  EXPECT_EQ(converted("5.5", field_type::int64), "no");
  EXPECT_EQ(converted("9223372036854775808", field_type::int64), "no");
  EXPECT_EQ(converted("-9223372036854775808", field_type::int64), "-9223372036854775808i");
  EXPECT_EQ(converted("9223372036854775808u", field_type::int64), "no");
  EXPECT_EQ(converted("9u", field_type::int64), "9i");
  EXPECT_EQ(converted("-1i", field_type::uint64), "no");
  EXPECT_EQ(converted("1i", field_type::uint64), "1u");
  EXPECT_EQ(converted("1.5", field_type::uint64), "no");
  EXPECT_EQ(converted("18446744073709551616", field_type::uint64), "no");
  EXPECT_EQ(converted("2.0", field_type::uint64), "2u");
}

TEST(convert_exactly, anything_but_a_string_becomes_a_string_and_no_string_anything) {
  EXPECT_EQ(converted("5i", field_type::string), "\"5\"");
  EXPECT_EQ(converted("5u", field_type::string), "\"5\"");
  EXPECT_EQ(converted("1.50", field_type::string), "\"1.50\"");
  EXPECT_EQ(converted("T", field_type::string), "\"true\"");
  EXPECT_EQ(converted("false", field_type::string), "\"false\"");
  EXPECT_EQ(converted("\"5\"", field_type::int64), "no");
  EXPECT_EQ(converted("1i", field_type::boolean), "no");
  EXPECT_EQ(converted("t", field_type::int64), "no");
}

std::string read_gauges(const std::string& line) {
  const parsed from(line);
  if (!has_flink_gauges(from.point().fields)) {
    return "as it is";
  }
  field_edit edit;
  edit.begin(from.point().fields);
  static_cast<void>(read_flink_gauges(edit));
  std::string out;
  for (const field_view& field : edit.fields()) {
    out.append(out.empty() ? "" : ",").append(field.key).append("=").append(field.text);
  }
  return out;
}

TEST(flink_gauges, strings_of_booleans_and_of_nothing) {
  EXPECT_EQ(read_gauges("m value=\"true\",b=\"false\""), "value=true,b=false");
  EXPECT_EQ(read_gauges("m a=1,value=\"null\""), "a=1");
  EXPECT_EQ(read_gauges("m value=\"null\""), "");
  EXPECT_EQ(read_gauges("m a=\"NaN\",b=\"∞\",c=\"-∞\",d=\"\xEF\xBF\xBD\",e=\"Infinity\",f=1i"),
            "f=1i");
  EXPECT_EQ(read_gauges("m value=\"1.14.2\""), "as it is");
  EXPECT_EQ(read_gauges("m value=\"True\""), "as it is");
  EXPECT_EQ(read_gauges("m value=\"nullable\""), "as it is");
  EXPECT_EQ(read_gauges("m value=1,b=t"), "as it is");
}

TEST(flink_gauges, a_string_that_is_a_number_fits_a_field_of_numbers) {
  const auto fitted = [](const std::string& value, field_type wanted) {
    const parsed from("m f=" + value);
    field_edit edit;
    edit.begin(from.point().fields);
    return fit_flink_gauge(edit.fields()[0], wanted, edit) ? std::string(edit.fields()[0].text)
                                                           : std::string("no");
  };
  EXPECT_EQ(fitted("\"1.5\"", field_type::float64), "1.5");
  EXPECT_EQ(fitted("\"42\"", field_type::int64), "42i");
  EXPECT_EQ(fitted("\"9007199254740993\"", field_type::int64), "9007199254740993i");
  EXPECT_EQ(fitted("\"4.5\"", field_type::int64), "no");
  EXPECT_EQ(fitted("\"inf\"", field_type::float64), "no");
  EXPECT_EQ(fitted("\"\"", field_type::float64), "no");
  EXPECT_EQ(fitted("\"1.14.2\"", field_type::float64), "no");
  EXPECT_EQ(fitted("\"1 \"", field_type::float64), "no");
  EXPECT_EQ(fitted("t", field_type::string), "\"true\"");
  EXPECT_EQ(fitted("1", field_type::string), "no");
}

TEST(flink_gauges, a_line_is_repaired_by_taking_out_what_is_no_number) {
  const auto repaired = [](const std::string& line) {
    std::string out;
    return take_out_flink_gauges(line, out) ? out : std::string("no");
  };
  EXPECT_EQ(repaired("m,t=a value=NaN,b=2 5"), "m,t=a b=2 5");
  EXPECT_EQ(repaired("m,t=a\\ b a=1i,value=∞,c=\"x, y=NaN\" 5"), "m,t=a\\ b a=1i,c=\"x, y=NaN\" 5");
  EXPECT_EQ(repaired("m value=\xEF\xBF\xBD 5"), "");
  EXPECT_EQ(repaired("m a=-∞,b=null"), "");
  EXPECT_EQ(repaired("m value=1x 5"), "no");
  EXPECT_EQ(repaired("m"), "no");
  EXPECT_EQ(repaired("m,\"t=NaN f=1"), "no");
}

wide_hash series_hash_of(const parsed& line, std::uint64_t seed) {
  std::vector<char> text(canonical_room(line.point()));
  const char* const end = write_canonical_series(line.point(), text.data());
  return hash_series({text.data(), static_cast<std::size_t>(end - text.data())}, seed);
}

TEST(series_hash, does_not_depend_on_the_order_of_tags_and_fields) {
  const parsed one("m,a=1,b=2 x=1,y=2i");
  const parsed other("m,b=2,a=1 y=2i,x=1.0");
  EXPECT_EQ(series_hash_of(one, 9), series_hash_of(other, 9));
  EXPECT_EQ(hash_fields(one.point().fields, 9), hash_fields(other.point().fields, 9));
  EXPECT_NE(series_hash_of(one, 9), series_hash_of(one, 8));
}

TEST(series_hash, tells_apart_what_differs) {
  const std::vector<std::string> lines{
      "m,a=1,b=2 x=1,y=2i",
      "m,a=2,b=1 x=2,y=1i",
      "m,a=1 x=1i,y=2",
      "m,b=2 x=1,y=\"2i\"",
      "m x=t,y=2i",
      "n,a=1,b=2 y=1,x=2i",
      "m,a=12 x=1",
      "m,a=1,b=2,c=3 y=2i",
      "m,aaaaaaaaaaaaaaaaaaaaaaaaa=1 xx=1",
      "m,aaaaaaaaaaaaaaaaaaaaaaaaa=2 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=1",
      "m,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=2 abcdefgh=1"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const parsed one(lines[i]);
      const parsed other(lines[k]);
      EXPECT_NE(series_hash_of(one, 9), series_hash_of(other, 9)) << i << " " << k;
      EXPECT_NE(hash_fields(one.point().fields, 9).values,
                hash_fields(other.point().fields, 9).values);
    }
  }
  const parsed one("m x=1,y=2i");
  const parsed other("m x=1i,y=2");
  EXPECT_NE(hash_fields(one.point().fields, 9).shape, hash_fields(other.point().fields, 9).shape);
}

TEST(gate_memories, a_database_that_was_dropped_has_no_types_and_says_so_to_the_file) {
  gate_memory memory({.keeps_types = true});
  database_memory& before = memory.of("d");
  const std::uint64_t seed = before.seed();
  EXPECT_EQ(memory.learn("d", "m", "f", field_type::float64).found, status::added);
  EXPECT_EQ(memory.learn("other", "m", "f", field_type::float64).found, status::added);
  memory.forget("d");
  memory.forget("never was");
  EXPECT_NE(memory.of("d").seed(), seed) << "its series are found no more";
  EXPECT_EQ(memory.of("d").types.size(), 0U);
  EXPECT_EQ(before.types.size(), 0U);
  EXPECT_EQ(memory.learn("d", "m", "f", field_type::string).found, status::added);
  EXPECT_EQ(memory.learn("other", "m", "f", field_type::string).found, status::known);
  std::uint64_t registrations = 0;
  const auto reading =
      read_types_text(std::string(types_text_head) + memory.take_unwritten(registrations));
  ASSERT_TRUE(reading);
  EXPECT_EQ(registrations, 4U);
  EXPECT_EQ(reading.value().types, (types_map{{{"d", "m", "f"}, field_type::string},
                                              {{"other", "m", "f"}, field_type::float64}}));
}

}  // namespace
}  // namespace weir
