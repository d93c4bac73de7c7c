// SPDX-License-Identifier: Apache-2.0
//
// Series that are found again are those that the mapper would make anew.
#include "sinks/remote_write/known_series.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sinks/filters/canonical_lines.hpp"
#include "unit/sinks/mapping/mapped_lines.hpp"

namespace weir {
namespace {

class known_series_test : public ::testing::Test {
 protected:
  /// "number:labels" of each field of each line, as version 1 has them.
  static std::vector<std::string> told(known_series& known, series_mapper& mapper,
                                       const std::string& lines,
                                       const std::string& database = "d") {
    mapper.begin(database, "");
    known.begin(database, "");
    line_reader reader;
    reader.reset(options_of_canonical_lines());
    reader.feed(lines);
    reader.finish();
    std::vector<std::string> out;
    while (reader.next() == line_event::point) {
      known_series::line line(known, reader.point(), mapper);
      for (std::size_t i = 0; i < reader.point().fields.size(); ++i) {
        const std::uint32_t number = line.series_of(i);
        const wire_series is = known.wire(number);
        out.push_back(std::to_string(number) + ":" + std::string(is.before) + "|" +
                      std::string(is.name) + "|" + std::string(is.after));
        EXPECT_EQ(known.number_of(known.key(number)), number);
      }
      static_cast<void>(line.cut_labels());
    }
    return out;
  }
  /// What a fresh one says.
  static std::vector<std::string> anew(const std::string& lines, const std::string& database) {
    known_series known;
    series_mapper mapper{mapping_settings{}, book_of_names()};
    return told(known, mapper, lines, database);
  }
};

const std::string lines_of_many =
    "m,a=1,b=x a=1,b=2,c=3 1000000\n"
    "m,a=2,b=x a=1,b=2,c=3 1000000\n"
    "m,a=1,b=x c=1,a=2 2000000\n"
    "m a=1 1000000\n"
    "n,a=1,b=x a=1,d=2 1000000\n"
    "m,a=1,b=x a=1,b=2,c=3 3000000\n";

TEST_F(known_series_test, are_the_same_in_every_batch) {
  known_series known;
  series_mapper mapper{mapping_settings{}, book_of_names()};
  const auto expected = anew(lines_of_many, "d");
  ASSERT_EQ(expected.size(), 14U);
  EXPECT_EQ(expected[0].substr(0, 2), "0:");
  EXPECT_EQ(expected[6], expected[2]) << "a line with its fields in another order";
  for (int batch = 0; batch < 3; ++batch) {
    EXPECT_EQ(told(known, mapper, lines_of_many), expected);
    EXPECT_EQ(known.count(), 9U);
  }
}

TEST_F(known_series_test, are_numbered_anew_in_each_batch) {
  known_series known;
  series_mapper mapper{mapping_settings{}, book_of_names()};
  static_cast<void>(told(known, mapper, lines_of_many));
  const series_key first = known.key(0);
  const auto later = told(known, mapper, "n,a=1,b=x d=1 5000000\nm a=1 5000000\n");
  EXPECT_EQ(later[0].substr(0, 2), "0:");
  EXPECT_EQ(later[1].substr(0, 2), "1:");
  EXPECT_EQ(known.count(), 2U);
  EXPECT_FALSE(known.number_of(first).has_value()) << "it is not in this batch";
}

TEST_F(known_series_test, of_two_databases_stay_apart) {
  known_series known;
  series_mapper mapper{mapping_settings{}, book_of_names()};
  for (int batch = 0; batch < 2; ++batch) {
    for (const std::string database : {"d", "e"}) {
      EXPECT_EQ(told(known, mapper, lines_of_many, database), anew(lines_of_many, database));
    }
  }
  EXPECT_NE(anew(lines_of_many, "d"), anew(lines_of_many, "e"));
}

TEST_F(known_series_test, depend_on_the_fields_beside_them_where_the_mapping_does) {
  mapping_settings flink;
  flink.mode = mapping_mode::flink;
  const std::string lines =
      "taskmanager_x,host=h count=1 1000000\n"
      "taskmanager_x,host=h count=1,rate=2 1000000\n"
      "taskmanager_x,host=h count=1,p50=2,p99=3 1000000\n";
  known_series once;
  series_mapper first{flink, book_of_names()};
  const auto expected = told(once, first, lines);
  known_series known;
  series_mapper mapper{flink, book_of_names()};
  for (int batch = 0; batch < 3; ++batch) {
    EXPECT_EQ(told(known, mapper, lines), expected);
  }
}

TEST_F(known_series_test, with_labels_of_strings_are_made_each_time) {
  mapping_settings with_strings;
  with_strings.string_labels = {"version"};
  known_series known;
  series_mapper mapper{with_strings, book_of_names()};
  const auto one = told(known, mapper, "m,a=1 v=1,version=\"1.0\" 1000000\n");
  const auto other = told(known, mapper, "m,a=1 v=1,version=\"2.0\" 2000000\n");
  EXPECT_NE(one[0], other[0]);
}

TEST_F(known_series_test, are_forgotten_beyond_the_limit_and_remembered_again_where_that_helps) {
  known_series known(20'000);
  series_mapper mapper{mapping_settings{}, book_of_names()};
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += "m,host=" + std::to_string(i) + " a=1,b=2 1000000\n";
  }
  const auto expected = anew(many, "d");
  for (int batch = 0; batch < 150; ++batch) {
    ASSERT_EQ(told(known, mapper, many), expected) << batch;
    ASSERT_EQ(known.count(), 400U);
  }
}

TEST_F(known_series_test, count_labels_that_were_cut_for_each_line) {
  mapping_settings narrow;
  narrow.label_value_bytes = 20;
  known_series known;
  series_mapper mapper{narrow, book_of_names()};
  const std::string text = "m,a=" + std::string(40, 'x') + " v=1,w=2 1000000\n";
  line_reader reader;
  for (int batch = 0; batch < 3; ++batch) {
    mapper.begin("d", "");
    known.begin("d", "");
    reader.reset(options_of_canonical_lines());
    reader.feed(text);
    reader.finish();
    ASSERT_EQ(reader.next(), line_event::point);
    known_series::line line(known, reader.point(), mapper);
    static_cast<void>(line.series_of(0));
    static_cast<void>(line.series_of(1));
    EXPECT_EQ(line.cut_labels(), 1U) << batch;
  }
}

}  // namespace
}  // namespace weir
