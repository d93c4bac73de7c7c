// SPDX-License-Identifier: Apache-2.0
//
// An InfluxDB 2: a database is a bucket of its name, or of its name, a slash and a retention
// policy. The bucket with the database's name alone is its default policy, which is called autogen
// here.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/percent_escape.hpp"
#include "base/text/json_text.hpp"
#include "net/server_message.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/catalogue/catalogue_server.hpp"
#include "upstream/schema_queries.hpp"

namespace weir {
namespace {

using api::statement;
using api::statement_kind;
using answer_kind = statement_answer::kind;

constexpr std::string_view default_policy = "autogen";
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t buckets_per_page = 100;

struct named_target {
  std::string database;
  std::string policy;  // empty: the default one
};

named_target target_of(std::string_view bucket) {
  const std::size_t slash = bucket.find('/');
  return slash == std::string_view::npos ? named_target{std::string(bucket), {}}
                                         : named_target{std::string(bucket.substr(0, slash)),
                                                        std::string(bucket.substr(slash + 1))};
}

std::string bucket_name(const std::string& database, std::string_view policy) {
  return policy.empty() || policy == default_policy ? database
                                                    : database + "/" + std::string(policy);
}

/// An error in InfluxDB 2's form.
bool is_error_of_2(const http_reply& reply) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(reply.body).get(root) == simdjson::SUCCESS &&
         root["code"].error() == simdjson::SUCCESS && root["message"].error() == simdjson::SUCCESS;
}

/// What came of a request that changes something.
statement_answer read_change(const http_reply& reply) {
  if (!reply.answered || reply.status >= 500 || reply.status == 429) {
    return {answer_kind::unanswered, words_of(reply)};
  }
  if (reply.status >= 200 && reply.status < 300) {
    return {answer_kind::done};
  }
  return is_error_of_2(reply) ? statement_answer{answer_kind::refused, server_message(reply.body)}
                              : statement_answer{answer_kind::no_influxdb, words_of(reply)};
}

std::string rules_of(std::int64_t duration_ns) {
  return duration_ns == 0
             ? "[]"
             : fmt::format(R"([{{"type":"expire","everySeconds":{}}}])", duration_ns / second_ns);
}

class bucket_catalogue final : public catalogue_server {
 public:
  bucket_catalogue(const influxdb_settings& server, asker ask)
      : server_(server), ask_(std::move(ask)) {}

  question_answer list(std::vector<std::string>& names) override {
    if (question_answer read = read_all(); !read.ok()) {
      return read;
    }
    names = order_;
    return {};
  }

  question_answer list_policies(std::span<const std::string> databases,
                                std::vector<policies_answer>& out) override {
    if (!is_read_) {
      if (question_answer read = read_all(); !read.ok()) {
        return read;
      }
    }
    for (const std::string& each : databases) {
      const auto found = policies_.find(each);
      out.push_back(found == policies_.end()
                        ? policies_answer{policies_answer::kind::missing}
                        : policies_answer{policies_answer::kind::known, found->second});
    }
    return {};
  }

  /// A token lists only the buckets that it may read: an empty write tells.
  bool surely(presence, const std::string& database, const std::string& policy) override {
    const http_reply reply = write_nothing(server_, database, policy, ask_);
    return reply.answered && reply.status == 404 &&
           server_message(reply.body).find("bucket") != std::string::npos;
  }

  statement_answer carry_out(const statement& what) override {
    is_read_ = false;
    switch (what.kind) {
      case statement_kind::create_database: {
        const std::int64_t duration_ns = what.terms.duration_ns.value_or(0);
        statement_answer made = create(what.database, duration_ns);
        const std::string named = bucket_name(what.database, what.policy);
        // Clients may name it, or not.
        return made.is == answer_kind::done && named != what.database ? create(named, duration_ns)
                                                                      : made;
      }
      case statement_kind::create_policy:
        return create(bucket_name(what.database, what.policy), what.terms.duration_ns.value_or(0));
      case statement_kind::alter_policy:
        return alter(bucket_name(what.database, what.policy), what.terms.duration_ns);
      case statement_kind::drop_policy:
        return drop({bucket_name(what.database, what.policy)});
      case statement_kind::drop_database:
        return drop_database(what.database);
      case statement_kind::show_databases:
      case statement_kind::show_retention_policies:
      case statement_kind::show_users:
      case statement_kind::show_data:
      case statement_kind::other:
        break;
    }
    return {answer_kind::refused, "not supported by weir: " + std::string(what.title())};
  }

 private:
  [[nodiscard]] http_reply ask(transfer_request request, std::chrono::milliseconds most) const {
    request.headers.emplace_back("Accept: application/json");
    request.answer_bytes_max = catalogue_answer_bytes_max;
    request.timeout = std::min(server_.timeout, most);
    return ask_(request);
  }
  [[nodiscard]] http_reply get(std::string_view path, std::chrono::milliseconds most) const {
    return ask(influxdb_request(server_, path), most);
  }
  [[nodiscard]] http_reply send(std::string_view path, std::string method,
                                const std::string& body) const {
    transfer_request request = influxdb_request(server_, path);
    request.headers.emplace_back("Content-Type: application/json");
    request.method = std::move(method);
    request.body = {std::string_view(body)};
    return ask(std::move(request), statement_timeout);
  }

