// SPDX-License-Identifier: Apache-2.0
//
// Runs parsed statements against the catalogue and spells their results as InfluxDB 1.x does:
// errors of a statement stand inside a 200. Loop: the caller's.
#include "api/query/query.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/context.hpp"
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

// As Go prints a time.Duration of whole seconds.
std::string go_duration(std::int64_t duration_ns) {
  const std::int64_t seconds = duration_ns / 1'000'000'000;
  if (seconds < 60) {
    return fmt::format("{}s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  }
  return fmt::format("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// InfluxDB's default for a policy without a shard duration.
std::int64_t shard_duration_ns(std::int64_t duration_ns) noexcept {
  constexpr std::int64_t hour_ns = 3'600'000'000'000;
  constexpr std::int64_t day_ns = 24 * hour_ns;
  if (duration_ns == 0 || duration_ns >= 180 * day_ns) {
    return 7 * day_ns;
  }
  return duration_ns >= 2 * day_ns ? day_ns : hour_ns;
}

statement_result failed(std::string message) {
  return {.error = std::move(message)};
}

statement_result with_warnings(std::vector<std::string> warnings) {
  return {.warnings = std::move(warnings)};
}

class runner {
 public:
  runner(const query_request& request, const parameters& all, catalogue& databases)
      : read_only_(request.method != http::method::post),
        default_database_(http::find_value(all, "db").value_or("")),
        databases_(databases) {}

  statement_result run(const statement& asked) {
    if (listed_bytes_ > listed_bytes_max) {
      return failed(
          fmt::format("the statements before this one list more than {} bytes: send it "
                      "in a request of its own",
                      listed_bytes_max));
    }
    switch (asked.kind) {
      case statement_kind::create_database:
        return create(asked);
      case statement_kind::drop_database:
        return drop(asked);
      case statement_kind::show_databases:
        return show_databases();
      case statement_kind::show_retention_policies:
        return show_retention_policies(asked);
      case statement_kind::show_users:
        return {.series = {{.columns = {"user", "admin"}}}};
      case statement_kind::show_data:
        return show_data(asked);
      case statement_kind::retention_policy:
        return failed("not supported by weir: " + asked.title +
                      " (retention policies are set in weir's configuration and in the database "
                      "behind it)");
      case statement_kind::other:
        break;
    }
    return failed("not supported by weir: " + asked.title +
                  " (weir passes points on and keeps none to be queried: ask the database behind "
                  "it)");
  }

 private:
  statement_result create(const statement& asked) {
    const std::string refused =
        asked.database.empty() ? "invalid name" : refuse_name("database", asked.database);
    if (!refused.empty()) {
      return failed(refused);
    }
    const outcome created = databases_.create(asked.database);
    if (!created) {
      return failed(created.error().message);
    }
    std::vector<std::string> warnings = read_only_warning(asked);
    if (!asked.options.empty()) {
      warnings.push_back(
          "weir ignores WITH " + asked.options +
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
    std::string spelled = asked.title + " " + quote_identifier(asked.database);
    if (!asked.options.empty()) {
      spelled += " WITH " + asked.options;
    }
    return {"deprecated use of '" + spelled +
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
      series.rows.push_back({policy.name, go_duration(policy.duration_ns),
                             go_duration(shard_duration_ns(policy.duration_ns)), std::int64_t{1},
                             policy.is_default});
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
    return failed("not supported by weir: " + asked.title +
                  " (weir passes points on and keeps none: ask the database behind it)");
  }

  [[nodiscard]] std::string_view database_of(const statement& asked) const noexcept {
    return asked.database.empty() ? default_database_ : std::string_view{asked.database};
  }

  bool read_only_;
  std::size_t listed_bytes_ = 0;
  std::string_view default_database_;
  catalogue& databases_;
};

}  // namespace

http::response answer_query(const query_request& request, catalogue& databases) {
  const parameters all = parameters_of(request);
  const std::string_view text = statements_of(all);
  if (text.empty()) {
    return error_response(400, "missing required parameter \"q\"");
  }
  const auto parsed = parse_query(text);
  if (!parsed) {
    return error_response(400, parsed.error().message);
  }
  runner runs{request, all, databases};
  std::vector<statement_result> results;
  bool stopped = false;  // as in InfluxDB, an error ends the request's work
  for (const statement& each : parsed.value()) {
    results.push_back(stopped ? failed("not executed") : runs.run(each));
    stopped = stopped || !results.back().error.empty();
  }
  http::response answer;
  answer.status = 200;
  answer.content_type = content_type_of(request.format);
  answer.body = spell_results(results, {.format = request.format,
                                        .pretty = is_true(all, "pretty"),
                                        .chunked = is_true(all, "chunked")});
  return answer;
}

}  // namespace weir::api
