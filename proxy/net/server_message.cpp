// SPDX-License-Identifier: Apache-2.0
//
// Reads answers of servers with simdjson. Pure; nothing is thrown, damaged JSON is read as text.
#include "net/server_message.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

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

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// One escape of a JSON string, whose backslash stands at `at`; returns where it ends.
std::size_t append_unescaped(std::string_view text, std::size_t at, std::string& out) {
  if (at + 1 >= text.size()) {
    return text.size();
  }
  const char kind = text[at + 1];
  if (kind == 'u' && at + 6 <= text.size()) {
    std::uint32_t code = 0;
    std::from_chars(text.data() + at + 2, text.data() + at + 6, code, 16);
    append_utf8(code, out);
    return at + 6;
  }
  constexpr std::string_view letters = "ntrbf";
  const std::size_t letter = letters.find(kind);
  out += letter == std::string_view::npos ? kind : "\n\t\r\b\f"[letter];
  return at + 2;
}

/// The message of an answer that is no JSON any more: it was cut off, or quotes bytes that are not
/// UTF-8.
std::optional<std::string> damaged_message(std::string_view body) {
  for (const std::string_view key : {"\"error\":", "\"message\":"}) {
    std::size_t at = body.find(key);
    at = at == std::string_view::npos ? at : body.find_first_not_of(blanks, at + key.size());
    if (at == std::string_view::npos || body[at] != '"') {
      continue;
    }
    std::string message;
    for (++at; at < body.size() && body[at] != '"';) {
      if (body[at] == '\\') {
        at = append_unescaped(body, at, message);
      } else {
        message += body[at++];
      }
    }
    return message.empty() ? std::nullopt : std::optional(std::move(message));
  }
  return std::nullopt;
}

void read_numbered(simdjson::dom::element from, std::vector<numbered_refusal>& into) {
  numbered_refusal one;
  std::string_view words;
  if (from["line_number"].get(one.line) != simdjson::SUCCESS ||
      from["error_message"].get(words) != simdjson::SUCCESS) {
    return;
  }
  one.words = words;
  std::string_view original;
  if (from["original_line"].get(original) == simdjson::SUCCESS) {
    one.original = original;
  }
  into.push_back(std::move(one));
}

std::vector<numbered_refusal> numbered_refusals(const simdjson::dom::element& root) {
  std::vector<numbered_refusal> found;
  simdjson::dom::element data;
  if (root["data"].get(data) != simdjson::SUCCESS) {
    return found;
  }
  simdjson::dom::array many;
  if (data.get(many) == simdjson::SUCCESS) {
    for (const simdjson::dom::element one : many) {
      read_numbered(one, found);
    }
  } else {
    read_numbered(data, found);
  }
  return found;
}

std::optional<std::string> message_in(const simdjson::dom::element& root) {
  std::string_view message;
  for (const char* key : {"error", "message"}) {
    if (root[key].get(message) == simdjson::SUCCESS) {
      return std::string(message);
    }
  }
  std::string inner = result_error(root);
  return inner.empty() ? std::nullopt : std::optional(std::move(inner));
}

}  // namespace

server_words read_server_words(std::string_view body) {
  server_words words;
  std::optional<std::string> message;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS) {
    message = message_in(root);
    words.listed = numbered_refusals(root);
  } else if (trimmed(body, blanks).starts_with('{')) {
    message = damaged_message(body);
  }
  if (!message) {
    message = is_page({}, body) ? page_text(body) : std::string(trimmed(body, blanks));
  }
  words.message = std::move(*message);
  return words;
}

std::string server_message(std::string_view body) {
  return read_server_words(body).message;
}

std::string words_of(const http_reply& reply) {
  return reply.answered
             ? "status " + std::to_string(reply.status) + ": " + server_message(reply.body)
             : reply.detail;
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

namespace {

/** An address without its query, which may repeat that of the request, and without what stands
 *  before an @ in its authority: either may hold a password. */
std::string without_secrets(std::string_view address) {
  address = address.substr(0, address.find_first_of("?#"));
  const std::size_t slashes = address.find("//");
  if (slashes == std::string_view::npos) {
    return std::string(address);
  }
  const std::size_t host = slashes + 2;
  const std::string_view authority = address.substr(host, address.find('/', host) - host);
  const std::size_t at = authority.rfind('@');
  const std::size_t left_out = at == std::string_view::npos ? 0 : at + 1;
  return std::string(address.substr(0, host)).append(address.substr(host + left_out));
}

}  // namespace

std::string not_stored_message(int status, std::string_view success_status,
                               std::string_view location) {
  std::string message = "answered " + std::to_string(status) + ", not ";
  message += success_status;
  message += ": is the url right?";
  if (!location.empty()) {
    message += " It redirects to ";
    message += without_secrets(location);
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
