// SPDX-License-Identifier: Apache-2.0
#include "server/page/asset_answers.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "api/routes.hpp"
#include "base/fnv1a.hpp"
#include "base/text/ascii.hpp"
#include "codec/gzip.hpp"
#include "page/assets.hpp"

namespace weir {
namespace {

struct ready_asset {
  std::string etag;
  /// Empty: it does not become smaller.
  std::string gzip;
};

/// Made once, by the first who asks.
const std::map<std::string_view, ready_asset>& ready_assets() {
  static const std::map<std::string_view, ready_asset> all = [] {
    std::map<std::string_view, ready_asset> made;
    gzip_compressor compressor;
    for (const page::asset& one : page::assets()) {
      ready_asset& ready = made[one.name];
      ready.etag = fmt::format("\"{:016x}-{}\"", fnv1a(one.bytes), one.bytes.size());
      compressor.append_member(std::array{one.bytes}, ready.gzip);
      if (ready.gzip.size() >= one.bytes.size()) {
        ready.gzip.clear();
      }
    }
    return made;
  }();
  return all;
}

/// The next element of a list with commas, without spaces around it.
std::string_view next_element(std::string_view& list) {
  const std::size_t comma = list.find(',');
  const std::string_view element = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return trimmed(element);
}

/// What every answer to a browser carries.
void add_browser_headers(http::response& answer) {
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const std::string element = lower_case(next_element(accept_encoding));
    const std::string_view name = std::string_view(element).substr(0, element.find_first_of("; "));
    const std::size_t q = element.find("q=");
    const bool refused =
        q != std::string::npos && element.find_first_not_of("0.", q + 2) == std::string::npos;
    if (name == "gzip") {
      return !refused;
    }
    any = any || (name == "*" && !refused);
  }
  return any;
}

bool has_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view element = next_element(if_none_match);
    if (element.starts_with("W/")) {
      element.remove_prefix(2);
    }
    if (element == "*" || element == etag) {
      return true;
    }
  }
  return false;
}

http::response fresh_answer(std::string content_type) {
  http::response answer;
  answer.status = 200;
  answer.content_type = std::move(content_type);
  answer.headers.emplace_back("Cache-Control", "no-store");
  add_browser_headers(answer);
  return answer;
}

http::response stream_answer(std::string content_type) {
  http::response answer = fresh_answer(std::move(content_type));
  // For nginx, which would gather what it passes on.
  answer.headers.emplace_back("X-Accel-Buffering", "no");
  return answer;
}

http::response busy_answer(std::string_view why) {
  http::response answer = api::error_response(503, why);
  answer.headers.emplace_back("Retry-After", "10");
  return answer;
}

http::response answer_asset(std::string_view name, const http::request_head& head) {
  const page::asset* const found = page::find_asset(name);
  if (found == nullptr) {
    return api::family_of(head.path).not_found();
  }
  const ready_asset& ready = ready_assets().at(found->name);
  const bool zipped =
      !ready.gzip.empty() && takes_gzip(head.header("Accept-Encoding").value_or(""));
  // The bytes differ by their coding, and so must a strong tag.
  const std::string etag =
      zipped ? ready.etag.substr(0, ready.etag.size() - 1) + "-gzip\"" : ready.etag;
  http::response answer;
  answer.headers.emplace_back("ETag", etag);
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  answer.headers.emplace_back("Cache-Control", "no-cache");
  answer.headers.emplace_back("Content-Security-Policy",
                              "default-src 'self'; frame-ancestors 'none'");
  add_browser_headers(answer);
  answer.content_type = page::content_type_of_asset(found->name);
  if (has_etag(head.header("If-None-Match").value_or(""), etag)) {
    answer.status = 304;
    return answer;
  }
  answer.status = 200;
  if (zipped) {
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.body = ready.gzip;
  } else {
    answer.body = found->bytes;
  }
  return answer;
}

}  // namespace weir
