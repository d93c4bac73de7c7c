// SPDX-License-Identifier: Apache-2.0
//
// Writing responses, reading forms. No sockets, no parser of requests. Any
// thread; the only state is each thread's cached Date.
#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/percent_escape.hpp"
#include "base/text/ascii.hpp"
#include "base/text/control_bytes.hpp"

namespace weir::http {
namespace {

void append_number(std::uint64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end.ptr);
}

void append_two(unsigned value, std::string& out) {
  out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
void spell_date(std::int64_t seconds, std::string& out) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds when{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{when - day};
  out.clear();
  out.append(days[std::chrono::weekday{day}.c_encoding()]).append(", ");
  append_two(static_cast<unsigned>(date.day()), out);
  out.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
  append_number(static_cast<std::uint64_t>(static_cast<int>(date.year())), out);
  out.push_back(' ');
  append_two(static_cast<unsigned>(time.hours().count()), out);
  out.push_back(':');
  append_two(static_cast<unsigned>(time.minutes().count()), out);
  out.push_back(':');
  append_two(static_cast<unsigned>(time.seconds().count()), out);
  out.append(" GMT");
}

// Spelled once a second and thread, not once a request.
void append_date(wall_time date, std::string& out) {
  thread_local std::int64_t cached_second = -1;
  thread_local std::string cached;
  const std::int64_t second = date.ns / 1'000'000'000;
  if (second < 0) {
    return;  // before 1970: the clock was never set; RFC 9110 then wants no Date
  }
  if (second != cached_second) {
    spell_date(second, cached);
    cached.insert(0, "Date: ").append("\r\n");
    cached_second = second;
  }
  out.append(cached);
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ");
  std::size_t at = out.size();
  out.append(value);
  while ((at = find_control(out, at)) < out.size()) {
    out[at] = ' ';
  }
  out.append("\r\n");
}

bool has_no_body(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

std::string decode_form_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
      continue;
    }
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace

std::optional<std::string_view> response::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (each == name) {
      return value;
    }
  }
  if (!common.id.empty() && (name == "Request-Id" || name == "X-Request-Id")) {
    return common.id.text();
  }
  for (std::string_view rest = common.lines; !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": ")) {
      return line.substr(name.size() + 2);
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return std::nullopt;
}

std::string_view name_of(method of) noexcept {
  switch (of) {
    case method::get:
      return "GET";
    case method::head:
      return "HEAD";
    case method::post:
      return "POST";
    case method::put:
      return "PUT";
    case method::patch:
      return "PATCH";
    case method::del:
      return "DELETE";
    case method::options:
      return "OPTIONS";
    case method::other:
      break;
  }
  return {};
}

std::optional<std::string_view> request_head::header(std::string_view name) const {
  for (const header_field& field : headers) {
    if (equal_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

namespace {

// All of a head but what says how long the body and the connection are.
void append_head(const response& answer, wall_time date, std::string& out) {
  if (answer.status == 204) {  // of almost every write
    out.append("HTTP/1.1 204 No Content\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(static_cast<std::uint64_t>(answer.status), out);
    out.append(" ").append(reason_phrase(answer.status)).append("\r\n");
  }
  if (!answer.content_type.empty()) {
    append_header("Content-Type", answer.content_type, out);
  } else if (!answer.common.content_type.empty()) {
    out.append("Content-Type: ").append(answer.common.content_type).append("\r\n");
  }
  for (const auto& [name, value] : answer.headers) {
    append_header(name, value, out);
  }
  if (!answer.common.id.empty()) {
    const std::size_t begin = out.size();
    append_header("Request-Id", answer.common.id.text(), out);
    const std::size_t bytes = out.size() - begin;
    out.append(answer.common.lines).append("X-").append(out, begin, bytes);
  }
  append_date(date, out);
}

void end_head(bool keep_alive, std::string& out) {
  out.append(keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace

void append_response(const response& answer, wall_time date, bool keep_alive, bool head_only,
                     std::string& out) {
  constexpr std::size_t usual_head_bytes = 384;
  out.reserve(out.size() + usual_head_bytes + answer.body.size());
  append_head(answer, date, out);
  const bool bodiless = has_no_body(answer.status);
  if (!bodiless) {
    out.append("Content-Length: ");
    append_number(answer.body.size(), out);
    out.append("\r\n");
  }
  end_head(keep_alive, out);
  if (!bodiless && !head_only) {
    out.append(answer.body);
  }
}

void append_streamed_head(const response& answer, wall_time date, bool keep_alive, bool chunked,
                          std::string& out) {
  append_head(answer, date, out);
  out.append(chunked ? "Transfer-Encoding: chunked\r\n" : "");
  end_head(keep_alive, out);
}

std::vector<std::pair<std::string, std::string>> decode_form(std::string_view text,
                                                             std::size_t count_max) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(text.empty() ? 0 : std::min<std::size_t>(count_max, 8));
  while (!text.empty() && pairs.size() < count_max) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    pairs.emplace_back(decode_form_text(pair.substr(0, equals)), decode_form_text(value));
  }
  return pairs;
}

std::string encode_form(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    out.append(out.empty() ? "" : "&").append(percent_escape(name));
    out.append("=").append(percent_escape(value));
  }
  return out;
}

std::optional<std::string_view> find_value(
    const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace weir::http
