// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/mapping.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir {
namespace {

/// Labels and names of one line, as name{labels}.
std::vector<std::string> series_of(std::string_view line) {
  parse_options options;
  options.utf8 = utf8_policy::pass;
  line_reader reader(options);
  reader.feed(line);
  reader.finish();
  std::vector<std::string> out;
  if (reader.next() != line_event::point) {
    ADD_FAILURE() << reason(reader.error());
    return out;
  }
  std::string labels;
  for (const auto& [name, value] : labels_of(reader.point())) {
    labels += (labels.empty() ? "" : ",") + name + "=" + value;
  }
  for (const field_view& field : reader.point().fields) {
    std::string name;
    append_metric_name(reader.point(), field, name);
    out.push_back(name + "{" + labels + "}");
  }
  return out;
}

std::string one_series(std::string_view line) {
  const auto all = series_of(line);
  return all.size() == 1 ? all[0] : "not one";
}

TEST(remote_write_mapping, measurement_and_field_make_the_name_and_tags_the_labels) {
  EXPECT_EQ(series_of("cpu,host=a,dc=eu usage=1,idle=2i 1"),
            (std::vector<std::string>{"cpu_usage{dc=eu,host=a}", "cpu_idle{dc=eu,host=a}"}));
  EXPECT_EQ(one_series("cpu value=1 1"), "cpu_value{}");
}

TEST(remote_write_mapping, names_are_sanitised_by_character_and_never_trimmed) {
  EXPECT_EQ(metric_name("a-b.c d"), "a_b_c_d");
  EXPECT_EQ(metric_name("1abc"), "_1abc");
  EXPECT_EQ(metric_name("a:b"), "a:b");
  EXPECT_EQ(metric_name("_x_"), "_x_");
  EXPECT_EQ(metric_name("\xE6\xB8\xA9\xE5\xBA\xA6"), "__");
  EXPECT_EQ(metric_name("\x80\x80"), "_");
  EXPECT_EQ(metric_name(""), "_");
  EXPECT_EQ(label_name("a:b"), "a_b");
  EXPECT_EQ(label_name("9"), "_9");
  EXPECT_EQ(label_name("__name__"), "tag___name__");
  EXPECT_EQ(label_name("--x"), "tag___x");
  EXPECT_EQ(one_series("my-cpu\\ x,a\\,b=c\\=d f\\=1=2 1"), "my_cpu_x_f_1{a_b=c=d}");
}

TEST(remote_write_mapping, a_backslash_before_an_escaped_byte_stays) {
  EXPECT_EQ(one_series("m,t=two\\\\ words f=1 1"), "m_f{t=two\\ words}");
  EXPECT_EQ(one_series("m,two\\\\ words=a\\\\,b\\\\=c f=1 1"), "m_f{two__words=a\\,b\\=c}");
}

TEST(remote_write_mapping, labels_are_sorted_by_name_not_by_raw_key) {
  EXPECT_EQ(one_series("m,a-z=1,aZ=2,a_b=3 v=1 1"), "m_v{aZ=2,a_b=3,a_z=1}");
}

TEST(remote_write_mapping, no_name_is_there_twice) {
  // The key that is that name keeps it; then the least bytes.
  EXPECT_EQ(one_series("m,a-b=1,a.b=2,a_b=3 v=1 1"), "m_v{a_b=3,a_b_2=1,a_b_3=2}");
  EXPECT_EQ(one_series("m,a.b=2,a-b=1 v=1 1"), "m_v{a_b=1,a_b_2=2}");
  // A name made that way may be taken as well.
  EXPECT_EQ(one_series("m,a-b=1,a_b=2,a_b_2=3 v=1 1"), "m_v{a_b=2,a_b_2=3,a_b_3=1}");
  EXPECT_EQ(one_series("m,__x=1,tag___x=2 v=1 1"), "m_v{tag___x=2,tag___x_2=1}");
}

TEST(remote_write_mapping, values_of_labels_are_always_utf8) {
  EXPECT_EQ(one_series("m,t=\xC3( v=1 1"), "m_v{t=\xEF\xBF\xBD(}");
}

TEST(remote_write_mapping, times_are_rounded_towards_the_past) {
  EXPECT_EQ(to_milliseconds(1'999'999), 1);
  EXPECT_EQ(to_milliseconds(0), 0);
  EXPECT_EQ(to_milliseconds(-1), -1);
  EXPECT_EQ(to_milliseconds(-1'000'000), -1);
  EXPECT_EQ(to_milliseconds(-1'000'001), -2);
  EXPECT_EQ(to_milliseconds(std::numeric_limits<std::int64_t>::min()), -9'223'372'036'855);
}

struct value_case {
  std::string_view text;
  double expected;
  bool exact;
};

TEST(remote_write_mapping, numbers_and_booleans_become_doubles) {
  for (const value_case& one :
       {value_case{"1.5", 1.5, true}, value_case{"-0.0", -0.0, true}, value_case{"true", 1, true},
        value_case{"F", 0, true}, value_case{"7i", 7, true}, value_case{"7u", 7, true},
        value_case{"9007199254740992i", 9007199254740992.0, true},
        value_case{"-9007199254740992i", -9007199254740992.0, true},
        value_case{"9007199254740993i", 9007199254740992.0, false},
        value_case{"-9223372036854775808i", -9223372036854775808.0, false},
        value_case{"18446744073709551615u", 18446744073709551616.0, false}}) {
    const std::string line = "m v=" + std::string(one.text) + " 1";
    line_reader reader;
    reader.feed(line);
    reader.finish();
    ASSERT_EQ(reader.next(), line_event::point) << line;
    bool exact = true;
    EXPECT_EQ(sample_value(reader.point().fields[0], exact), one.expected) << line;
    EXPECT_EQ(exact, one.exact) << line;
  }
}

}  // namespace
}  // namespace weir
