// SPDX-License-Identifier: Apache-2.0
//
// Questions and statements to an InfluxDB 2 that a list of buckets plays.
#include <gtest/gtest.h>

#include "api/query/query_parser.hpp"
#include "upstream/catalogue/catalogue_server.hpp"

namespace weir {
namespace {

class bucket_catalogues : public ::testing::Test {
 protected:
  struct bucket {
    std::string name;
    std::int64_t seconds = 0;
  };
  std::vector<bucket> buckets_;
  /// The answer to all instead, where it is not 0.
  int status_ = 0;
  std::string body_;
  std::vector<std::string> sent_;
  std::unique_ptr<catalogue_server> server_;

  void SetUp() override {
    influxdb_settings settings;
    settings.url = "http://h:1";
    settings.version = 2;
    settings.token = "t";
    settings.organization = "my org";
    server_ = make_catalogue_server(
        settings, [this](const transfer_request& request) { return answer(request); });
  }

  static http_reply reply(int status, std::string body) {
    http_reply out;
    out.answered = status != 0;
    out.status = status;
    out.body = std::move(body);
    out.detail = "refused";
    return out;
  }

  http_reply answer(const transfer_request& request) {
    const std::string path = request.url.substr(std::string("http://h:1").size());
    const std::string body(request.body.empty() ? "" : request.body.front());
    sent_.push_back((request.method.empty() ? body.empty() ? "GET" : "POST" : request.method) +
                    " " + path + (body.empty() ? "" : " " + body));
    if (status_ != 0) {
      return reply(status_ == -1 ? 0 : status_, body_);
    }
    if (path.starts_with("/api/v2/orgs")) {
      return reply(200, R"({"orgs":[{"id":"00000000000000aa","name":"my org"}]})");
    }
    if (path.starts_with("/api/v2/write")) {
      return reply(404, R"({"code":"not found","message":"bucket \"x\" not found"})");
    }
    if (request.method.empty() || request.method == "GET") {
      return list(path);
    }
    return reply(request.method == "DELETE" ? 204 : 201, "{}");
  }

