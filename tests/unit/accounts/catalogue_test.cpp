// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "accounts/catalogue_posix.hpp"

namespace weir {
namespace {

class catalogue_test : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "weir-catalogue-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = pattern + "/databases";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<stored_catalogue> open(database_registry& registry) {
    auto opened = stored_catalogue::open(path_, registry, policies_);
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }

  std::string directory_;
  std::string path_;
  std::map<std::string, database_settings> policies_{{"*", {}}};
};

TEST_F(catalogue_test, remembers_what_clients_created) {
  {
    database_registry registry(10);
    const auto names = open(registry);
    EXPECT_TRUE(names->create("b with space").ok());
    EXPECT_TRUE(names->create("a").ok());
    EXPECT_TRUE(names->create("a").ok());
    EXPECT_TRUE(names->create("gone").ok());
    EXPECT_TRUE(names->drop("gone").ok());
    EXPECT_TRUE(names->drop("never there").ok());
  }
  database_registry registry(10);
  const auto names = open(registry);
  EXPECT_EQ(names->databases(), (std::vector<std::string>{"a", "b with space"}));
  EXPECT_TRUE(names->created("a"));
  EXPECT_FALSE(names->created("gone"));
  EXPECT_FALSE(names->exists("gone"));
}

TEST_F(catalogue_test, written_databases_are_shown_but_not_created_upstream) {
  database_registry registry(10);
  const auto names = open(registry);
  registry.find_or_add("typo")->set_listed(true);
  EXPECT_TRUE(names->exists("typo"));
  EXPECT_FALSE(names->created("typo"));
}

TEST_F(catalogue_test, refuses_when_the_limit_or_the_disk_says_so) {
  database_registry registry(1);
  const auto names = open(registry);
  EXPECT_TRUE(names->create("a").ok());
  EXPECT_FALSE(names->create("b").ok());

  std::filesystem::remove_all(directory_);
  database_registry other(10);
  auto opened = stored_catalogue::open(path_, other, policies_);
  ASSERT_TRUE(opened.ok());
  EXPECT_FALSE(opened.value()->create("a").ok());
  EXPECT_FALSE(opened.value()->created("a"));
}

TEST_F(catalogue_test, a_damaged_file_is_named_not_overwritten) {
  std::ofstream(path_) << "something else\n";
  database_registry registry(10);
  const auto opened = stored_catalogue::open(path_, registry, policies_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find(path_), std::string::npos);
}

TEST_F(catalogue_test, shows_configured_retention_policies) {
  policies_["db"].retention = std::chrono::hours(1);
  policies_["db/long"].retention = std::nullopt;
  database_registry registry(10);
  const auto names = open(registry);
  EXPECT_TRUE(names->exists("db"));
  const auto shown = names->retention_policies("db");
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].name, "autogen");
  EXPECT_EQ(shown[0].duration_ns, 3'600'000'000'000);
  EXPECT_TRUE(shown[0].is_default);
  EXPECT_EQ(shown[1].name, "long");
  EXPECT_EQ(shown[1].duration_ns, 0);
}

}  // namespace
}  // namespace weir
