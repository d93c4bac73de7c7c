// SPDX-License-Identifier: Apache-2.0
#include "push/group_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/push/push_testing.hpp"

namespace weir::push {
namespace {

template <class Body>
std::string whole(const group_table& table) {
  Body body(table.all());
  std::string out;
  while (body.next(out)) {
  }
  return out;
}

TEST(group_exposition, families_of_all_groups_are_there_once) {
  group_table table(std::size_t{1} << 30);
  table.apply(push_of({{"job", "a"}}, "# HELP x old\n# TYPE x gauge\nx 1\ny 5\n"), default_terms(),
              at_second(0));
  table.apply(push_of({{"job", "b"}, {"instance", "i"}}, "# HELP x new\n# TYPE x counter\nx 2\n"),
              default_terms(), at_second(1));
  EXPECT_EQ(whole<group_exposition>(table),
            "# HELP x new\n# TYPE x counter\n"
            "x{instance=\"i\",job=\"b\"} 2\nx{instance=\"\",job=\"a\"} 1\n"
            "# TYPE y untyped\ny{instance=\"\",job=\"a\"} 5\n"
            "# HELP push_failure_time_seconds Last Unix time when changing this group in the "
            "Pushgateway failed.\n# TYPE push_failure_time_seconds gauge\n"
            "push_failure_time_seconds{instance=\"i\",job=\"b\"} 0\n"
            "push_failure_time_seconds{instance=\"\",job=\"a\"} 0\n"
            "# HELP push_time_seconds Last Unix time when changing this group in the Pushgateway "
            "succeeded.\n# TYPE push_time_seconds gauge\n"
            "push_time_seconds{instance=\"i\",job=\"b\"} 1700000001.000000000\n"
            "push_time_seconds{instance=\"\",job=\"a\"} 1700000000.000000000\n");
}

TEST(group_exposition, of_a_series_that_two_groups_have_the_newest_is_shown) {
  group_table table(std::size_t{1} << 30);
  table.apply(push_of({{"job", "a"}}, "x{z=\"1\"} 1\n"), default_terms(), at_second(5));
  table.apply(push_of({{"job", "a"}, {"z", "1"}}, "x 2\n"), default_terms(), at_second(9));
  const std::string text = whole<group_exposition>(table);
  EXPECT_NE(text.find("x{instance=\"\",job=\"a\",z=\"1\"} 2\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("x{instance=\"\",job=\"a\",z=\"1\"} 1\n"), std::string::npos) << text;
}

TEST(group_exposition, many_groups_are_written_in_pieces_that_are_read_back) {
  group_table table(std::size_t{1} << 30);
  for (int i = 0; i < 2'000; ++i) {
    table.apply(
        push_of({{"job", "j" + std::to_string(i)}}, "x 1\ny_" + std::to_string(i % 50) + " 2\n"),
        default_terms(), at_second(i));
  }
  const std::string text = whole<group_exposition>(table);
  exposition::document all;
  const auto wrong = exposition::read_text(text, all);
  ASSERT_FALSE(wrong.has_value()) << wrong->text();
  EXPECT_EQ(all.samples().size(), 8'000U);
  EXPECT_EQ(all.families().size(), 53U);
  EXPECT_EQ(whole<group_exposition>(group_table(1)), "");
}

std::string whole_of(group_exposition body) {
  std::string out;
  while (body.next(out)) {
  }
  return out;
}

TEST(group_exposition, other_names_are_there_in_quotes_for_those_who_know_them) {
  group_table table(std::size_t{1} << 30);
  table.apply(push_of({{"job", "a"}},
                      "# HELP \"my.metric\" w\n# TYPE \"my.metric\" gauge\n"
                      "{\"my.metric\",\"l.l\"=\"{\\\"x,\"} 1\n{\"my.metric\",v=\",\"} 2\n"
                      "plain{a_b=\"1\",\"a.b\"=\"2\"} 3\n"),
              default_terms(), at_second(0));
  const std::string utf8 = whole_of(group_exposition(table.all(), known_names::utf8));
  EXPECT_TRUE(
      utf8.starts_with("# HELP \"my.metric\" w\n# TYPE \"my.metric\" gauge\n"
                       "{\"my.metric\",instance=\"\",job=\"a\",\"l.l\"=\"{\\\"x,\"} 1\n"))
      << utf8;
  const std::string text = whole_of(group_exposition(table.all()));
  EXPECT_TRUE(
      text.starts_with("# HELP my_metric w\n# TYPE my_metric gauge\n"
                       "my_metric{instance=\"\",job=\"a\",l_l=\"{\\\"x,\"} 1\n"
                       "my_metric{instance=\"\",job=\"a\",v=\",\"} 2\n"
                       "# TYPE plain untyped\n"
                       "plain{U__a__b=\"1\",a_b=\"2\",instance=\"\",job=\"a\"} 3\n"
                       "# HELP push_failure_time_seconds "))
      << text;
}

TEST(group_exposition, names_that_become_the_same_are_one_family) {
  group_table table(std::size_t{1} << 30);
  table.apply(push_of({{"job", "a"}}, "{\"x.x\"} 1\n{\"x-x\"} 2\n{\"x-x\",l=\"\"} 3\n"),
              default_terms(), at_second(0));
  const std::string text = whole_of(group_exposition(table.all()));
  EXPECT_TRUE(
      text.starts_with("# TYPE x_x untyped\nx_x{instance=\"\",job=\"a\"} 2\n"
                       "x_x{instance=\"\",job=\"a\",l=\"\"} 3\n# HELP push_"))
      << text;
}

TEST(group_exposition, a_family_of_many_groups_is_written_in_pieces_too) {
  group_table table(std::size_t{1} << 30);
  for (int i = 0; i < 5'000; ++i) {
    table.apply(push_of({{"job", "j" + std::to_string(i)}}, "x 1\n"), default_terms(),
                at_second(0));
  }
  group_exposition body(table.all());
  std::size_t before = 0;
  std::size_t most = 0;
  std::size_t held = 0;
  std::string out;
  bool more = true;
  while (more) {
    more = body.next(out);
    most = std::max(most, out.size() - before);
    held = std::max(held, body.held_bytes());
    before = out.size();
  }
  EXPECT_GT(out.size(), 500'000U);
  EXPECT_LT(most, 34'000U);
  EXPECT_GT(held, 5'000U * (sizeof(void*) + sizeof(std::string_view))) << "series that were there";
}

TEST(group_json, shows_what_a_group_has) {
  group_table table(std::size_t{1} << 30);
  EXPECT_EQ(whole<group_json>(table), R"({"status":"success","data":[]})");
  table.apply(push_of({{"job", "a"}},
                      "# HELP x w\n# TYPE x gauge\nx{l=\"\\\"\"} 1.5\n"
                      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\n"
                      "h_count 2\n"
                      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 3\ns_count 2\n"),
              default_terms(), at_second(0));
  table.note_failure({{"job", "a"}}, at_second(1).wall);
  const std::string text = whole<group_json>(table);
  for (
      const std::string_view part :
      {R"("labels":{"job":"a"},"last_push_successful":false)",
       R"("x":{"time_stamp":"2023-11-14T22:13:20.000000000Z","type":"GAUGE","help":"w","metrics":[{"labels":{"instance":"","job":"a","l":"\""},"value":"1.5"}]})",
       R"("type":"HISTOGRAM","metrics":[{"labels":{"instance":"","job":"a"},"buckets":{"1":"1","+Inf":"2"},"sum":"3","count":"2"}])",
       R"("type":"SUMMARY","metrics":[{"labels":{"instance":"","job":"a"},"quantiles":{"0.5":"1"},"sum":"3","count":"2"}])",
       R"("push_time_seconds":{)", R"("push_failure_time_seconds":{)"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

}  // namespace
}  // namespace weir::push
