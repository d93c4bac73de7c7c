// SPDX-License-Identifier: Apache-2.0
//
// The common headers and error bodies of the InfluxDB dialects. Pure; any thread.
#include "api/context.hpp"

#include <algorithm>

#include "api/routes.hpp"
#include "base/text/ascii.hpp"
#include "base/text/json_text.hpp"

// What InfluxDB's clients read as its version.
#define WEIR_API_VERSION "1.8.10-weir-" WEIR_VERSION

namespace weir::api {
namespace {

constexpr std::size_t origin_bytes_max = 256;
constexpr std::size_t requested_headers_bytes_max = 1024;
constexpr std::size_t error_header_bytes_max = 1024;

// The same in every answer.
constexpr std::string_view build_lines =
    "X-Influxdb-Build: OSS\r\nX-Influxdb-Version: " WEIR_API_VERSION "\r\n";

// Between the UUID epoch (1582-10-15) and 1970, in units of 100 ns.
constexpr std::uint64_t uuid_epoch_offset = 0x01B2'1DD2'1381'4000U;

/// The lowest digits of a number, in place. By hand, because it is done for every request.
void write_hex(char* to, std::size_t digits, std::uint64_t value) noexcept {
  for (; digits > 0; --digits, value >>= 4) {
    to[digits - 1] = "0123456789abcdef"[value & 15U];
  }
}

/// A list of header names as RFC 9110 spells them, and nothing else: it is safe to be repeated.
bool lists_header_names(std::string_view text) noexcept {
  return !text.empty() && text.size() <= requested_headers_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) ||
                  std::string_view("!#$%&'*+-.^_`|~, ").find(c) != std::string_view::npos;
         });
}

}  // namespace

std::string_view version() noexcept {
  return WEIR_API_VERSION;
}

request_ids::request_ids(std::uint64_t node) noexcept {
  constexpr std::string_view form = "00000000-0000-1000-0000-000000000000";
  static_assert(form.size() == std::tuple_size_v<decltype(spelled_)>);
  std::copy(form.begin(), form.end(), spelled_.begin());
  write_hex(spelled_.data() + 24, 12, node);
}

http::request_id request_ids::next(std::int64_t now_ns) noexcept {
  const std::uint64_t ticks = static_cast<std::uint64_t>(now_ns) / 100 + uuid_epoch_offset;
  ++count_;  // tells requests of one clock reading apart
  char* const id = spelled_.data();
  write_hex(id, 8, ticks);
  write_hex(id + 9, 4, ticks >> 32);
  write_hex(id + 15, 3, ticks >> 48);
  write_hex(id + 19, 4, 0x8000U | (count_ & 0x3FFFU));
  return std::string_view(id, spelled_.size());
}

request_context context_of(const http::request_head& head, request_ids& ids, std::int64_t now_ns) {
  request_context context;
  for (const std::string_view name : {"X-Request-Id", "Request-Id"}) {
    const auto foreign_id = head.header(name);
    if (foreign_id && !foreign_id->empty()) {
      context.request_id = *foreign_id;
      break;
    }
  }
  if (context.request_id.empty()) {
    context.request_id = ids.next(now_ns);
  }
  if (family_of(head.path).negotiates_format) {
    context.format = format_of(head.header("Accept").value_or(""));
  }
  const auto origin = head.header("Origin");
  if (origin && origin->size() <= origin_bytes_max) {
    context.origin = *origin;
  }
  if (head.method == http::method::options) {
    const std::string_view asked = head.header("Access-Control-Request-Headers").value_or("");
    context.requested_headers = lists_header_names(asked) ? asked : std::string_view{};
  }
  return context;
}

void complete(http::response& answer, const request_context& context) {
  if (!answer.error.empty() && context.format != result_format::json) {
    answer.body = spell_error(answer.error, context.format);
    answer.content_type = content_type_of(context.format);
  }
  answer.common = {.content_type = content_type_of(context.format),
                   .id = context.request_id,
                   .lines = build_lines};
  if (!context.origin.empty()) {
    auto& headers = answer.headers;
    headers.reserve(headers.size() + 4);
    headers.emplace_back("Access-Control-Allow-Origin", context.origin);
    headers.emplace_back("Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, POST, PUT");
    headers.emplace_back(
        "Access-Control-Allow-Headers",
        context.requested_headers.empty()
            ? "Accept, Accept-Encoding, Authorization, Content-Encoding, Content-Length, "
              "Content-Type, User-Agent, X-CSRF-Token, X-HTTP-Method-Override"
            : context.requested_headers);
    headers.emplace_back("Access-Control-Expose-Headers",
                         "Date, X-InfluxDB-Version, X-InfluxDB-Build");
  }
}

http::response error_response(int status, std::string_view message) {
  http::response answer = error_response_with(status, message, {});
  answer.error = message;
  return answer;
}

http::response error_response_with(int status, std::string_view message, std::string_view members) {
  http::response answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.headers.emplace_back("X-Influxdb-Error", message.substr(0, error_header_bytes_max));
  answer.body = "{\"error\":";
  append_json_string(message, answer.body);
  answer.body.append(members).append("}\n");
  return answer;
}

http::response text_response(int status, std::string_view text) {
  http::response answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = text;
  return answer;
}

}  // namespace weir::api
