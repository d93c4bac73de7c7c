// SPDX-License-Identifier: Apache-2.0
#include "exposition/open_metrics.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/exposition/read_samples.hpp"

namespace weir::exposition {
namespace {

std::string read(std::string_view body) {
  return samples_of(body, read_open_metrics);
}

TEST(open_metrics, families_become_those_of_the_classic_format) {
  EXPECT_EQ(read("# TYPE a_seconds counter\n"
                 "# UNIT a_seconds seconds\n"
                 "# HELP a_seconds words \\\" here\n"
                 "a_seconds_total{b=\"c\"} 3 1.5 # {trace_id=\"x\"} 0.5 1.25\n"
                 "a_seconds_created{b=\"c\"} 1e9\n"
                 "# TYPE h histogram\n"
                 "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
                 "# TYPE g gaugehistogram\n"
                 "g_bucket{le=\"+Inf\"} 2\ng_gsum -3\ng_gcount 2\n"
                 "# TYPE i info\n"
                 "i_info{version=\"1\"} 1\n"
                 "# TYPE st stateset\n"
                 "st{st=\"on\"} 1\n"
                 "# TYPE s summary\n"
                 "s{quantile=\"0.5\"} NaN\n"
                 "free 1\n"
                 "# EOF\n"),
            "a_seconds_total counter | a_seconds_total{b=\"c\"} 3 @1500\n"
            "a_seconds_created gauge | a_seconds_created{b=\"c\"} 1000000000\n"
            "h histogram | h_bucket{le=\"+Inf\"} 2\n"
            "h histogram | h_sum 3\n"
            "h histogram | h_count 2\n"
            "g_bucket gauge | g_bucket{le=\"+Inf\"} 2\n"
            "g_gsum gauge | g_gsum -3\n"
            "g_gcount gauge | g_gcount 2\n"
            "i_info gauge | i_info{version=\"1\"} 1\n"
            "st gauge | st{st=\"on\"} 1\n"
            "s summary | s{quantile=\"0.5\"} NaN\n"
            "free untyped | free 1\n");
  EXPECT_EQ(read("# EOF\n"), "");
  EXPECT_EQ(read("a 1\n# EOF"), "a untyped | a 1\n");
}

TEST(open_metrics, a_mistake_has_its_line_and_column) {
  const auto begins = [](std::string_view body, std::string_view words) {
    const std::string said = read(body);
    EXPECT_TRUE(said.starts_with(words)) << body << said;
  };
  begins("", "line 1, column 1: the end is missing");
  begins("a 1\n", "line 2, column 1: the end is missing");
  begins("# EOF\na 1\n", "line 2, column 1: nothing may follow");
  begins("\n# EOF\n", "line 1, column 1: OpenMetrics has no empty lines");
  begins("# words\n# EOF\n", "line 1, column 3: OpenMetrics has no comments");
  begins("a  1\n# EOF\n", "line 1, column 3: expected float as value");
  begins("a 1 \n# EOF\n", "line 1, column 5: expected a timestamp in seconds");
  begins("a{b=\"c\",} 1\n# EOF\n", "line 1, column 9: no name of a label");
  begins("# TYPE a counter\na 1\n# EOF\n",
         "line 2, column 1: a counter called \"a\" has no sample");
  begins("# TYPE a counter\na_total -1\n# EOF\n", "line 2, column 9: a count is neither");
  begins("a 1\nb 1\na 2\n# EOF\n", "line 3, column 1: the lines of \"a\" do not stand together");
  begins("a 1\n# TYPE a gauge\n# EOF\n", "line 2, column 3: TYPE of \"a\" stands behind");
  begins("# TYPE a gauge\n# TYPE a gauge\n# EOF\n", "line 2, column 3: a second TYPE");
  begins("# TYPE a foo\n# EOF\n", "line 1, column 10: unknown type");
  begins("# UNIT a seconds\n# EOF\n", "line 1, column 10: the name of the metric does not end");
  begins("# TYPE a gauge\na 1 # {b=\"c\"} 1\n# EOF\n", "line 2, column 8: only counters");
  begins("# TYPE a counter\na_total 1 # {b=\"" + std::string(128, 'x') + "\"} 1\n# EOF\n",
         "line 2, column 147: the labels of an exemplar");
  begins("# TYPE a counter\n# HELP b c\na_total 1\n# EOF\n",
         "line 3, column 1: samples called \"a_total\" are those of another metric");
  begins("# TYPE a info\na_info 2\n# EOF\n", "line 2, column 8: the value of an info is 1");
  begins("# TYPE a stateset\na{a=\"b\"} 2\n# EOF\n", "line 2, column 10: the value of a state");
  begins("# TYPE a summary\na{quantile=\"2\"} 2\n# EOF\n",
         "line 2, column 1: the label 'quantile'");
  begins("# TYPE a histogram\na_bucket 2\n# EOF\n", "line 2, column 1: the label 'le' is missing");
  begins("a 1 nan\n# EOF\n", "line 1, column 5: expected a timestamp");
}

TEST(open_metrics, samples_and_exemplars_have_1024_labels_at_most) {
  std::string labels;
  for (int i = 0; i <= 1024; ++i) {
    labels += (i == 0 ? "l" : ",l") + std::to_string(i) + "=\"\"";
  }
  EXPECT_NE(read("a{" + labels + "} 1\n# EOF\n").find(too_many_labels), std::string::npos);
  EXPECT_NE(read("# TYPE a counter\na_total 1 # {" + labels + "} 1\n# EOF\n").find(too_many_labels),
            std::string::npos);
}

}  // namespace
}  // namespace weir::exposition
