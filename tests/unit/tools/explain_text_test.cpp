// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain_text.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

sink_settings prometheus(const std::string& name, mapping_mode mode = mapping_mode::standard) {
  sink_settings sink;
  sink.name = name;
  remote_write_settings own;
  own.mapping.mode = mode;
  sink.kind = own;
  return sink;
}

std::shared_ptr<name_book> names() {
  return std::make_shared<name_book>(1 << 20, nullptr);
}

TEST(explain, tells_the_series_of_each_sink) {
  explainer explains({prometheus("a"), prometheus("b", mapping_mode::flink), {}}, names(), {});
  EXPECT_EQ(explains.sinks(), 2U);
  EXPECT_EQ(explains.explain("m,host=a\\ b count=1i,rate=0.5,note=\"x\" 1700000000123456789\n"
                             "h p50=2,count=9007199254740993i"),
            "m,host=a\\ b count=1i,rate=0.5,note=\"x\" 1700000000123456789\n"
            "  sink a:\n"
            "    m_count{db=\"mydb\", host=\"a b\"} 1 @1700000000123ms\n"
            "    m_rate{db=\"mydb\", host=\"a b\"} 0.5 @1700000000123ms\n"
            "    field note: a string makes no sample\n"
            "  sink b:\n"
            "    flink_m_count{db=\"mydb\", host=\"a_b\"} 1 @1700000000123ms\n"
            "    flink_m_rate{db=\"mydb\", host=\"a_b\"} 0.5 @1700000000123ms\n"
            "    field note: a string makes no sample\n"
            "h p50=2,count=9007199254740993i\n"
            "  sink a:\n"
            "    h_p50{db=\"mydb\"} 2\n"
            "    h_count{db=\"mydb\"} 9007199254740992  (rounded: a sample holds integers up to "
            "2^53)\n"
            "  sink b:\n"
            "    flink_h{db=\"mydb\", quantile=\"0.5\"} 2\n"
            "    flink_h_count{db=\"mydb\"} 9007199254740992  (rounded: a sample holds integers up "
            "to 2^53)\n");
  EXPECT_EQ(explains.mistakes(), 0U);
}

TEST(explain, says_why_a_name_is_not_what_one_expects) {
  explainer explains({prometheus("a")}, names(), {});
  const std::string told = explains.explain("m a.b=1,a-b=2\n\xE6\xB8\xA9 v=1\n");
  EXPECT_NE(told.find("    m_a_b{db=\"mydb\"} 1\n"), std::string::npos) << told;
  EXPECT_NE(told.find("{db=\"mydb\"} 2  (with a suffix: another"), std::string::npos) << told;
  EXPECT_NE(told.find("    U___6e29___v{db=\"mydb\"} 1  (escaped:"), std::string::npos) << told;
}

TEST(explain, gives_new_names_in_the_order_in_which_sinks_see_them) {
  explainer explains({prometheus("a")}, names(),
                     {.database = "d", .retention_policy = {}, .unit_ns = 1'000'000'000});
  const std::string told = explains.explain("m,k.1=a,k-1=b v=1 5");
  EXPECT_TRUE(told.starts_with("m,k.1=a,k-1=b v=1 5\n")) << told;
  EXPECT_NE(told.find("    m_v{db=\"d\", k_1=\"b\", k_1_"), std::string::npos) << told;
  EXPECT_NE(told.find("=\"a\"} 1 @5000ms\n"), std::string::npos) << told;
}

TEST(explain, asks_filters_and_names_lines_that_are_none) {
  sink_settings sink = prometheus("a");
  sink.measurements = {"cpu"};
  explainer explains({sink}, names(), {.database = "d", .retention_policy = "hour", .unit_ns = 1});
  const std::string told = explains.explain("cpu v=1\nmem v=1\nbad\n");
  EXPECT_NE(told.find("    cpu_v{db=\"d\", rp=\"hour\"} 1\n"), std::string::npos) << told;
  EXPECT_NE(told.find("mem v=1\n  sink a: does not take it\n"), std::string::npos) << told;
  EXPECT_NE(told.find("bad\n  is no point: missing fields"), std::string::npos) << told;
  EXPECT_EQ(explains.mistakes(), 1U);
}

TEST(explain, a_name_of_other_letters_is_quoted) {
  const std::vector<label_view> labels{{"a", "x\"y\\z\n"}, {"b.c", "1"}};
  EXPECT_EQ(series_text("m", labels), "m{a=\"x\\\"y\\\\z\\n\", \"b.c\"=\"1\"}");
  EXPECT_EQ(series_text("m.x", {}), "{\"m.x\"}");
}

}  // namespace
}  // namespace weir
