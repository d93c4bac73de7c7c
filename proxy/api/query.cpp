// SPDX-License-Identifier: Apache-2.0
//
// Runs parsed statements against the catalogue and spells their results as InfluxDB 1.x does:
// errors of a statement stand inside a 200. Loop: the caller's.
#include "api/query.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "api/influx_v1.hpp"
#include "api/query_parser.hpp"
#include "http/multipart.hpp"

namespace weir::api {
namespace {

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
  const bool form = http::equal_ignoring_case(type, "application/x-www-form-urlencoded") ||
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

std::string json(std::string_view text) {
  std::string out;
  http::append_json_string(text, out);
  return out;
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

// What InfluxDB chooses for a policy whose shard duration nobody set.
std::int64_t shard_duration_ns(std::int64_t duration_ns) noexcept {
  constexpr std::int64_t hour_ns = 3'600'000'000'000;
  if (duration_ns == 0 || duration_ns >= 180 * 24 * hour_ns) {
    return 7 * 24 * hour_ns;
  }
  return duration_ns >= 2 * 24 * hour_ns ? 24 * hour_ns : hour_ns;
}

// The members of one result behind "statement_id": `,"series":...`, `,"error":...` or nothing.
struct outcome_text {
  std::string members;
  bool failed = false;
};

outcome_text failed(std::string_view message) {
  return {",\"error\":" + json(message), true};
}

outcome_text with_warnings(const std::vector<std::string>& warnings) {
  outcome_text out;
  for (const std::string& warning : warnings) {
    out.members += out.members.empty() ? ",\"messages\":[" : ",";
    out.members += "{\"level\":\"warning\",\"text\":" + json(warning) + "}";
  }
  out.members += warnings.empty() ? "" : "]";
  return out;
}

class runner {
 public:
  runner(const query_request& request, const parameters& all, catalogue& databases)
      : read_only_(request.method != http::method::post),
        default_database_(http::find_value(all, "db").value_or("")),
        databases_(databases) {}

  outcome_text run(const statement& what) {
    switch (what.kind) {
      case statement_kind::create_database:
        return create(what);
      case statement_kind::drop_database:
        return drop(what);
      case statement_kind::show_databases:
        return show_databases();
      case statement_kind::show_retention_policies:
        return show_retention_policies(what);
      case statement_kind::show_users:
        return {",\"series\":[{\"columns\":[\"user\",\"admin\"]}]", false};
      case statement_kind::show_data:
        return show_data(what);
      case statement_kind::retention_policy:
        return failed("not supported by weir: " + what.title +
                      " (retention policies are set in weir's configuration and in the database "
                      "behind it)");
      case statement_kind::other:
        break;
    }
    return failed("not supported by weir: " + what.title +
                  " (weir passes points on and keeps none to be queried: ask the database behind "
                  "it)");
  }

 private:
  outcome_text create(const statement& what) {
    const std::string refused =
        what.database.empty() ? "invalid name" : refuse_name("database", what.database);
    if (!refused.empty()) {
      return failed(refused);
    }
    const outcome created = databases_.create(what.database);
    if (!created) {
      return failed(created.error().message);
    }
    std::vector<std::string> warnings = read_only_warning(what);
    if (!what.options.empty()) {
      warnings.push_back(
          "weir ignores WITH " + what.options +
          ": retention is set in weir's configuration and in the database behind it");
    }
    return with_warnings(warnings);
  }

  outcome_text drop(const statement& what) {
    const outcome dropped = databases_.drop(what.database);
    return dropped ? with_warnings(read_only_warning(what)) : failed(dropped.error().message);
  }

  [[nodiscard]] std::vector<std::string> read_only_warning(const statement& what) const {
    if (!read_only_) {
      return {};
    }
    std::string spelled = what.title + " " + quote_identifier(what.database);
    if (!what.options.empty()) {
      spelled += " WITH " + what.options;
    }
    return {"deprecated use of '" + spelled +
            "' in a read only context, please use a POST request instead"};
  }

  outcome_text show_databases() {
    std::string values;
    for (const std::string& name : databases_.databases()) {
      values += (values.empty() ? "[" : ",[") + json(name) + "]";
    }
    outcome_text out;
    out.members = R"(,"series":[{"name":"databases","columns":["name"])";
    out.members += values.empty() ? "}]" : ",\"values\":[" + values + "]}]";
    return out;
  }

  outcome_text show_retention_policies(const statement& what) {
    const std::string_view name = database_of(what);
    if (name.empty()) {
      return failed("database name required");
    }
    if (!databases_.exists(name)) {
      return failed(fmt::format("database not found: {}", name));
    }
    std::string values;
    for (const catalogue::retention_policy& policy : databases_.retention_policies(name)) {
      values += fmt::format(R"({}[{},"{}","{}",1,{}])", values.empty() ? "" : ",",
                            json(policy.name), go_duration(policy.duration_ns),
                            go_duration(shard_duration_ns(policy.duration_ns)), policy.is_default);
    }
    outcome_text out;
    out.members =
        R"(,"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"])";
    out.members += values.empty() ? "}]" : ",\"values\":[" + values + "]}]";
    return out;
  }

  outcome_text show_data(const statement& what) {
    const std::string_view name = database_of(what);
    if (name.empty()) {
      return failed("database name required");
    }
    if (!databases_.exists(name)) {
      return failed(fmt::format("database not found: {}", name));
    }
    return failed("not supported by weir: " + what.title +
                  " (weir passes points on and keeps none: ask the database behind it)");
  }

  [[nodiscard]] std::string_view database_of(const statement& what) const noexcept {
    return what.database.empty() ? default_database_ : std::string_view{what.database};
  }

  bool read_only_;
  std::string_view default_database_;
  catalogue& databases_;
};

// As Go's json.MarshalIndent with four spaces, from compact JSON.
std::string indented(std::string_view compact) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append("\n").append(depth * 4, ' '); };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string || c == '"') {
      out.push_back(c);
      if (in_string && c == '\\') {
        out.push_back(compact[++i]);
      } else if (c == '"') {
        in_string = !in_string;
      }
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    if (closes && compact[i - 1] != '{' && compact[i - 1] != '[') {
      --depth;
      line();
    } else if (closes) {
      --depth;
      out.resize(out.find_last_of("{[") + 1);  // empty: no line between the brackets
    }
    out.push_back(c);
    depth += opens ? 1 : 0;
    if (opens || c == ',') {
      line();
    } else if (c == ':') {
      out.push_back(' ');
    }
  }
  return out;
}

std::string document(std::string_view results, bool pretty) {
  std::string out = "{\"results\":[";
  out.append(results).append("]}");
  return (pretty ? indented(out) : out) + "\n";
}

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
  const bool pretty = is_true(all, "pretty");
  const bool chunked = is_true(all, "chunked");
  runner runs{request, all, databases};
  http::response answer;
  answer.status = 200;
  answer.content_type = "application/json";
  std::string results;
  bool stopped = false;  // as in InfluxDB, an error ends the request's work
  for (std::size_t i = 0; i < parsed.value().size(); ++i) {
    const outcome_text one = stopped ? failed("not executed") : runs.run(parsed.value()[i]);
    stopped = stopped || one.failed;
    const std::string entry = fmt::format("{{\"statement_id\":{}{}}}", i, one.members);
    if (chunked) {
      answer.body += document(entry, pretty);
    } else {
      results += (results.empty() ? "" : ",") + entry;
    }
  }
  if (!chunked || answer.body.empty()) {
    answer.body = document(results, pretty);
  }
  return answer;
}

}  // namespace weir::api
