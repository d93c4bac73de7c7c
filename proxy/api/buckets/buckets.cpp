// SPDX-License-Identifier: Apache-2.0
#include "api/buckets/buckets.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "api/buckets/bucket_text.hpp"
#include "api/influx_v2.hpp"
#include "api/write_dialect.hpp"
#include "base/result.hpp"

namespace weir::api {
namespace {

constexpr std::string_view root = "/api/v2/";
constexpr std::size_t limit_usual = 20;
constexpr std::size_t limit_most = 100;
constexpr std::int64_t second_ns = 1'000'000'000;
// What an organization is called that nobody named.
constexpr std::string_view usual_organization = "weir";

using parameters = std::vector<std::pair<std::string, std::string>>;

bucket_step answered(http::response answer) {
  return {.answer = std::move(answer)};
}

http::response json(int status, std::string text) {
  http::response answer;
  answer.status = status;
  answer.content_type = "application/json; charset=utf-8";
  answer.body = std::move(text);
  return answer;
}

shown_bucket shown_as(std::string name, const catalogue::retention_policy& policy) {
  const std::int64_t shard_ns = shard_duration_of(policy.shard_duration_ns, policy.duration_ns);
  return {.name = std::move(name),
          .duration_s = policy.duration_ns / second_ns,
          .shard_duration_s = shard_ns / second_ns};
}

/// Of one database: its default policy bears its name alone.
void add_buckets(const catalogue& databases, const std::string& database,
                 std::vector<shown_bucket>& out) {
  for (const catalogue::retention_policy& policy : databases.retention_policies(database)) {
    out.push_back(shown_as(policy.is_default ? database : database + "/" + policy.name, policy));
  }
}

std::optional<shown_bucket> find_bucket(const catalogue& databases, std::string_view name) {
  const write_target target = target_named(name);
  if (!databases.exists(target.database)) {
    return std::nullopt;
  }
  for (const catalogue::retention_policy& policy : databases.retention_policies(target.database)) {
    if (target.retention_policy.empty() ? policy.is_default
                                        : policy.name == target.retention_policy) {
      return shown_as(std::string(name), policy);
    }
  }
  return std::nullopt;
}

std::optional<shown_bucket> find_bucket_by_id(const catalogue& databases, std::string_view id) {
  std::vector<shown_bucket> of_one;
  for (const std::string& database : databases.databases()) {
    of_one.clear();
    add_buckets(databases, database, of_one);
    const auto found = std::find_if(of_one.begin(), of_one.end(), [id](const shown_bucket& each) {
      return id_of_bucket(each.name) == id;
    });
    if (found != of_one.end()) {
      return std::move(*found);
    }
  }
  return std::nullopt;
}

http::response no_bucket(std::string_view name) {
  return error_response_v2(404, name.empty() ? std::string("bucket not found")
                                             : fmt::format("bucket \"{}\" not found", name));
}

/// nullopt where the parameter is no number.
std::optional<std::size_t> number_of(const parameters& all, std::string_view name,
                                     std::size_t usual) {
  const auto text = http::find_value(all, name);
  if (!text) {
    return usual;
  }
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = error == std::errc{} && end == text->data() + text->size();
  return whole ? std::optional(number) : std::nullopt;
}

http::response list_page(const parameters& all, std::string_view self, const catalogue& databases) {
  const auto limit = number_of(all, "limit", limit_usual);
  const auto offset = number_of(all, "offset", 0);
  if (!limit || *limit == 0 || *limit > limit_most || !offset) {
    return error_response_v2(400, "limit must be between 1 and 100, and offset a number");
  }
  std::size_t left_out = *offset;
  const std::string_view after = http::find_value(all, "after").value_or("");
  bool reached = after.empty();
  std::vector<shown_bucket> page;
  std::vector<shown_bucket> of_one;
  for (const std::string& database : databases.databases()) {
    of_one.clear();
    add_buckets(databases, database, of_one);
    for (shown_bucket& each : of_one) {
      if (!reached) {
        reached = id_of_bucket(each.name) == after;
      } else if (left_out > 0) {
        --left_out;
      } else if (page.size() < *limit) {
        page.push_back(std::move(each));
      }
    }
    if (page.size() == *limit) {
      break;
    }
  }
  return json(200, buckets_json(page, self));
}

http::response list_buckets(const bucket_request& request, const catalogue& databases) {
  const parameters all = http::decode_form(request.query);
  const auto id = http::find_value(all, "id");
  const auto name = http::find_value(all, "name");
  const std::string self =
      std::string(request.path) + (request.query.empty() ? "" : "?") + std::string(request.query);
  if (!id && !name) {
    return list_page(all, self, databases);
  }
  auto found = id ? find_bucket_by_id(databases, *id) : find_bucket(databases, *name);
  if (found && name && found->name != *name) {
    found.reset();
  }
  if (found) {
    return json(200, buckets_json(std::span(&*found, 1), self));
  }
  // InfluxDB 2 looks it up where an organization is named, and searches its list otherwise.
  const bool looked_up = id || http::find_value(all, "org") || http::find_value(all, "orgID");
  return looked_up ? no_bucket(name.value_or("")) : json(200, buckets_json({}, self));
}

struct wanted_bucket {
  std::string name;
  /// Nothing: the request does not say.
  std::optional<std::int64_t> duration_ns{};
};

/// The error is the answer to give.
result<wanted_bucket, http::response> read_bucket(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  wanted_bucket out;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) {
    return error_response_v2(400, "the body is no JSON object");
  }
  if (std::string_view name; object["name"].get(name) == simdjson::SUCCESS) {
    out.name = name;
  }
  simdjson::dom::array rules;
  if (object["retentionRules"].get(rules) == simdjson::SUCCESS && rules.size() > 0) {
    constexpr std::int64_t most = std::int64_t{100} * 365 * 24 * 3600;
    std::int64_t seconds = 0;
    if (rules.at(0)["everySeconds"].get(seconds) != simdjson::SUCCESS || seconds < 0 ||
        seconds > most) {
      return error_response_v2(400, "retentionRules: everySeconds must be a number of seconds");
    }
    out.duration_ns = seconds * second_ns;
  }
  return out;
}

statement policy_statement(statement_kind kind, const write_target& target,
                           const wanted_bucket& wanted) {
  statement out{.kind = kind, .database = target.database, .policy = target.retention_policy};
  out.terms.duration_ns = wanted.duration_ns.value_or(0);
  if (kind == statement_kind::create_policy) {
    out.terms.replicas = 1;
  }
  return out;
}

statement database_statement(const write_target& target, const wanted_bucket& wanted) {
  statement out{.kind = statement_kind::create_database, .database = target.database};
  if (target.retention_policy.empty() && wanted.duration_ns.value_or(0) > 0) {
    out.terms.duration_ns = wanted.duration_ns;
  }
  return out;
}

bucket_step create_bucket(std::string_view body, catalogue& databases) {
  auto read = read_bucket(body);
  if (!read) {
    return answered(read.error());
  }
  const wanted_bucket& wanted = read.value();
  const write_target target = target_named(wanted.name);
  if (target.database.empty()) {
    return answered(error_response_v2(400, "bucket name cannot be empty"));
  }
  if (const std::string refused = refuse_names(target); !refused.empty()) {
    return answered(error_response_v2(400, refused));
  }
  if (find_bucket(databases, wanted.name)) {
    return answered(
        error_response_v2(422, fmt::format("bucket with name {} already exists", wanted.name)));
  }
  if (!databases.administered(target.database)) {
    return answered(error_response_v2(422, "no server behind weir creates this bucket"));
  }
  const std::int64_t duration_ns = wanted.duration_ns.value_or(0);
  bucket_step out{.answer = json(201, bucket_json(shown_as(
                                          wanted.name, {.name = {}, .duration_ns = duration_ns})))};
  if (target.retention_policy.empty() || !databases.exists(target.database)) {
    out.to_do.push_back(database_statement(target, wanted));
  }
  if (!target.retention_policy.empty()) {
    out.to_do.push_back(policy_statement(statement_kind::create_policy, target, wanted));
  }
  return out;
}

bucket_step drop_bucket(const shown_bucket& bucket) {
  const write_target target = target_named(bucket.name);
  const bool whole = target.retention_policy.empty();
  bucket_step out;
  out.to_do.push_back({.kind = whole ? statement_kind::drop_database : statement_kind::drop_policy,
                       .database = target.database,
                       .policy = target.retention_policy});
  return out;
}

bucket_step change_bucket(shown_bucket bucket, std::string_view body, catalogue& databases) {
  auto read = read_bucket(body);
  if (!read) {
    return answered(read.error());
  }
  const wanted_bucket& wanted = read.value();
  if (!wanted.name.empty() && wanted.name != bucket.name) {
    return answered(error_response_v2(422, "InfluxDB 1 gives databases no other name"));
  }
  if (!wanted.duration_ns) {
    return answered(json(200, bucket_json(bucket)));
  }
  write_target target = target_named(bucket.name);
  if (target.retention_policy.empty()) {
    for (const auto& policy : databases.retention_policies(target.database)) {
      target.retention_policy = policy.is_default ? policy.name : target.retention_policy;
    }
  }
  bucket.duration_s = *wanted.duration_ns / second_ns;
  return {.answer = json(200, bucket_json(bucket)),
          .to_do = {policy_statement(statement_kind::alter_policy, target, wanted)}};
}

bucket_step one_bucket(const bucket_request& request, std::string_view id, catalogue& databases) {
  auto found = find_bucket_by_id(databases, id);
  if (!found) {
    return answered(no_bucket({}));
  }
  if (request.method == http::method::get || request.method == http::method::head) {
    return answered(json(200, bucket_json(*found)));
  }
  if (!databases.administered(target_named(found->name).database)) {
    return answered(error_response_v2(422, "no server behind weir changes this bucket"));
  }
  return request.method == http::method::del
             ? drop_bucket(*found)
             : change_bucket(std::move(*found), request.body, databases);
}

bucket_step of_buckets(const bucket_request& request, std::string_view below,
                       catalogue& databases) {
  using http::method;
  if (below.empty()) {
    if (request.method == method::post) {
      return create_bucket(request.body, databases);
    }
    return answered(request.method == method::get || request.method == method::head
                        ? list_buckets(request, databases)
                        : wrong_method_v2("GET, HEAD, OPTIONS, POST"));
  }
  if (below.find('/') != std::string_view::npos) {
    return answered(path_not_found_v2());  // labels, members, owners
  }
  if (request.method == method::post || request.method == method::put) {
    return answered(wrong_method_v2("DELETE, GET, HEAD, OPTIONS, PATCH"));
  }
  return one_bucket(request, below, databases);
}

http::response organizations(const bucket_request& request, std::string_view below) {
  if (request.method != http::method::get && request.method != http::method::head) {
    return error_response_v2(422, "weir has one organization, which stays as it is");
  }
  if (!below.empty()) {
    return below == organization_id ? json(200, organization_json(usual_organization))
                                    : error_response_v2(404, "organization not found");
  }
  const parameters all = http::decode_form(request.query);
  return json(200, organizations_json(http::find_value(all, "org").value_or(usual_organization)));
}

/// A session that means nothing: clients send it back, and weir does not ask who writes.
http::response signed_in(const bucket_request& request) {
  if (request.method != http::method::post) {
    return wrong_method_v2("OPTIONS, POST");
  }
  http::response answer;
  answer.headers.emplace_back("Set-Cookie", "influxdb-oss-session=weir; Path=/api/; HttpOnly");
  return answer;
}

http::response signed_out(const bucket_request& request) {
  return request.method == http::method::post ? http::response{} : wrong_method_v2("OPTIONS, POST");
}

/// What stands below `name` in the path, without its slash; nothing: it is another path.
std::optional<std::string_view> below(std::string_view path, std::string_view name) {
  if (!path.starts_with(root) || !path.substr(root.size()).starts_with(name)) {
    return std::nullopt;
  }
  path.remove_prefix(root.size() + name.size());
  if (path.empty()) {
    return path;
  }
  return path.front() == '/' ? std::optional(path.substr(1)) : std::nullopt;
}

}  // namespace

bool is_of_buckets(std::string_view path) noexcept {
  return below(path, "buckets") || below(path, "orgs") || below(path, "me") == "" ||
         below(path, "setup") == "" || below(path, "signin") == "" || below(path, "signout") == "";
}

bucket_step answer_buckets(const bucket_request& request, catalogue& databases) {
  if (const auto rest = below(request.path, "buckets")) {
    return of_buckets(request, *rest, databases);
  }
  if (const auto rest = below(request.path, "orgs")) {
    return answered(organizations(request, *rest));
  }
  if (below(request.path, "signin")) {
    return answered(signed_in(request));
  }
  if (below(request.path, "signout")) {
    return answered(signed_out(request));
  }
  const bool reads = request.method == http::method::get || request.method == http::method::head;
  if (!reads) {
    return answered(wrong_method_v2("GET, HEAD, OPTIONS"));
  }
  return answered(json(200, below(request.path, "me") ? me_json() : R"({"allowed":false})"));
}

http::response answer_failed(const statement_result& result) {
  return error_response_v2(422, result.error);
}

}  // namespace weir::api
