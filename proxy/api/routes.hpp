// SPDX-License-Identifier: Apache-2.0
//
// The table of routes: all that is decided by a request's path and method stands in a row of it,
// what serves the request, its label in metrics, and the right that a client needs. How requests
// are answered that no row takes follows from the beginning of their path. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "api/write_dialect.hpp"
#include "http/message.hpp"

namespace weir::api {

/// What serves a request.
enum class handler : std::uint8_t {
  write,  // the route's dialect
  query,
  ping,
  health,
  ready,
  metrics,
  reload,
  park_retry,
  park_drop,
  configure_database,  // of InfluxDB 3
  pass,                // a server behind weir, where there is one that does
  // of a Pushgateway
  push,          // PUT, POST and DELETE of a group
  push_metrics,  // the groups in text
  push_json,     // the groups
  push_status,
  push_ready,
  push_wipe,
  // the status page (server/page/)
  page,  // its files
  page_status,
  page_history,
  page_events,
  page_config,
  page_databases,
  page_explain,
  page_tap,
};

/// What a client must be allowed to do, where there are users (server/access/request_guard.hpp).
/// `administer` is asked for in any case (admin_guard.hpp); `inspect`, to see what weir knows, is
/// an administrator's, too, but where there are no users everybody has it, as `read_metrics`.
enum class right : std::uint8_t { none, write, query, read_metrics, inspect, administer };

/// A set of methods; OPTIONS, which every route answers, is not among them.
class method_set {
 public:
  constexpr method_set(std::initializer_list<http::method> methods) noexcept {
    for (const http::method each : methods) {
      bits_ |= 1U << static_cast<unsigned>(each);
    }
  }
  [[nodiscard]] constexpr bool has(http::method method) const noexcept {
    return (bits_ >> static_cast<unsigned>(method) & 1U) != 0;
  }

 private:
  unsigned bits_ = 0;
};

/// One row.
struct route {
  std::string_view path;
  /// `path` is the beginning of all paths that the row takes, rather than the only one.
  bool is_prefix = false;
  method_set methods;
  /// Of the requests in metrics. Rows may share one.
  std::string_view label;
  handler served_by = handler::write;
  right needs = right::none;
  /// Of `handler::write`; nullptr otherwise.
  const write_dialect& (*dialect)() noexcept = nullptr;
};

/// All rows, for the life of the process.
[[nodiscard]] std::span<const route> routes() noexcept;

/// The row that takes `path`: the one with exactly this path, else that with the longest prefix;
/// nullptr if there is none.
[[nodiscard]] const route* find_route(std::span<const route> rows, std::string_view path) noexcept;

/// What `Allow` says for a row, such as "OPTIONS, POST".
[[nodiscard]] std::string allow_header(const route& row);

/// How one request is to be answered.
struct routing {
  enum class answer : std::uint8_t {
    served,        // by the row
    options,       // the row's methods: `options_response`
    wrong_method,  // 405: `path_family::wrong_method`
    unknown_path,  // 404: `path_family::not_found`
  };
  answer outcome = answer::unknown_path;
  /// nullptr for `unknown_path`.
  const route* row = nullptr;
  /// Index of `route_labels`.
  std::size_t label = 0;
};

[[nodiscard]] routing route_request(const http::request_head& head) noexcept;

/// The labels that requests are counted by: those of the rows, each once, then "OPTIONS", and
/// "other" for what no row serves.
inline constexpr std::size_t route_labels_max = 32;
[[nodiscard]] std::span<const std::string_view> route_labels() noexcept;

/// What the answers of paths with a common beginning share that no row's own code makes.
struct path_family {
  std::string_view prefix;
  /// Errors are answered in the format that `Accept` names, as InfluxDB 1 does it.
  bool negotiates_format = false;
  http::response (*not_found)();
  http::response (*wrong_method)(std::string_view allow);
  http::response (*error)(int status, std::string_view message);
  /// To an incomplete body of what is no write.
  http::response (*body_failed)(http::body_failure why);
};

[[nodiscard]] const path_family& family_of(std::string_view path) noexcept;

/// 204 with `Allow`: the answer to OPTIONS, also as a browser's preflight.
[[nodiscard]] http::response options_response(const route& row);

}  // namespace weir::api
