// SPDX-License-Identifier: Apache-2.0
//
// Walks from delimiter to delimiter. Lines may end in LF alone. Pure; any thread.
#include "http/multipart.hpp"

#include <algorithm>
#include <optional>

#include "base/text/ascii.hpp"
#include "http/message.hpp"

namespace weir::http {
namespace {

// One value of `;name=value`: a token, or a quoted string with escapes. Moves `rest` behind it.
std::string take_value(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    value = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    return value;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    // Only quotes and backslashes are escaped: browsers send C:\names as they are.
    if (rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\')) {
      ++at;
    }
    value.push_back(rest[at]);
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return value;
}

// A parameter behind a header's first word: `form-data; name="q"`.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  std::string_view rest = header.substr(std::min(header.find(';'), header.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the semicolon
    const std::size_t end = std::min(rest.find_first_of("=;"), rest.size());
    const std::string_view key = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    if (rest.starts_with('=')) {
      rest.remove_prefix(1);
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      std::string value = take_value(rest);
      if (equal_ignoring_case(key, name)) {
        return value;
      }
    }
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  }
  return std::nullopt;
}

// Takes a line and its end; nothing if no line ends.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
  const std::size_t feed = rest.find('\n');
  if (feed == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view line = rest.substr(0, feed);
  rest.remove_prefix(feed + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// Where the next delimiter's dashes stand: at the beginning of a line.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter) noexcept {
  std::size_t at = text.find(delimiter);
  while (at != std::string_view::npos && at > 0 && text[at - 1] != '\n') {
    at = text.find(delimiter, at + 1);
  }
  return at;
}

// The headers of a part: its name and whether it is a file. False where they do not end.
bool take_headers(std::string_view& rest, form_part& part, bool& named) {
  while (const auto line = take_line(rest)) {
    if (line->empty()) {
      return true;
    }
    const std::size_t colon = std::min(line->find(':'), line->size());
    if (!equal_ignoring_case(trimmed(line->substr(0, colon)), "content-disposition")) {
      continue;
    }
    if (auto name = parameter(*line, "name")) {
      part.name = std::move(*name);
      named = true;
    }
    part.file = parameter(*line, "filename").has_value();
  }
  return false;
}

}  // namespace

bool is_multipart(std::string_view content_type) noexcept {
  return equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))),
                             "multipart/form-data");
}

std::vector<form_part> decode_multipart(std::string_view content_type, std::string_view body,
                                        std::size_t count_max) {
  std::vector<form_part> parts;
  const std::string boundary = parameter(content_type, "boundary").value_or("");
  if (boundary.empty()) {
    return parts;
  }
  const std::string delimiter = "--" + boundary;
  std::size_t at = find_delimiter(body, delimiter);
  while (at != std::string_view::npos && parts.size() < count_max) {
    std::string_view rest = body.substr(at + delimiter.size());
    const auto behind = take_line(rest);
    form_part part;
    bool named = false;
    // Behind the last delimiter stand two dashes.
    if (!behind || !trimmed(*behind).empty() || !take_headers(rest, part, named)) {
      break;
    }
    at = find_delimiter(rest, delimiter);
    if (at == std::string_view::npos) {
      break;
    }
    part.value = rest.substr(0, at > 0 ? at - 1 : 0);
    if (part.value.ends_with('\r')) {
      part.value.remove_suffix(1);
    }
    if (named) {
      parts.push_back(std::move(part));
    }
    body = rest;
  }
  return parts;
}

}  // namespace weir::http
