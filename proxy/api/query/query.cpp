// SPDX-License-Identifier: Apache-2.0
//
// Runs parsed statements against the catalogue and spells their results as InfluxDB 1.x does:
// errors of a statement stand inside a 200. Loop: the caller's.
#include "api/query/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "api/credentials.hpp"
#include "api/influx_v1.hpp"
#include "api/query/query_parser.hpp"
#include "base/text/ascii.hpp"
#include "http/multipart.hpp"

namespace weir::api {
namespace {

// Bytes of names in the answer to one request, with what each takes beside its text: a statement
// that comes behind so much is not carried out. Of one statement limits.databases bounds them.
constexpr std::size_t listed_bytes_max = std::size_t{4} << 20;
constexpr std::size_t row_bytes = 64;

using parameters = std::vector<std::pair<std::string, std::string>>;

// The parts of a multipart form stand behind the target's parameters, and a file as `q` behind all,
// as in Go's FormValue and in InfluxDB's handler.
void add_multipart(const query_request& request, parameters& all) {
  const auto parts = http::decode_multipart(request.content_type, request.body);
  for (const bool files : {false, true}) {
    for (const http::form_part& part : parts) {
      if (part.file == files && (!files || part.name == "q")) {
        all.emplace_back(part.name, part.value);
      }
    }
  }
}

// Of a form body as of the target; a form's values win, as in Go's FormValue.
parameters parameters_of(const query_request& request) {
  parameters all;
  const std::string_view type = request.content_type.substr(0, request.content_type.find(';'));
  const bool form = equal_ignoring_case(type, "application/x-www-form-urlencoded") ||
                    request.body.starts_with("q=");
  if (request.method == http::method::post && form) {
    all = http::decode_form(request.body);
  }
  for (auto& pair : http::decode_form(request.query)) {
    all.push_back(std::move(pair));
  }
  if (request.method == http::method::post && http::is_multipart(request.content_type)) {
    add_multipart(request, all);
  }
  return all;
}

// The first `q` that is not blank.
std::string_view statements_of(const parameters& all) {
  for (const auto& [name, value] : all) {
    if (name == "q" && value.find_first_not_of(" \t\r\n") != std::string::npos) {
      return value;
    }
  }
  return {};
}

bool is_true(const parameters& all, std::string_view name) {
  return http::find_value(all, name).value_or("") == "true";
}

statement_result failed(std::string message) {
  return {.error = std::move(message)};
}

statement_result not_supported(const statement& asked, std::string_view why) {
  return failed(fmt::format("not supported by weir: {} ({})", asked.title(), why));
}

statement_result with_warnings(std::vector<std::string> warnings) {
  return {.warnings = std::move(warnings)};
}

class runner {
 public:
  runner(bool read_only, std::string default_database, catalogue& databases)
      : read_only_(read_only),
        default_database_(std::move(default_database)),
        databases_(databases) {}

  /// nullopt: servers are to carry it out.
  std::optional<statement_result> run(const statement& asked) {
    if (listed_bytes_ > listed_bytes_max) {
      return failed(
          fmt::format("the statements before this one list more than {} bytes: send it "
                      "in a request of its own",
                      listed_bytes_max));
    }
    switch (asked.kind) {
      case statement_kind::create_database:
      case statement_kind::drop_database:
      case statement_kind::create_policy:
      case statement_kind::alter_policy:
      case statement_kind::drop_policy:
        return administer(asked);
      case statement_kind::show_databases:
        return show_databases();
      case statement_kind::show_retention_policies:
        return show_retention_policies(asked);
      case statement_kind::show_users:
        return statement_result{.series = {{.columns = {"user", "admin"}}}};
      case statement_kind::show_data:
        return show_data(asked);
      case statement_kind::other:
        break;
    }
    return not_supported(asked,
                         "weir passes points on and keeps none to be queried: ask the database "
                         "behind it");
  }

