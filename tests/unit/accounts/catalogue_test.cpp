// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "accounts/catalogue_posix.hpp"
#include "unit/files/forwarding_files.hpp"

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

TEST_F(catalogue_test, a_damaged_file_is_set_aside_and_keeps_nobody_from_starting) {
  for (const std::string& content : {std::string("something else\n"), std::string(),
                                     std::string("weir databa"), std::string(100, '\0')}) {
    std::ofstream(path_, std::ios::binary) << content;
    database_registry registry(10);
    const auto opened = stored_catalogue::open(path_, registry, policies_);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened.value()->set_aside(), path_ + ".damaged");
    std::ifstream aside(path_ + ".damaged", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(aside), {}), content);
    opened.value()->found_in_log("written");
    EXPECT_TRUE(opened.value()->exists("written"));
    EXPECT_FALSE(opened.value()->created("written"));
    ASSERT_TRUE(opened.value()->create("a").ok());
    database_registry again(10);
    EXPECT_TRUE(open(again)->created("a"));
    std::filesystem::remove(path_);
  }
}

TEST_F(catalogue_test, damaged_lines_are_passed_over) {
  std::ofstream(path_, std::ios::binary) << "weir databases 1\na\nb\x01c\n\nd\ncut";
  database_registry registry(10);
  const auto names = open(registry);
  EXPECT_EQ(names->databases(), (std::vector<std::string>{"a", "d"}));
  ASSERT_TRUE(names->create("e").ok());
  database_registry again(10);
  EXPECT_EQ(open(again)->databases(), (std::vector<std::string>{"a", "d", "e"}));
}

TEST_F(catalogue_test, a_database_more_costs_a_line) {
  counting_files files;
  database_registry registry(200);
  auto opened = stored_catalogue::open(path_, registry, policies_, durability::power, files);
  ASSERT_TRUE(opened.ok());
  ASSERT_TRUE(opened.value()->create("first").ok());
  files.calls.clear();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(opened.value()->create("db" + std::to_string(i)).ok());
  }
  EXPECT_EQ(std::count(files.calls.begin(), files.calls.end(), "write"), 100);
  EXPECT_EQ(std::count(files.calls.begin(), files.calls.end(), "sync"), 100);
  EXPECT_EQ(files.calls.size(), 200U);
  database_registry again(200);
  EXPECT_EQ(open(again)->databases().size(), 101U);
}

TEST_F(catalogue_test, a_line_that_a_disk_refused_leaves_nothing) {
  counting_files files;
  database_registry registry(10);
  auto opened = stored_catalogue::open(path_, registry, policies_, durability::process, files);
  ASSERT_TRUE(opened.value()->create("a").ok());
  files.fail_at = static_cast<int>(files.calls.size());
  EXPECT_FALSE(opened.value()->create("b").ok());
  EXPECT_TRUE(opened.value()->create("c").ok());
  database_registry again(10);
  EXPECT_EQ(open(again)->databases(), (std::vector<std::string>{"a", "c"}));
}

TEST_F(catalogue_test, a_directory_that_was_deleted_and_made_again_has_all_of_them) {
  database_registry registry(10);
  const auto names = open(registry);
  ASSERT_TRUE(names->create("a").ok());
  ASSERT_TRUE(names->create("b").ok());
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directory(directory_);
  ASSERT_TRUE(names->create("c").ok());
  database_registry again(10);
  EXPECT_EQ(open(again)->databases(), (std::vector<std::string>{"a", "b", "c"}));
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

/// Weirs that share databases, with the news on their way.
TEST(shared_catalogue, what_is_told_counts_when_it_is_heard) {
  database_registry registry(2);
  const std::map<std::string, database_settings> policies{{"*", {}}};
  const auto opened = stored_catalogue::open("", registry, policies);
  ASSERT_TRUE(opened);
  stored_catalogue& own = *opened.value();
  EXPECT_FALSE(own.shared());
  std::vector<std::pair<std::string, database_news>> told;
  std::vector<stored_catalogue::told> waiting;
  own.share_by([&](std::string_view name, database_news what, stored_catalogue::told done) {
    told.emplace_back(name, what);
    waiting.push_back(std::move(done));
  });
  std::vector<std::string> dropped;
  own.on_drop([&](std::string_view name) { dropped.emplace_back(name); });
  EXPECT_TRUE(own.shared());

  std::string answer = "none";
  const auto note = [&](const outcome& of) { answer = of ? "" : of.error().message; };
  own.create_for_all("a", note);
  EXPECT_FALSE(own.exists("a"));
  EXPECT_EQ(answer, "none");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], std::pair(std::string("a"), database_news::created));
  own.heard("a", database_news::created, false);
  waiting[0](nothing{});
  EXPECT_EQ(answer, "");
  EXPECT_TRUE(own.exists("a"));
  own.create_for_all("a", note);  // it is there: nobody is told
  EXPECT_EQ(told.size(), 1U);
  own.create_for_all("b", note);
  waiting[1](failure{"Kafka is away"});
  EXPECT_EQ(answer, "Kafka is away");
  EXPECT_FALSE(own.created("b"));
  own.create_for_all("c", note);
  EXPECT_NE(answer.find("too many databases"), std::string::npos);

  own.drop_for_all("a", note);
  EXPECT_TRUE(own.exists("a"));
  EXPECT_EQ(told.back(), std::pair(std::string("a"), database_news::dropped));
  own.heard("a", database_news::dropped, false);
  EXPECT_FALSE(own.exists("a"));
  EXPECT_EQ(dropped, std::vector<std::string>{"a"});
  own.heard("a", database_news::dropped, true);  // of an earlier time
  EXPECT_EQ(dropped.size(), 1U);
  own.heard("a", database_news::created, true);
  own.take_back("a");
  EXPECT_EQ(told.back(), std::pair(std::string("a"), database_news::taken_back));
  own.heard("a", database_news::taken_back, false);
  EXPECT_FALSE(own.exists("a"));
  EXPECT_EQ(dropped.size(), 1U);
  // Who does not wait has it at once.
  EXPECT_TRUE(own.create("a"));
  EXPECT_TRUE(own.created("a"));
  EXPECT_EQ(told.back(), std::pair(std::string("a"), database_news::created));
}

}  // namespace
}  // namespace weir
