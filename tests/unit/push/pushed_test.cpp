// SPDX-License-Identifier: Apache-2.0
#include "push/pushed.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/push/push_testing.hpp"

namespace weir::push {
namespace {

std::string refusal_of(std::string_view text, const grouping& labels = {{"job", "j"}}) {
  exposition::document all;
  EXPECT_FALSE(exposition::read_text(text, all).has_value());
  const auto made = read_pushed(all, series_labels(labels, job_suffix_mode::keep), {.now_ns = 1});
  return made ? "taken" : made.error().message;
}

TEST(pushed_families, samples_have_the_labels_of_their_group) {
  const pushed made =
      pushed_text("# HELP a b\n# TYPE a gauge\na{z=\"1\",job=\"other\"} 2\na 3\nb 4\n",
                  series_labels({{"job", "j"}, {"zone", "q"}}, job_suffix_mode::keep));
  ASSERT_EQ(made.families.size(), 2U);
  EXPECT_EQ(made.families[0].help, "b");
  EXPECT_EQ(
      made.families[0].text,
      "a{instance=\"\",job=\"j\",z=\"1\",zone=\"q\"} 2\na{instance=\"\",job=\"j\",zone=\"q\"} 3\n");
  EXPECT_EQ(made.families[1].samples, 1U);
  EXPECT_EQ(made.lines,
            "a,job=j,z=1,zone=q value=2 1700000000000000000\n"
            "a,job=j,zone=q value=3 1700000000000000000\n"
            "b,job=j,zone=q value=4 1700000000000000000\n");
  EXPECT_EQ(made.counts.written, 3U);
}

TEST(pushed_families, a_samples_own_instance_stays_where_its_group_has_none) {
  const std::string_view text = "a{instance=\"x\"} 1\nb 1\n";
  exposition::document all;
  EXPECT_FALSE(exposition::read_text(text, all).has_value());
  const grouping series = series_labels({{"job", "j"}}, job_suffix_mode::keep);
  const auto kept = read_pushed(all, series, {.keeps_instance = true});
  EXPECT_EQ(kept.value().families[0].text, "a{instance=\"x\",job=\"j\"} 1\n");
  EXPECT_EQ(kept.value().families[1].text, "b{instance=\"\",job=\"j\"} 1\n");
  const auto replaced = read_pushed(all, series, {.keeps_instance = false});
  EXPECT_EQ(replaced.value().families[0].text, "a{instance=\"\",job=\"j\"} 1\n");
}

TEST(pushed_families, what_line_protocol_cannot_hold_is_counted_and_kept_for_the_group) {
  const pushed made = pushed_text(
      "a NaN\nb +Inf\nc{x=\"l\\nf\"} 1\nc{x=\"back\\\\\"} 1\n{\"#c\"} 1\nd{x=\"a b,c=d\\\\e\"} 1\n"
      "{\"a name, with\"} 1\n",
      series_labels({{"job", "j"}}, job_suffix_mode::keep));
  EXPECT_EQ(made.lines,
            "d,job=j,x=a\\ b\\,c\\=d\\e value=1 1700000000000000000\n"
            "a\\ name\\,\\ with,job=j value=1 1700000000000000000\n");
  EXPECT_EQ(made.counts.not_finite, 2U);
  EXPECT_EQ(made.counts.unwritable, 3U);
  EXPECT_EQ(made.families.size(), 6U);
}

TEST(pushed_families, no_name_makes_a_line_of_another_metric) {
  std::string text = "{\" a\"} 1\n";
  for (const char begin : {'\t', '\r', '\v', '\f', '\0', '#'}) {
    text.append("{\"").append(1, begin).append("evil\"} 1\n");
  }
  const pushed made = pushed_text(text, {{"job", "j"}});
  EXPECT_EQ(made.lines, "\\ a,job=j value=1 1700000000000000000\n");
  EXPECT_EQ(made.counts.unwritable, 6U);
  EXPECT_EQ(made.counts.written, 1U);
}

TEST(pushed_families, a_series_that_is_there_twice_is_refused) {
  EXPECT_EQ(
      refusal_of("a{x=\"1\"} 1\nb 1\na{x=\"1\"} 2\n"),
      "pushed metrics are invalid: the sample in line 3 was collected before with the same "
      "name and label values, in line 1 (the labels of the group, in the path, take the place "
      "of those in the body)");
  EXPECT_NE(refusal_of("a{job=\"1\"} 1\na{job=\"2\"} 2\n"), "taken") << "the group's job is both's";
  EXPECT_EQ(refusal_of("a{x=\"1\",y=\"2\"} 1\na{y=\"1\",x=\"2\"} 2\n"), "taken");
}

TEST(pushed_families, no_group_has_a_label_of_a_metrics_parts) {
  const std::string_view histogram = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n";
  const std::string_view summary = "# TYPE s summary\ns{quantile=\"0.5\"} 1\n";
  EXPECT_EQ(refusal_of(histogram, {{"job", "j"}, {"le", "x"}}),
            "pushed metrics are invalid: the group has a label \"le\", which belongs to the parts "
            "of the histogram \"h\"");
  EXPECT_NE(refusal_of(summary, {{"job", "j"}, {"quantile", "x"}}), "taken");
  EXPECT_EQ(refusal_of(histogram, {{"job", "j"}, {"quantile", "x"}}), "taken");
  EXPECT_EQ(refusal_of("h 1\n", {{"job", "j"}, {"le", "x"}}), "taken");
}

TEST(pushed_families, a_sample_has_1024_labels_with_those_of_its_group) {
  std::string labels;
  for (int i = 0; i < 1'022; ++i) {
    labels += "l" + std::to_string(i) + "=\"\",";
  }
  EXPECT_EQ(refusal_of("a{" + labels + "} 1\n"), "taken") << "job and instance are two more";
  EXPECT_EQ(refusal_of("a{" + labels + "x=\"\"} 1\n"),
            "pushed metrics are invalid: a sample has no more than 1024 labels, and the sample in "
            "line 1 has more with those of its group");
}

TEST(pushed_families, times_are_refused_or_kept) {
  EXPECT_TRUE(refusal_of("a 1 5\n").starts_with(
      "pushed metrics are invalid: pushed metrics must not have timestamps"));
  const pushed made =
      pushed_text("a 1 5\nb 1 9223372036854775807\n", {{"job", "j"}}, push_time_mode::keep);
  EXPECT_EQ(made.lines, "a,job=j value=1 5000000\nb,job=j value=1 9223372036854000000\n");
  EXPECT_EQ(made.families[0].text, "a{job=\"j\"} 1\n");
}

TEST(pushed_families, what_every_sample_repeats_ends_at_its_bound) {
  // One long label of the group, and of the metric, comes again with every sample.
  std::string text = "# TYPE h histogram\n";
  for (int i = 0; i < 4'000; ++i) {
    text += "h_bucket{le=\"" + std::to_string(i) + "\"} 1\n";
  }
  exposition::document all;
  ASSERT_FALSE(exposition::read_text(text, all).has_value());
  const grouping series =
      series_labels({{"job", "j"}, {"long", std::string(15'000, 'v')}}, job_suffix_mode::keep);
  std::size_t most_granted = 0;
  exposition::byte_allowance room([&](std::size_t bytes) {
    most_granted = bytes <= 4'000'000 ? std::max(most_granted, bytes) : most_granted;
    return bytes <= 4'000'000;
  });
  const auto cut = read_pushed(all, series, {.room = &room});
  ASSERT_FALSE(cut.ok());
  EXPECT_TRUE(room.is_spent());
  EXPECT_NE(cut.error().message.find(exposition::too_many_samples), std::string::npos);
  EXPECT_LE(most_granted, 4'000'000U);
  exposition::byte_allowance enough(std::size_t{1} << 30);
  const auto whole = read_pushed(all, series, {.room = &enough});
  ASSERT_TRUE(whole.ok());
  const pushed& made = whole.value();
  EXPECT_GE(made.bytes, made.families[0].text.capacity() + made.lines.capacity())
      << "what was asked for is what it takes";
}

TEST(pushed_families, those_of_the_group_itself_are_left_out) {
  const pushed made =
      pushed_text("push_time_seconds 1\npush_failure_time_seconds 2\na 3\n", {{"job", "j"}});
  ASSERT_EQ(made.families.size(), 1U);
  EXPECT_EQ(made.families[0].name, "a");
}

TEST(pushed_families, flinks_suffix_stays_goes_or_becomes_a_label) {
  const std::string suffix = "0123456789abcdef0123456789abcdef";
  const grouping labels{{"job", "flink" + suffix}};
  EXPECT_EQ(series_labels(labels, job_suffix_mode::keep).at("job"), "flink" + suffix);
  EXPECT_EQ(series_labels(labels, job_suffix_mode::strip),
            (grouping{{"instance", ""}, {"job", "flink"}}));
  EXPECT_EQ(series_labels(labels, job_suffix_mode::to_label),
            (grouping{{"flink_process", suffix}, {"instance", ""}, {"job", "flink"}}));
  EXPECT_EQ(series_labels({{"job", "plain"}, {"instance", "i"}}, job_suffix_mode::strip),
            (grouping{{"instance", "i"}, {"job", "plain"}}));
}

}  // namespace
}  // namespace weir::push