  [[nodiscard]] const std::string& default_database() const noexcept { return default_database_; }

  /// What a server's success is to the client.
  [[nodiscard]] statement_result carried_out(const statement& asked, statement_result by) const {
    if (by.error.empty()) {
      std::vector<std::string> all = read_only_warning(asked);
      all.insert(all.end(), by.warnings.begin(), by.warnings.end());
      by.warnings = std::move(all);
    }
    return by;
  }

 private:
  /// Names that weir's own files and metrics cannot hold, or InfluxDB does not take.
  static std::string refused_name(const statement& asked) {
    if (asked.kind == statement_kind::drop_database || asked.kind == statement_kind::drop_policy) {
      return {};
    }
    if (asked.database.empty()) {
      return "invalid name";
    }
    std::string refused = refuse_name("database", asked.database);
    if (refused.empty() && asked.kind != statement_kind::create_database) {
      refused =
          asked.policy.empty() ? "invalid name" : refuse_name("retention policy", asked.policy);
    }
    return refused;
  }

  std::optional<statement_result> administer(const statement& asked) {
    if (std::string refused = refused_name(asked); !refused.empty()) {
      return failed(std::move(refused));
    }
    const bool is_of_database = asked.kind == statement_kind::create_database ||
                                asked.kind == statement_kind::drop_database;
    if (databases_.administered(asked.database) || (is_of_database && databases_.shared())) {
      return std::nullopt;
    }
    if (asked.kind == statement_kind::create_database) {
      return create(asked);
    }
    if (asked.kind == statement_kind::drop_database) {
      return drop(asked);
    }
    return not_supported(asked,
                         "retention policies are set in weir's configuration and in the database "
                         "behind it");
  }

  statement_result create(const statement& asked) {
    const outcome created = databases_.create(asked.database);
    if (!created) {
      return failed(created.error().message);
    }
    std::vector<std::string> warnings = read_only_warning(asked);
    if (asked.has_terms()) {
      const std::string text = shown(asked);
      warnings.push_back(
          "weir ignores " + text.substr(text.rfind(" WITH ") + 1) +
          ": retention is set in weir's configuration and in the database behind it");
    }
    return with_warnings(warnings);
  }

  statement_result drop(const statement& asked) {
    const outcome dropped = databases_.drop(asked.database);
    return dropped ? with_warnings(read_only_warning(asked)) : failed(dropped.error().message);
  }

  [[nodiscard]] std::vector<std::string> read_only_warning(const statement& asked) const {
    if (!read_only_) {
      return {};
    }
    return {"deprecated use of '" + shown(asked) +
            "' in a read only context, please use a POST request instead"};
  }

  statement_result show_databases() {
    result_series series{.name = "databases", .columns = {"name"}};
    for (const std::string& name : databases_.databases()) {
      series.rows.push_back({name});
      listed_bytes_ += name.size() + row_bytes;
    }
    return {.series = {std::move(series)}};
  }

  statement_result show_retention_policies(const statement& asked) {
    const std::string_view name = database_of(asked);
    if (name.empty()) {
      return failed("database name required");
    }
    if (!databases_.exists(name)) {
      return failed(fmt::format("database not found: {}", name));
    }
    result_series series{
        .columns = {"name", "duration", "shardGroupDuration", "replicaN", "default"}};
    for (const catalogue::retention_policy& policy : databases_.retention_policies(name)) {
      series.rows.push_back(
          {policy.name, go_duration(policy.duration_ns),
           go_duration(shard_duration_of(policy.shard_duration_ns, policy.duration_ns)),
           std::int64_t{policy.replicas}, policy.is_default});
      listed_bytes_ += policy.name.size() + series.columns.size() * row_bytes;
    }
    return {.series = {std::move(series)}};
  }

