// SPDX-License-Identifier: Apache-2.0
//
// Schemas read from scripted servers over real sockets, written to real files: the retention
// that the gate gets, what a restart remembers, and servers and files that fail.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "accounts/database_registry.hpp"
#include "unit/net/http_server.hpp"
#include "upstream/upstream_schemas_posix.hpp"

namespace weir {
namespace {

using std::chrono::hours;

const std::string policies_of_db =
    R"({"results":[{"series":[{"columns":["name","duration","default"],)"
    R"("values":[["autogen","1h0m0s",true],["long","0s",false]]}]}]})";
const std::string fields_of_db =
    R"({"results":[{"series":[{"name":"cpu","columns":["fieldKey","fieldType"],)"
    R"("values":[["idle","float"],["count","integer"]]}]}]})";
const std::string bucket_list =
    R"({"buckets":[{"id":"0123456789abcdef","name":"db/week","retentionRules":[{"everySeconds":7200}]},)"
    R"({"id":"fedcba9876543210","name":"db/a/b","retentionRules":[]}]})";

http_server::response answer_of_version_1(const http_server::request& request) {
  const bool asks_fields = request.target.find("FIELD") != std::string::npos;
  return {200, "", asks_fields ? fields_of_db : policies_of_db};
}

http_server::response answer_of_version_2(const http_server::request& request) {
  const bool asks_buckets = request.target.starts_with("/api/v2/buckets");
  return {200, "", asks_buckets ? bucket_list : fields_of_db};
}

/// Waits for ten seconds at most.
bool wait_until(const std::function<bool()>& is_so) {
  for (int i = 0; i < 1'000; ++i) {
    if (is_so()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class upstream_schemas_test : public ::testing::Test {
 protected:
  upstream_schemas_test() {
    std::string pattern = ::testing::TempDir() + "weir-schemas-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ + "/learnt";
    configured_.database["*"].learn_retention = true;
    configured_.database["*"].learn_from = "influx";
  }
  ~upstream_schemas_test() override {
    schemas_.reset();
    std::filesystem::remove_all(root_);
  }

  void add_sink(const std::string& name, const std::string& url, std::uint32_t version = 1) {
    sink_settings sink;
    sink.name = name;
    auto& influxdb = sink.kind.emplace<influxdb_settings>();
    influxdb.url = url;
    influxdb.version = version;
    configured_.sinks.push_back(sink);
  }
  void start() {
    schemas_.reset();
    auto started = upstream_schemas::start(
        std::make_shared<const settings>(configured_), databases_, directory_,
        [this](std::string_view database, std::string_view measurement, std::string_view field,
               field_type type) {
          const std::lock_guard hold(lock_);
          types_.insert(std::string(database) + '.' + std::string(measurement) + '.' +
                        std::string(field) + ' ' + std::string(name_of(type)));
        });
    ASSERT_TRUE(started.ok()) << started.error().message;
    schemas_ = std::move(started).value();
  }
  void know(const std::string& database) { ASSERT_NE(databases_.find_or_add(database), nullptr); }
  std::optional<nanoseconds> retention(const std::string& database,
                                       const std::string& policy = {}) {
    return schemas_->retention_of(configured_.database.at("*"), database, policy);
  }
  std::set<std::string> types() {
    const std::lock_guard hold(lock_);
    return types_;
  }
  std::string metrics() {
    metrics_text text;
    schemas_->collect(text);
    return text.text();
  }
  std::string file(const std::string& sink) {
    std::ifstream in(directory_ + "/" + sink);
    std::stringstream content;
    content << in.rdbuf();
    return content.str();
  }

  std::string root_;
  std::string directory_;
  settings configured_;
  database_registry databases_{10};
  std::mutex lock_;
  std::set<std::string> types_;
  std::unique_ptr<upstream_schemas> schemas_;
};

TEST_F(upstream_schemas_test, what_a_server_answers_is_given_to_the_gate_and_kept_over_a_restart) {
  know("db");
  {
    http_server server(answer_of_version_1);
    add_sink("influx", server.url());
    start();
    ASSERT_TRUE(wait_until([this] { return types().size() == 2; }));
    EXPECT_EQ(retention("db"), hours(1));
    EXPECT_EQ(retention("db", "autogen"), hours(1));
    EXPECT_EQ(retention("db", "long"), std::nullopt) << "for ever";
    EXPECT_EQ(retention("other"), std::nullopt) << "not known";
    EXPECT_EQ(types(), (std::set<std::string>{"db.cpu.count integer", "db.cpu.idle float"}));
    EXPECT_NE(metrics().find("weir_learnt_policies{sink=\"influx\"} 2"), std::string::npos);
    EXPECT_NE(metrics().find("weir_learn_questions_total{sink=\"influx\"} 2"), std::string::npos);
    schemas_->stop();
    EXPECT_EQ(retention("db"), hours(1)) << "what is known stays";
  }
  start();  // the server is down
  EXPECT_EQ(retention("db"), hours(1));
  ASSERT_TRUE(wait_until([this] {
    return metrics().find("weir_learn_failures_total{sink=\"influx\"} 1") != std::string::npos;
  }));
  EXPECT_EQ(retention("db"), hours(1));
}

TEST_F(upstream_schemas_test, each_database_learns_from_the_sink_that_it_names) {
  http_server server(answer_of_version_1);
  http_server unused(answer_of_version_1);
  add_sink("influx", server.url());
  add_sink("second", unused.url());
  configured_.database["plain"] = {};
  configured_.database["mixed"] = {};
  configured_.database["mixed/week"].learn_from = "influx";
  for (const char* name : {"plain", "mixed", "any"}) {
    know(name);
  }
  start();
  ASSERT_TRUE(server.wait_for(4));
  schemas_->stop();
  std::set<std::string> asked;
  for (const auto& request : server.requests()) {
    asked.insert(request.target);
  }
  EXPECT_EQ(asked.size(), 4U) << "two questions each about \"any\" and \"mixed\"";
  for (const std::string& target : asked) {
    EXPECT_EQ(target.find("plain"), std::string::npos) << target;
  }
  EXPECT_TRUE(unused.requests().empty());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/second"));
  database_settings other;
  other.learn_from = "second";
  EXPECT_EQ(schemas_->retention_of(other, "any", ""), std::nullopt);
}

TEST_F(upstream_schemas_test, without_learning_databases_no_server_is_asked) {
  http_server server(answer_of_version_1);
  add_sink("influx", server.url());
  configured_.database["*"] = {};
  know("db");
  start();
  EXPECT_EQ(server.connections(), 0U);
  EXPECT_FALSE(std::filesystem::exists(directory_));
  EXPECT_EQ(metrics(), "");
}

TEST_F(upstream_schemas_test, buckets_are_found_by_their_ids_and_keep_their_retention) {
  http_server server(answer_of_version_2);
  add_sink("influx", server.url(), /*version=*/2);
  start();
  ASSERT_TRUE(wait_until([this] { return retention("db", "week") == hours(2); }));
  const auto bucket = schemas_->bucket_of_id("0123456789abcdef");
  ASSERT_TRUE(bucket.has_value());
  EXPECT_EQ(bucket->database, "db");
  EXPECT_EQ(bucket->retention_policy, "week");
  const auto several = schemas_->bucket_of_id("fedcba9876543210");
  ASSERT_TRUE(several.has_value());
  EXPECT_EQ(several->retention_policy, "a/b");
  EXPECT_EQ(schemas_->bucket_of_id("0000000000000000"), std::nullopt);
}

TEST_F(upstream_schemas_test, a_damaged_file_is_read_anew_from_the_server) {
  std::filesystem::create_directories(directory_);
  std::ofstream(directory_ + "/influx") << "weir learnt 1\n=db =autogen 1";
  know("db");
  http_server server(answer_of_version_1);
  add_sink("influx", server.url());
  start();
  ASSERT_TRUE(wait_until([this] { return retention("db") == hours(1); }));
  schemas_->stop();
  EXPECT_EQ(file("influx"), "weir learnt 1\n=db =autogen 1 3600000000000\n=db =long 0 0\n");
}

TEST_F(upstream_schemas_test, without_a_directory_nothing_is_written) {
  directory_.clear();
  know("db");
  http_server server(answer_of_version_1);
  add_sink("influx", server.url());
  start();
  ASSERT_TRUE(wait_until([this] { return retention("db") == hours(1); }));
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(upstream_schemas_test, a_directory_that_cannot_be_made_is_told) {
  std::ofstream(root_ + "/learnt") << "a file";
  add_sink("influx", "http://127.0.0.1:1");
  const auto started = upstream_schemas::start(std::make_shared<const settings>(configured_),
                                               databases_, directory_ + "/below", {});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find(directory_), std::string::npos);
}

}  // namespace
}  // namespace weir