  http_reply list(const std::string& path) {
    const std::size_t offset = std::stoul(path.substr(path.find("offset=") + 7));
    std::string out = R"({"buckets":[)";
    for (std::size_t i = offset; i < std::min(buckets_.size(), offset + 100); ++i) {
      out += (i == offset ? "" : ",") + std::string(R"({"id":")") + id_of(i) + R"(","name":")" +
             buckets_[i].name + R"(","retentionRules":[{"type":"expire","everySeconds":)" +
             std::to_string(buckets_[i].seconds) + "}]}";
    }
    return reply(200, out + "]}");
  }
  static std::string id_of(std::size_t number) {
    std::string digits = std::to_string(number + 1);
    return std::string(16 - digits.size(), '0') + digits;
  }

  statement_answer run(std::string_view text) {
    sent_.clear();
    return server_->carry_out(api::parse_query(text).value().front());
  }
  std::string changes() const {
    std::string out;
    for (const std::string& each : sent_) {
      out += each.starts_with("GET ") ? "" : each + "\n";
    }
    return out;
  }
};

TEST_F(bucket_catalogues, buckets_are_databases_and_policies) {
  buckets_ = {{"_monitoring", 600}, {"d", 0}, {"e/week", 604'800}, {"d/day", 86'400}};
  std::vector<std::string> names;
  EXPECT_TRUE(server_->list(names).ok());
  EXPECT_EQ(names, (std::vector<std::string>{"d", "e"}));
  EXPECT_EQ(sent_, std::vector<std::string>{"GET /api/v2/buckets?org=my%20org&limit=100&offset=0"});
  std::vector<policies_answer> policies;
  names.emplace_back("none");
  EXPECT_TRUE(server_->list_policies(names, policies).ok());
  EXPECT_EQ(sent_.size(), 1U) << "the list has them";
  ASSERT_EQ(policies.size(), 3U);
  ASSERT_EQ(policies[0].policies.size(), 2U);
  EXPECT_EQ(policies[0].policies[0].name, "autogen");
  EXPECT_TRUE(policies[0].policies[0].is_default);
  EXPECT_EQ(policies[0].policies[1].name, "day");
  EXPECT_EQ(policies[0].policies[1].duration_ns, 86'400'000'000'000);
  EXPECT_FALSE(policies[1].policies[0].is_default) << "it has no bucket of its own name";
  EXPECT_EQ(policies[2].is, policies_answer::kind::missing);
}

TEST_F(bucket_catalogues, long_lists_come_in_pages) {
  for (int i = 0; i < 250; ++i) {
    buckets_.push_back({"d" + std::to_string(i), 0});
  }
  std::vector<std::string> names;
  EXPECT_TRUE(server_->list(names).ok());
  EXPECT_EQ(names.size(), 250U);
  EXPECT_EQ(sent_.size(), 3U);
}

TEST_F(bucket_catalogues, statements_become_buckets) {
  EXPECT_EQ(run("CREATE DATABASE d").is, statement_answer::kind::done);
  EXPECT_EQ(sent_.front(), "GET /api/v2/orgs?org=my%20org");
  EXPECT_EQ(changes(),
            "POST /api/v2/buckets "
            "{\"orgID\":\"00000000000000aa\",\"name\":\"d\",\"retentionRules\":[]}\n");
  EXPECT_EQ(run("CREATE DATABASE d WITH DURATION 2h NAME two").is, statement_answer::kind::done);
  EXPECT_EQ(sent_.size(), 2U) << "the organization is known";
  EXPECT_NE(
      changes().find(R"("name":"d/two","retentionRules":[{"type":"expire","everySeconds":7200}]})"),
      std::string::npos)
      << changes();
  EXPECT_EQ(run("CREATE RETENTION POLICY w ON d DURATION 1w REPLICATION 1").is,
            statement_answer::kind::done);
  EXPECT_NE(
      changes().find(R"("name":"d/w","retentionRules":[{"type":"expire","everySeconds":604800}])"),
      std::string::npos);
  buckets_ = {{"d", 0}, {"d/w", 0}, {"dd", 0}};
  EXPECT_EQ(run("ALTER RETENTION POLICY w ON d DURATION INF").is, statement_answer::kind::done);
  EXPECT_EQ(changes(), "PATCH /api/v2/buckets/" + id_of(1) + " {\"retentionRules\":[]}\n");
  EXPECT_EQ(run("ALTER RETENTION POLICY autogen ON d DURATION 1d").is,
            statement_answer::kind::done);
  EXPECT_TRUE(changes().starts_with("PATCH /api/v2/buckets/" + id_of(0)));
  const statement_answer none = run("ALTER RETENTION POLICY none ON d DURATION 1d");
  EXPECT_EQ(none.is, statement_answer::kind::refused);
  EXPECT_EQ(none.words, "retention policy not found: none");
  EXPECT_EQ(run("DROP RETENTION POLICY w ON d").is, statement_answer::kind::done);
  EXPECT_EQ(changes(), "DELETE /api/v2/buckets/" + id_of(1) + "\n");
  EXPECT_EQ(run("DROP RETENTION POLICY none ON d").is, statement_answer::kind::done);
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(run("DROP DATABASE d").is, statement_answer::kind::done);
  EXPECT_EQ(changes(),
            "DELETE /api/v2/buckets/" + id_of(0) + "\nDELETE /api/v2/buckets/" + id_of(1) + "\n");
}

TEST_F(bucket_catalogues, what_comes_of_them) {
  using kind = statement_answer::kind;
  EXPECT_EQ(run("CREATE DATABASE first").is, kind::done);  // the organization is known now
  const auto create = [&](int status, std::string body) {
    status_ = status;
    body_ = std::move(body);
    return run("CREATE DATABASE d");
  };
  EXPECT_EQ(create(422, R"({"code":"conflict","message":"bucket with name d already exists"})").is,
            kind::done);
  const statement_answer refused =
      create(403, R"({"code":"forbidden","message":"insufficient permissions"})");
  EXPECT_EQ(refused.is, kind::refused);
  EXPECT_EQ(refused.words, "insufficient permissions");
  EXPECT_EQ(create(401, R"({"code":"unauthorized","message":"unauthorized access"})").is,
            kind::refused);
  EXPECT_EQ(create(404, "404 page not found").is, kind::no_influxdb);
  EXPECT_EQ(create(503, "busy").is, kind::unanswered);
  EXPECT_EQ(create(429, "").is, kind::unanswered);
  EXPECT_EQ(create(-1, "").is, kind::unanswered);
  std::vector<std::string> names;
  const question_answer down = server_->list(names);
  EXPECT_EQ(down.why, "refused");
  EXPECT_FALSE(down.strange);
  status_ = 404;
  EXPECT_TRUE(server_->list(names).strange);
}

TEST_F(bucket_catalogues, what_a_list_lacks_an_empty_write_tells) {
  EXPECT_TRUE(server_->surely(presence::missing_database, "x", "p"));
  EXPECT_EQ(sent_.back(), "POST /api/v2/write?org=my%20org&bucket=x%2Fp&precision=ns \n");
  status_ = 204;
  EXPECT_FALSE(server_->surely(presence::missing_database, "x", ""));
  status_ = 401;
  EXPECT_FALSE(server_->surely(presence::missing_policy, "x", "p"));
}

}  // namespace
}  // namespace weir