  statement_result show_data(const statement& asked) {
    const std::string_view name = database_of(asked);
    if (name.empty()) {
      return failed("database name required");
    }
    if (!databases_.exists(name)) {
      return failed(fmt::format("database not found: {}", name));
    }
    return not_supported(asked, "weir passes points on and keeps none: ask the database behind it");
  }

  [[nodiscard]] std::string_view database_of(const statement& asked) const noexcept {
    return asked.database.empty() ? std::string_view{default_database_}
                                  : std::string_view{asked.database};
  }

  bool read_only_;
  std::size_t listed_bytes_ = 0;
  std::string default_database_;
  catalogue& databases_;
};

}  // namespace

struct query_run::state {
  state(const query_request& request, const parameters& all, catalogue& databases)
      : how{.format = request.format,
            .pretty = is_true(all, "pretty"),
            .chunked = is_true(all, "chunked")},
        runs(request.method != http::method::post,
             std::string(http::find_value(all, "db").value_or("")), databases) {}

  spelling how;
  runner runs;
  parameters given;
  /// Of the request as a whole.
  std::optional<http::response> refused;
  bool unreadable = false;
  std::vector<statement> statements;
  std::vector<statement_result> results;
  bool stopped = false;  // as in InfluxDB, an error ends the request's work

  void add(statement_result result) {
    stopped = stopped || !result.error.empty();
    results.push_back(std::move(result));
  }
};

query_run::query_run(const query_request& request, catalogue& databases) {
  const parameters all = parameters_of(request);
  state_ = std::make_unique<state>(request, all, databases);
  state_->given = all;
  const std::string_view text = statements_of(all);
  if (text.empty()) {
    state_->refused = error_response(400, "missing required parameter \"q\"");
    return;
  }
  auto parsed = parse_query(text);
  if (!parsed) {
    state_->refused = error_response(400, parsed.error().message);
    state_->unreadable = true;
    return;
  }
  state_->statements = std::move(parsed).value();
}

query_run::~query_run() = default;

bool query_run::asks_for_points() const noexcept {
  const auto& all = state_->statements;
  const auto is_of_points = [](const statement& each) {
    return each.kind == statement_kind::show_users || each.kind == statement_kind::show_data ||
           each.kind == statement_kind::other;
  };
  return state_->unreadable || (std::any_of(all.begin(), all.end(), is_of_points) &&
                                std::none_of(all.begin(), all.end(), [](const statement& each) {
                                  return each.administers();
                                }));
}

std::string_view query_run::database() const noexcept {
  return state_->runs.default_database();
}

std::span<const statement> query_run::statements() const noexcept {
  return state_->statements;
}

std::string query_run::as_form() const {
  const parameters& all = state_->given;
  parameters once{{"q", std::string(statements_of(all))}};
  for (const auto& each : all) {
    if (each.first != "q") {
      once.push_back(each);
    }
  }
  return http::encode_form(without_credentials(std::move(once)));
}

const statement* query_run::next() {
  state& at = *state_;
  while (at.results.size() < at.statements.size()) {
    const statement& each = at.statements[at.results.size()];
    std::optional<statement_result> result =
        at.stopped ? failed("not executed") : at.runs.run(each);
    if (!result) {
      return &each;
    }
    at.add(std::move(*result));
  }
  return nullptr;
}

void query_run::give(statement_result result) {
  const statement& asked = state_->statements[state_->results.size()];
  state_->add(state_->runs.carried_out(asked, std::move(result)));
}

http::response query_run::answer() const {
  if (state_->refused) {
    return *state_->refused;
  }
  http::response answer;
  answer.status = 200;
  answer.content_type = content_type_of(state_->how.format);
  answer.body = spell_results(state_->results, state_->how);
  return answer;
}

http::response answer_query(const query_request& request, catalogue& databases) {
  query_run run(request, databases);
  while (run.next() != nullptr) {
    run.give(failed("no server carries this out"));
  }
  return run.answer();
}

}  // namespace weir::api
