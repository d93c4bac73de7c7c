// SPDX-License-Identifier: Apache-2.0
//
// What the dialects of writes have in common: where lines go, and what is said of them. A dialect
// reads its own parameters and has its own form of answer; the words inside are the same. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/verdict.hpp"
#include "base/result.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"

namespace weir::api {

/// What a client may ask for beside the write itself, alike in every dialect.
struct write_wishes {
  /// `verbose=true`, or the header `X-Weir-Verbose: true`: the answer lists every refused line.
  bool verbose = false;
  /// `accept_partial=false`: one refused line, and nothing of the request is kept.
  bool accept_partial = true;
  /// `X-Weir-Letters: no`: the sender keeps what is refused, as `weir letters replay` does.
  bool letters = true;
};

/// Where the lines of a request go and in which unit their timestamps are.
struct write_target {
  std::string database;
  /// Empty: the database's default.
  std::string retention_policy;
  /// automatic_unit_ns: each timestamp's unit follows from its size.
  std::int64_t unit_ns = 1;
  /// The request named its precision. Otherwise the database's, or the listener's, stands in.
  bool precision_stated = false;
  /// It did so in a way that InfluxDB 1 does not know, and reads as nanoseconds.
  bool may_be_ns = false;
  write_wishes wishes{};
};

/// A dialect as a table of functions; none of them keeps anything.
struct write_dialect {
  /// In dead letters: "v1".
  std::string_view name;
  /// Reads the query part of the request's target. The error is the answer to give.
  result<write_target, http::response> (*parse_target)(std::string_view query);
  /// The answer to a write of which everything is known.
  http::response (*answer)(const write_verdict& verdict);
  /// The answer to a body that could not be had whole (`cut_off` too; nobody reads it).
  http::response (*body_failed)(http::body_failure why);
  /// 503: try again later, nothing of this request was kept.
  http::response (*overloaded)(std::string_view why);
  /// Whether a client that was answered 503 takes Retry-After for seconds; nullptr: none does.
  bool (*reads_retry_after)(const http::request_head& head);
  /// 413: less at a time would do.
  http::response (*too_large)(std::string_view why);
  /// 400: this request will never do.
  http::response (*refused)(std::string_view why);
};

/// A database's or retention policy's name can be kept: not longer than 255 bytes, UTF-8, no
/// control characters. Nothing, or why not, as "the database's name ...".
[[nodiscard]] std::string refuse_name(std::string_view what, std::string_view name);

/// The same of a retention policy. A slash may be in it: a bucket of InfluxDB 2 may have several.
[[nodiscard]] std::string refuse_policy_name(std::string_view name);

/// Reads the wishes among a query's parameters. Nothing, or why one of them cannot be read: whoever
/// asks for all or nothing must not get less for a misspelling.
[[nodiscard]] std::string read_wishes(const std::vector<std::pair<std::string, std::string>>& pairs,
                                      write_wishes& wishes);
/// The same for headers. What they say that is no boolean is no wish.
void read_wishes(const http::request_head& head, write_wishes& wishes);

/// `"data":[{"error_message":…,"line_number":…,"original_line":…},…]`, the refused lines as
/// InfluxDB 3 lists them, each with `code`, `column` and `explanation` too, and `"left_out":N`
/// when there were more than an answer holds. No braces around it.
[[nodiscard]] std::string refusals_json(const write_verdict& verdict);

/// The `error` of a verbose answer, in InfluxDB 3's words.
[[nodiscard]] std::string_view verbose_words(const write_verdict& verdict) noexcept;

/// Of a verbose answer, how many lines were accepted, refused and dropped by a rule, as a header.
void add_line_counts(const write_verdict& verdict, http::response& to);

/// A value inside a message, as Go's %q would show it, and not longer than a message should be.
[[nodiscard]] std::string quoted_value(std::string_view text);

/// The names of precisions that InfluxDB 3 added: "nanosecond", ..., "second" and "auto".
[[nodiscard]] std::optional<std::int64_t> long_unit_of(std::string_view precision) noexcept;

/// What is wrong with a write's lines, in InfluxDB's words; empty when nothing is. "partial write"
/// is a promise: whatever is not named was kept.
[[nodiscard]] std::string verdict_words(const write_verdict& verdict);

struct failure_words {
  int status = 400;
  std::string_view words;
};
[[nodiscard]] failure_words body_failure_words(http::body_failure why) noexcept;

/// "timeout: ..." for an answer that asks to try again. `why` is left out where it holds a phrase
/// that clients take for "drop it".
[[nodiscard]] std::string overloaded_words(std::string_view why);

/// Whether a text holds a phrase on which some client drops data instead of trying again.
[[nodiscard]] bool holds_final_phrase(std::string_view text) noexcept;

}  // namespace weir::api
