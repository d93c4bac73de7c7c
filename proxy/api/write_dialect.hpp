// SPDX-License-Identifier: Apache-2.0
//
// What the dialects of writes have in common: where lines go, and the messages of answers. A
// dialect reads its own parameters and has its own form of answer; the messages inside are the
// same. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/remote_write/translation.hpp"
#include "api/verdict.hpp"
#include "base/result.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"

namespace weir::api {

/// Options of one write, the same in every dialect.
struct write_options {
  /// `verbose=true`, or the header `X-Weir-Verbose: true`: the answer lists every refused line.
  bool verbose = false;
  /// `accept_partial=false`: all or nothing. With one rejected line, the good ones are withheld.
  bool accept_partial = true;
  /// `X-Weir-Letters: no`: no dead letters, because the sender keeps rejected lines itself, as
  /// `weir letters replay` does.
  bool letters = true;
  /// `no_sync=true` of InfluxDB 3: the answer promises what `[log] acknowledge = "received"` does.
  bool no_sync = false;
};

/// Where the lines of a request go and in which unit their timestamps are.
struct write_target {
  std::string database;
  /// Empty: the database's default.
  std::string retention_policy;
  /// Nanoseconds in one unit of the timestamps; automatic_unit_ns: each timestamp's size decides.
  std::int64_t unit_ns = 1;
  /// The request named its precision. Otherwise the database's applies, or the listener's.
  bool precision_stated = false;
  /// It named one that InfluxDB 1 does not know and reads as nanoseconds.
  bool may_be_ns = false;
  write_options options{};
};

/// A dialect as a table of functions; none of them keeps anything.
struct write_dialect {
  /// In dead letters: "v1".
  std::string_view name;
  /// Reads the query part of the request's target. The error is the answer to give.
  result<write_target, http::response> (*parse_target)(std::string_view query);
  /// The answer to a write of which everything is known.
  http::response (*answer)(const write_verdict& verdict);
  /// The answer to an incomplete body (to `cut_off` too, though its client is gone).
  http::response (*body_failed)(http::body_failure why);
  /// 503: try again later, nothing of this request was kept.
  http::response (*overloaded)(std::string_view why);
  /// Whether a client that was answered 503 takes Retry-After for seconds; nullptr: none does.
  bool (*reads_retry_after)(const http::request_head& head);
  /// 413: fewer lines at a time would be accepted.
  http::response (*too_large)(std::string_view why);
  /// 400: this request will never be accepted.
  http::response (*refused)(std::string_view why);
  /// Of a request whose body is no line protocol, by its head; the error is the answer to give.
  /// nullptr: bodies are line protocol.
  result<std::unique_ptr<body_translation>, http::response> (*translation)(
      const http::request_head& head) = nullptr;
  /// `parse_target` may name no database: then it is the configuration's.
  bool may_name_none = false;
  /// The answer to a write whose database is not there, or, where `policy` is not nullptr, whose
  /// retention policy of that name. nullptr: it is taken, and waits.
  http::response (*missing)(const write_target& target, const std::string* policy) = nullptr;
  /// What a write names and servers lack is created with it.
  bool creates_missing = false;
};

/// Checks a name: at most 255 bytes of UTF-8 without control characters. `kind` is what it names,
/// such as "database". Empty, or why it is refused, as "the database's name ...".
[[nodiscard]] std::string refuse_name(std::string_view kind, std::string_view name);

/// A target for "database" or "database/retention_policy", as InfluxDB 2 and 3 name the two. What
/// stands behind the first slash is the policy's.
[[nodiscard]] write_target target_named(std::string_view name);

/// What every dialect does with a target that has its names: checks them, and reads the options
/// among the query's parameters. Empty, or what is wrong: a client that misspells its request for
/// all or nothing must not get a partial write.
[[nodiscard]] std::string finish_target(
    const std::vector<std::pair<std::string, std::string>>& pairs, write_target& target);
/// The two halves of it, for a dialect that answers them differently.
[[nodiscard]] std::string refuse_names(const write_target& target);
[[nodiscard]] std::string read_query_options(
    const std::vector<std::pair<std::string, std::string>>& pairs, write_options& options);
/// One boolean of the query: empty, or what is wrong. A parameter that is missing or empty leaves
/// `into` as it is.
[[nodiscard]] std::string read_query_flag(
    const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name,
    bool& into);
/// Reads the options among headers. Values that are no booleans are ignored.
void read_options(const http::request_head& head, write_options& options);

/// `"data":[{"error_message":…,"line_number":…,"original_line":…},…]`, the refused lines as
/// InfluxDB 3 lists them, each with `code`, `column` and `explanation` too, and `"left_out":N`
/// when there were more than an answer holds. No braces around it.
[[nodiscard]] std::string refusals_json(const write_verdict& verdict);

/// The `error` of a verbose answer, as InfluxDB 3 spells it.
[[nodiscard]] std::string_view verbose_message(const write_verdict& verdict) noexcept;

/// Of a verbose answer, how many lines were accepted, refused and dropped by a rule, as a header.
void add_line_counts(const write_verdict& verdict, http::response& to);

/// A value inside a message, as Go's %q would show it, and not longer than a message should be.
[[nodiscard]] std::string quoted_value(std::string_view text);

/// The names of precisions that InfluxDB 3 added: "nanosecond", ..., "second" and "auto".
[[nodiscard]] std::optional<std::int64_t> long_unit_of(std::string_view precision) noexcept;

/// What is wrong with a write's lines, in InfluxDB's phrases; empty when nothing is. "partial
/// write" is a promise: every line that the message does not count was kept.
[[nodiscard]] std::string verdict_message(const write_verdict& verdict);

struct failure_message {
  int status = 400;
  std::string_view message;
};
[[nodiscard]] failure_message body_failure_message(http::body_failure why) noexcept;

/// "timeout: ..." for an answer that asks to try again. `why` is left out where it holds a phrase
/// that clients take for "drop it".
[[nodiscard]] std::string overloaded_message(std::string_view why);

/// Whether a text holds a phrase on which some client drops data instead of trying again.
[[nodiscard]] bool holds_final_phrase(std::string_view text) noexcept;

}  // namespace weir::api
