// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_target.hpp"

#include <gtest/gtest.h>

#include <string>

#include "api/influx_v1.hpp"
#include "api/influx_v2.hpp"

namespace weir {
namespace {

api::write_target read(const api::write_dialect& dialect, std::string_view query) {
  return target_of_write(dialect, query, {}).value().is;
}

TEST(target_memory, has_what_a_query_said_last_by_dialect) {
  const api::write_dialect& v1 = api::influx_v1();
  target_memory memory;
  EXPECT_EQ(memory.find(v1, ""), nullptr);
  EXPECT_EQ(memory.find(v1, "db=a"), nullptr);
  memory.keep(v1, "db=a", read(v1, "db=a"));
  ASSERT_NE(memory.find(v1, "db=a"), nullptr);
  EXPECT_EQ(memory.find(v1, "db=a")->database, "a");
  EXPECT_EQ(memory.find(api::influx_v2(), "db=a"), nullptr);
  EXPECT_EQ(memory.find(v1, "db=A"), nullptr);
  EXPECT_EQ(memory.find(v1, "db=a&"), nullptr);
}

TEST(target_memory, of_many_queries_each_is_itself_or_nothing) {
  const api::write_dialect& v1 = api::influx_v1();
  target_memory memory;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "d" + std::to_string(i);
    memory.keep(v1, "db=" + name, read(v1, "db=" + name));
  }
  std::size_t known = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "d" + std::to_string(i);
    if (const api::write_target* found = memory.find(v1, "db=" + name); found != nullptr) {
      EXPECT_EQ(found->database, name);
      ++known;
    }
  }
  EXPECT_GT(known, 0U);
  EXPECT_LE(known, 64U);
}

TEST(target_memory, keeps_neither_passwords_nor_what_is_long) {
  const api::write_dialect& v1 = api::influx_v1();
  target_memory memory;
  const std::string large = "db=a&x=" + std::string(1'000, 'x');
  for (const std::string& query :
       {std::string("u=me&p=secret&db=a"), std::string("p=secret&db=a"), large}) {
    memory.keep(v1, query, read(v1, query));
    EXPECT_EQ(memory.find(v1, query), nullptr) << query;
  }
  memory.keep(v1, "db=a&rp=one", read(v1, "db=a&rp=one"));
  ASSERT_NE(memory.find(v1, "db=a&rp=one"), nullptr) << "a policy is no password";
  EXPECT_EQ(memory.find(v1, "db=a&rp=one")->retention_policy, "one");
}

}  // namespace
}  // namespace weir