  question_answer read_all() {
    std::map<std::string, std::vector<known_policy>, std::less<>> policies;
    std::vector<std::string> order;
    ids_.clear();
    for (std::size_t offset = 0; order.size() <= server_catalogue::databases_max;
         offset += buckets_per_page) {
      const http_reply reply =
          get(fmt::format("/api/v2/buckets?org={}&limit={}&offset={}",
                          percent_escape(server_.organization), buckets_per_page, offset),
              question_timeout);
      const bool strange = reply.answered && reply.status < 500;
      auto page = reply.answered && reply.status == 200
                      ? read_buckets(reply.body)
                      : result<bucket_page>(failure{words_of(reply)});
      if (!page) {
        return {page.error().message, strange};
      }
      for (const auto& [name, policy] : page.value().buckets) {
        add(name, policy.duration.count(), policies, order);
      }
      for (auto& [id, name] : page.value().names_by_id) {
        ids_.insert_or_assign(name, id);
      }
      if (page.value().count < buckets_per_page) {
        break;
      }
    }
    policies_ = std::move(policies);
    order_ = std::move(order);
    is_read_ = true;
    return {};
  }

  static void add(const std::string& bucket, std::int64_t duration_ns,
                  std::map<std::string, std::vector<known_policy>, std::less<>>& policies,
                  std::vector<std::string>& order) {
    const named_target target = target_of(bucket);
    if (target.database.empty() || bucket.starts_with('_')) {
      return;  // the server's own
    }
    const auto [of, is_new] = policies.try_emplace(target.database);
    if (is_new) {
      order.push_back(target.database);
    }
    const bool is_default = target.policy.empty();
    of->second.push_back({.name = is_default ? std::string(default_policy) : target.policy,
                          .duration_ns = duration_ns,
                          .shard_duration_ns = api::shard_duration_of(0, duration_ns),
                          .is_default = is_default});
  }

  /// The organization's id, which buckets are created with; the error is what to answer.
  [[nodiscard]] result<std::string, statement_answer> organization() {
    if (!organization_id_.empty()) {
      return organization_id_;
    }
    const http_reply reply =
        get("/api/v2/orgs?org=" + percent_escape(server_.organization), question_timeout);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view id;
    if (reply.answered && reply.status == 200 &&
        parser.parse(reply.body).get(root) == simdjson::SUCCESS &&
        root["orgs"].at(0)["id"].get(id) == simdjson::SUCCESS) {
      organization_id_ = id;
      return organization_id_;
    }
    statement_answer answer = read_change(reply);
    if (answer.is == answer_kind::done) {
      answer = {answer_kind::no_influxdb, words_of(reply)};
    }
    return answer;
  }

  [[nodiscard]] statement_answer create(const std::string& bucket, std::int64_t duration_ns) {
    auto of = organization();
    if (!of) {
      return of.error();
    }
    std::string body = "{\"orgID\":";
    append_json_string(of.value(), body);
    body += ",\"name\":";
    append_json_string(bucket, body);
    body += ",\"retentionRules\":" + rules_of(duration_ns) + "}";
    const http_reply reply = send("/api/v2/buckets", "POST", body);
    // It is there: created by somebody, or by an earlier try whose answer was lost.
    const bool exists = reply.answered && reply.status == 422 &&
                        server_message(reply.body).find("already exists") != std::string::npos;
    return exists ? statement_answer{answer_kind::done} : read_change(reply);
  }

  [[nodiscard]] statement_answer alter(const std::string& bucket,
                                       std::optional<std::int64_t> duration_ns) {
    if (question_answer read = read_all(); !read.ok()) {
      return {answer_kind::unanswered, read.why};
    }
    is_read_ = false;
    const auto id = ids_.find(bucket);
    if (id == ids_.end()) {
      return {answer_kind::refused, "retention policy not found: " + target_of(bucket).policy};
    }
    if (!duration_ns) {
      return {answer_kind::done};  // the rest of a policy's terms buckets do not have
    }
    return read_change(send("/api/v2/buckets/" + id->second, "PATCH",
                            "{\"retentionRules\":" + rules_of(*duration_ns) + "}"));
  }

  [[nodiscard]] statement_answer drop_database(const std::string& database) {
    if (question_answer read = read_all(); !read.ok()) {
      return {answer_kind::unanswered, read.why};
    }
    std::vector<std::string> buckets;
    for (const auto& [name, id] : ids_) {
      if (target_of(name).database == database) {
        buckets.push_back(name);
      }
    }
    return drop_listed(buckets);
  }

  [[nodiscard]] statement_answer drop(const std::vector<std::string>& buckets) {
    if (question_answer read = read_all(); !read.ok()) {
      return {answer_kind::unanswered, read.why};
    }
    return drop_listed(buckets);
  }

  /// What is not there is dropped.
  [[nodiscard]] statement_answer drop_listed(const std::vector<std::string>& buckets) {
    is_read_ = false;
    for (const std::string& each : buckets) {
      const auto id = ids_.find(each);
      if (id == ids_.end()) {
        continue;
      }
      const http_reply reply = send("/api/v2/buckets/" + id->second, "DELETE", "");
      if (statement_answer answer = read_change(reply);
          answer.is != answer_kind::done && !(reply.answered && reply.status == 404)) {
        return answer;
      }
    }
    return {answer_kind::done};
  }

  const influxdb_settings server_;
  const asker ask_;
  std::string organization_id_;
  /// Of the last list.
  std::map<std::string, std::vector<known_policy>, std::less<>> policies_;
  std::vector<std::string> order_;
  std::map<std::string, std::string, std::less<>> ids_;
  bool is_read_ = false;
};

}  // namespace

std::unique_ptr<catalogue_server> make_bucket_catalogue(const influxdb_settings& server,
                                                        catalogue_server::asker ask) {
  return std::make_unique<bucket_catalogue>(server, std::move(ask));
}

}  // namespace weir
