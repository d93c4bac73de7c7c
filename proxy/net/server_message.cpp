// SPDX-License-Identifier: Apache-2.0
//
// Reads answers of servers with simdjson. Pure; nothing is thrown, damaged JSON is read as text.
#include "net/server_message.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

namespace weir {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t from = text.find_first_not_of(blank);
  if (from == std::string_view::npos) {
    return {};
  }
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

constexpr std::size_t title_bytes_max = 120;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char letter) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  });
  return out;
}

/// `a page (HTML), "502 Bad Gateway"`
std::string page_text(std::string_view body) {
  const std::string small = lower(body);
  std::size_t from = small.find("<title");
  from = from == std::string::npos ? from : small.find('>', from);
  const std::size_t end = from == std::string::npos ? from : small.find('<', from);
  if (end == std::string::npos) {
    return "a page (HTML)";
  }
  const std::string_view title = trimmed(body.substr(from + 1, end - from - 1));
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
  return is_page({}, body) ? page_text(body) : std::string(trimmed(body));
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
  if (lower(trimmed(content_type)).starts_with("text/html") ||
      lower(trimmed(content_type)).starts_with("application/xhtml")) {
    return true;
  }
  const std::string begin = lower(trimmed(body).substr(0, 16));
  return begin.starts_with("<!doctype html") || begin.starts_with("<html") ||
         begin.starts_with("<head") || begin.starts_with("<!--");
}

}  // namespace weir
