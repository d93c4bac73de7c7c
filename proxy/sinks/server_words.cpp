// SPDX-License-Identifier: Apache-2.0
//
// Reads answers of servers with simdjson. Pure; nothing is thrown, damaged JSON is read as text.
#include "sinks/server_words.hpp"

#include <simdjson.h>

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

std::string result_error(const simdjson::dom::element& root) {
  simdjson::dom::array results;
  if (root["results"].get(results) != simdjson::SUCCESS) {
    return {};
  }
  for (const simdjson::dom::element one : results) {
    std::string_view words;
    if (one["error"].get(words) == simdjson::SUCCESS) {
      return std::string(words);
    }
  }
  return {};
}

}  // namespace

std::string server_words(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS) {
    std::string_view words;
    for (const char* key : {"error", "message"}) {
      if (root[key].get(words) == simdjson::SUCCESS) {
        return std::string(words);
      }
    }
    if (std::string inner = result_error(root); !inner.empty()) {
      return inner;
    }
  }
  return std::string(trimmed(body));
}

std::string query_error(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return "the answer is not JSON";
  }
  std::string_view words;
  if (root["error"].get(words) == simdjson::SUCCESS) {
    return std::string(words);
  }
  return result_error(root);
}

}  // namespace weir
