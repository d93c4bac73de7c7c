// SPDX-License-Identifier: Apache-2.0
//
// Reads answers of servers with simdjson. Pure; nothing is thrown, damaged JSON is read as text.
#include "net/server_message.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

constexpr std::string_view blanks = " \t\r\n";

constexpr std::size_t title_bytes_max = 120;

/// `a page (HTML), "502 Bad Gateway"`
std::string page_text(std::string_view body) {
  const std::string small = lower_case(body);
  std::size_t from = small.find("<title");
  from = from == std::string::npos ? from : small.find('>', from);
  const std::size_t end = from == std::string::npos ? from : small.find('<', from);
  if (end == std::string::npos) {
    return "a page (HTML)";
  }
  const std::string_view title = trimmed(body.substr(from + 1, end - from - 1), blanks);
  return "a page (HTML), \"" + std::string(title.substr(0, title_bytes_max)) + '"';
}

std::string result_error(const simdjson::dom::element& root) {
  simdjson::dom::array results;
  if (root["results"].get(results) != simdjson::SUCCESS) {
    return {};
  }
  for (const simdjson::dom::element one : results) {
    std::string_view message;
    if (one["error"].get(message) == simdjson::SUCCESS) {
      return std::string(message);
    }
  }
  return {};
}

}  // namespace

std::string server_message(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS) {
    std::string_view message;
    for (const char* key : {"error", "message"}) {
      if (root[key].get(message) == simdjson::SUCCESS) {
        return std::string(message);
      }
    }
    if (std::string inner = result_error(root); !inner.empty()) {
      return inner;
    }
  }
  return is_page({}, body) ? page_text(body) : std::string(trimmed(body, blanks));
}

std::string query_error(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return is_page({}, body) ? "the answer is " + page_text(body) : "the answer is not JSON";
  }
  std::string_view message;
  if (root["error"].get(message) == simdjson::SUCCESS) {
    return std::string(message);
  }
  simdjson::dom::array results;
  if (root["results"].get(results) != simdjson::SUCCESS) {
    return "the answer has no results";
  }
  return result_error(root);
}

std::string not_stored_message(int status, std::string_view success_status,
                               std::string_view location) {
  std::string message = "answered " + std::to_string(status) + ", not ";
  message += success_status;
  message += ": is the url right?";
  if (!location.empty()) {
    // Its query may repeat that of the request, or a password.
    message += " It redirects to ";
    message += location.substr(0, location.find_first_of("?#"));
  }
  return message;
}

bool is_page(std::string_view content_type, std::string_view body) {
  if (lower_case(trimmed(content_type, blanks)).starts_with("text/html") ||
      lower_case(trimmed(content_type, blanks)).starts_with("application/xhtml")) {
    return true;
  }
  const std::string begin = lower_case(trimmed(body, blanks).substr(0, 16));
  return begin.starts_with("<!doctype html") || begin.starts_with("<html") ||
         begin.starts_with("<head") || begin.starts_with("<!--");
}

}  // namespace weir
