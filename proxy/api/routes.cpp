// SPDX-License-Identifier: Apache-2.0
//
// The rows, and the look-up. Pure; any thread.
#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/context.hpp"
#include "api/influx_v1.hpp"
#include "api/influx_v2.hpp"
#include "api/influx_v3.hpp"
#include "api/remote_write/remote_write.hpp"

namespace weir::api {
namespace {

using http::method;

constexpr method_set read{method::get, method::head};

constexpr method_set pushes{method::put, method::post, method::del};

/// What a Pushgateway has, whose address may be weir's own or end in /pushgateway.
constexpr route push_route(std::string_view path) noexcept {
  return {.path = path,
          .is_prefix = true,
          .methods = pushes,
          .label = "/metrics/job",
          .served_by = handler::push,
          .needs = right::write};
}
constexpr route gateway_route(std::string_view path, handler served_by) noexcept {
  return {.path = path,
          .methods = read,
          .label = "/pushgateway",
          .served_by = served_by,
          .needs = right::read_metrics};
}
constexpr route wipe_route(std::string_view path) noexcept {
  return {.path = path,
          .methods = {method::put},
          .label = "/pushgateway",
          .served_by = handler::push_wipe,
          .needs = right::administer};
}

/// What the status page asks.
constexpr route page_route(std::string_view path, handler served_by) noexcept {
  return {.path = path,
          .methods = read,
          .label = "/api/weir",
          .served_by = served_by,
          .needs = right::inspect};
}
constexpr route explain_route{.path = "/api/weir/v1/explain",
                              .methods = {method::post},
                              .label = "/api/weir",
                              .served_by = handler::page_explain,
                              .needs = right::inspect};
constexpr route page_file_route(std::string_view path, bool is_prefix) noexcept {
  return {.path = path,
          .is_prefix = is_prefix,
          .methods = read,
          .label = "/page",
          .served_by = handler::page,
          .needs = right::inspect};
}

/// What servers have and weir has not.
constexpr route pass_route(std::string_view path, std::string_view label,
                           method_set methods) noexcept {
  return {.path = path,
          .methods = methods,
          .label = label,
          .served_by = handler::pass,
          .needs = right::query};
}
constexpr method_set asks{method::get, method::post};
constexpr route api_2{
    .path = "/api/v2/",
    .is_prefix = true,
    .methods = {method::get, method::head, method::post, method::put, method::patch, method::del},
    .label = "/api/v2",
    .served_by = handler::pass,
    .needs = right::query};

// A new route is a row here; a new dialect of writes is a row and its own file.
constexpr std::array table{
    route{.path = "/write",
          .methods = {method::post},
          .label = "/write",
          .served_by = handler::write,
          .needs = right::write,
          .dialect = influx_v1},
    route{.path = "/api/v2/write",
          .methods = {method::post},
          .label = "/api/v2/write",
          .served_by = handler::write,
          .needs = right::write,
          .dialect = influx_v2},
    route{.path = "/api/v3/write_lp",
          .methods = {method::post},
          .label = "/api/v3/write_lp",
          .served_by = handler::write,
          .needs = right::write,
          .dialect = influx_v3},
    route{.path = "/api/v3/configure/database",
          .methods = {method::get, method::post, method::del},
          .label = "/api/v3/configure/database",
          .served_by = handler::configure_database,
          .needs = right::query},
    route{.path = "/api/v1/write",
          .methods = {method::post},
          .label = "/api/v1/write",
          .served_by = handler::write,
          .needs = right::write,
          .dialect = prometheus_write},
    route{.path = "/api/v1/prom/write",
          .methods = {method::post},
          .label = "/api/v1/prom/write",
          .served_by = handler::write,
          .needs = right::write,
          .dialect = influx_prometheus_write},
    // HEAD is refused, as in InfluxDB: a query may change something.
    route{.path = "/query",
          .methods = {method::get, method::post},
          .label = "/query",
          .served_by = handler::query,
          .needs = right::query},
    pass_route("/debug/vars", "/debug/vars", read),
    pass_route("/api/v1/prom/read", "/api/v1/prom/read", {method::post}),
    // All that InfluxDB 2 has beside writes: queries, deletions, buckets, organizations and more.
    api_2,
    pass_route("/api/v3/query_sql", "/api/v3/query", asks),
    pass_route("/api/v3/query_influxql", "/api/v3/query", asks),
    route{.path = "/ping", .methods = read, .label = "/ping", .served_by = handler::ping},
    // What InfluxDB 1 once called /ping.
    route{.path = "/status", .methods = read, .label = "/ping", .served_by = handler::ping},
    route{.path = "/health", .methods = read, .label = "/health", .served_by = handler::health},
    // What InfluxDB 3 has, too.
    route{.path = "/api/v1/health",
          .methods = read,
          .label = "/health",
          .served_by = handler::health},
    route{.path = "/ready", .methods = read, .label = "/ready", .served_by = handler::ready},
    route{.path = "/metrics",
          .methods = read,
          .label = "/metrics",
          .served_by = handler::metrics,
          .needs = right::read_metrics},
    route{.path = "/-/reload",
          .methods = {method::post},
          .label = "/-/reload",
          .served_by = handler::reload,
          .needs = right::administer},
    route{.path = "/-/park/retry",
          .methods = {method::post},
          .label = "/-/park/retry",
          .served_by = handler::park_retry,
          .needs = right::administer},
    route{.path = "/-/park/drop",
          .methods = {method::post},
          .label = "/-/park/drop",
          .served_by = handler::park_drop,
          .needs = right::administer},
    push_route("/metrics/job/"),
    push_route("/metrics/job@base64/"),
    push_route("/pushgateway/metrics/job/"),
    push_route("/pushgateway/metrics/job@base64/"),
    gateway_route("/pushgateway/metrics", handler::push_metrics),
    gateway_route("/pushgateway/api/v1/metrics", handler::push_json),
    gateway_route("/api/v1/metrics", handler::push_json),
    gateway_route("/pushgateway/api/v1/status", handler::push_status),
    gateway_route("/api/v1/status", handler::push_status),
    gateway_route("/pushgateway/-/healthy", handler::push_ready),
    gateway_route("/pushgateway/-/ready", handler::push_ready),
    wipe_route("/pushgateway/api/v1/admin/wipe"),
    wipe_route("/api/v1/admin/wipe"),
    page_file_route("/", false),
    page_file_route("/page/", true),
    page_route("/api/weir/v1/status", handler::page_status),
    page_route("/api/weir/v1/history", handler::page_history),
    page_route("/api/weir/v1/events", handler::page_events),
    page_route("/api/weir/v1/config", handler::page_config),
    page_route("/api/weir/v1/databases", handler::page_databases),
    page_route("/api/weir/v1/tap", handler::page_tap),
    explain_route,
};

// That rows of writes, and no others, have a dialect is for a test: g++ 12 does not compare
// functions with nullptr while it compiles for a sanitizer.
constexpr bool rows_are_named() noexcept {
  return std::all_of(table.begin(), table.end(),
                     [](const route& row) { return !row.path.empty() && !row.label.empty(); });
}
static_assert(rows_are_named());

struct label_list {
  std::array<std::string_view, table.size() + 2> names{};
  std::size_t size = 0;
  std::size_t options = 0;
  std::size_t other = 0;
  /// Of each row.
  std::array<std::size_t, table.size()> of_row{};
};

constexpr label_list make_labels() noexcept {
  label_list list;
  for (std::size_t row = 0; row < table.size(); ++row) {
    std::size_t at = 0;
    while (at < list.size && list.names[at] != table[row].label) {
      ++at;
    }
    if (at == list.size) {
      list.names[list.size++] = table[row].label;
    }
    list.of_row[row] = at;
  }
  list.options = list.size;
  list.names[list.size++] = "OPTIONS";
  list.other = list.size;
  list.names[list.size++] = "other";
  return list;
}

constexpr label_list labels = make_labels();
static_assert(labels.size <= route_labels_max);

http::response not_found_v1() {
  return text_response(404, "404 page not found\n");  // in Go's words
}

http::response wrong_method_v1(std::string_view allow) {
  http::response answer = text_response(405, "Method Not Allowed\n");
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

http::response not_found_page() {
  return error_response(404, "there is no such document: docs/api.md lists them");
}

http::response wrong_method_page(std::string_view allow) {
  http::response answer = error_response(405, "this document has another method");
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

// The first whose prefix a path begins with.
constexpr std::array families{
    path_family{
        .prefix = "/api/v2/",
        .negotiates_format = false,
        .not_found = path_not_found_v2,
        .wrong_method = wrong_method_v2,
        .error = [](int status, std::string_view why) { return error_response_v2(status, why); },
        .body_failed = body_failure_response_v2},
    path_family{
        .prefix = "/api/v3/",
        .negotiates_format = false,
        .not_found = path_not_found_v3,
        .wrong_method = wrong_method_v3,
        .error = [](int status, std::string_view why) { return error_response_v3(status, why); },
        .body_failed = [](http::body_failure why) { return influx_v3().body_failed(why); }},
    path_family{.prefix = "/api/weir/",
                .negotiates_format = false,
                .not_found = not_found_page,
                .wrong_method = wrong_method_page,
                .error = error_response,
                .body_failed = body_failure_response},
    path_family{.prefix = "",
                .negotiates_format = true,
                .not_found = not_found_v1,
                .wrong_method = wrong_method_v1,
                .error = error_response,
                .body_failed = body_failure_response},
};

}  // namespace

std::span<const route> routes() noexcept {
  return table;
}

const route* find_route(std::span<const route> rows, std::string_view path) noexcept {
  const route* best = nullptr;
  for (const route& row : rows) {
    if (row.path == path && !row.is_prefix) {
      return &row;
    }
    if (row.is_prefix && path.starts_with(row.path) &&
        (best == nullptr || row.path.size() > best->path.size())) {
      best = &row;
    }
  }
  return best;
}

std::string allow_header(const route& row) {
  // In the order of the alphabet.
  std::string text;
  for (const method each : {method::del, method::get, method::head, method::options, method::patch,
                            method::post, method::put}) {
    if (each == method::options || row.methods.has(each)) {
      text.append(text.empty() ? "" : ", ").append(http::name_of(each));
    }
  }
  return text;
}

routing route_request(const http::request_head& head) noexcept {
  const route* row = find_route(table, head.path);
  if (row == nullptr) {
    return {.outcome = routing::answer::unknown_path, .row = nullptr, .label = labels.other};
  }
  if (head.method == method::options) {
    return {.outcome = routing::answer::options, .row = row, .label = labels.options};
  }
  if (!row->methods.has(head.method)) {
    return {.outcome = routing::answer::wrong_method, .row = row, .label = labels.other};
  }
  return {.outcome = routing::answer::served,
          .row = row,
          .label = labels.of_row[static_cast<std::size_t>(row - table.data())]};
}

std::span<const std::string_view> route_labels() noexcept {
  return {labels.names.data(), labels.size};
}

const path_family& family_of(std::string_view path) noexcept {
  return *std::find_if(families.begin(), families.end(),
                       [path](const path_family& each) { return path.starts_with(each.prefix); });
}

http::response options_response(const route& row) {
  http::response answer;
  answer.headers.emplace_back("Allow", allow_header(row));
  return answer;
}

}  // namespace weir::api
