// SPDX-License-Identifier: Apache-2.0
//
// The gate allocates nothing per line once it knows the measurements: operator new is counted while
// points are checked, changed by rules, stripped and staged.
#include <gtest/gtest.h>

#include "gate/gate.hpp"
#include "unit/parser/counting_new.hpp"

namespace weir {
namespace {

constexpr std::string_view lines[] = {
    "cpu,hostname=a,region=b,_field=x usage_pct=1.5,idle=2i,time=t 1700000000000000000\n",
    "mem,region=b\\ c,host=a free=5u 1700000000000000001\n",
    "debug_x,host=test f=1 1700000000000000002\n",
    "disk,host=test\\,1 f=1 1700000000000000003\n",
    "old,host=a f=1 1700000000\n",
};

TEST(gate_allocation, none_for_ten_thousand_lines) {
  const auto compiled = rule_set::compile(
      {{.name = "a", .action = rule_action::drop, .measurement = "debug_.*"},
       {.name = "b", .action = rule_action::drop, .tag = "host", .tag_value = "test.*"},
       {.name = "c",
        .action = rule_action::rename,
        .what = rule_subject::tag,
        .key = "host(name)?",
        .to = "machine_of_a_rather_long_name"},
       {.name = "d",
        .action = rule_action::rename,
        .what = rule_subject::field,
        .key = "(.*)_pct",
        .to = "\\1"},
       {.name = "e", .action = rule_action::rename, .measurement = "old", .to = "new\\0"},
       {.name = "f", .action = rule_action::add_tag, .key = "dc", .to = "prg"},
       {.name = "g", .action = rule_action::drop_tag, .key = "region"}});
  ASSERT_TRUE(compiled.ok());
  rule_engine engine(*compiled.value());
  const database_settings policy{.unsigned_values = unsigned_mode::pass,
                                 .precision_mistake = precision_mistake_mode::mend,
                                 .time_key = name_mode::drop,
                                 .reserved_tags = name_mode::drop};
  std::string body;
  for (int i = 0; i < 10'000; ++i) {
    body += lines[static_cast<std::size_t>(i) % std::size(lines)];
  }
  line_reader reader;
  gate chain;
  staged_lines staged;
  std::size_t during = 0;
  for (int pass = 0; pass < 2; ++pass) {  // the first warms up
    reader.reset({});
    chain.begin({.policy = &policy,
                 .now_ns = 1'700'000'000'000'000'000,
                 .unit_ns = 1,
                 .rules = engine.rules_for("db")});
    staged.clear(std::size_t{64} << 20);
    const std::size_t before = test::allocation_count();
    reader.feed(body);
    while (reader.next() == line_event::point) {
      static_cast<void>(chain.pass(reader.point(), staged));
    }
    during = test::allocation_count() - before;
  }
  EXPECT_EQ(reader.counts().points, 10'000U);
  EXPECT_EQ(chain.repaired()[static_cast<std::size_t>(gate_code::changed_by_rule)], 6'000U);
  EXPECT_EQ(chain.repaired()[static_cast<std::size_t>(gate_code::name_dropped)], 2'000U);
  EXPECT_EQ(chain.repaired()[static_cast<std::size_t>(gate_code::precision_mended)], 2'000U);
  EXPECT_EQ(during, 0U);
}

}  // namespace
}  // namespace weir
