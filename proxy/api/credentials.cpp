// SPDX-License-Identifier: Apache-2.0
#include "api/credentials.hpp"

#include <optional>

#include "base/text/ascii.hpp"
#include "codec/base64.hpp"

namespace weir::api {
namespace {

/// What follows the scheme's name in an Authorization header, if that is its scheme.
std::optional<std::string_view> after_scheme(std::string_view authorization,
                                             std::string_view scheme) noexcept {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ' ||
      !equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return authorization.substr(scheme.size() + 1);
}

/// "user:password", where both are not "null".
std::optional<credentials> named(credentials::scheme by, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text == "null:null") {
    return std::nullopt;
  }
  return credentials{.by = by,
                     .user = std::string(text.substr(0, colon)),
                     .secret = std::string(text.substr(colon + 1))};
}

/// It has a parameter `u` or `p`. Most requests have none, and are not decoded for it.
bool names_credentials(std::string_view query) noexcept {
  for (std::size_t at = 0; at + 1 < query.size();) {
    if (query[at + 1] == '=' && (query[at] == 'u' || query[at] == 'p')) {
      return true;
    }
    at = query.find('&', at);
    if (at == std::string_view::npos) {
      return false;
    }
    ++at;
  }
  return false;
}

}  // namespace

offered_credentials find_credentials(const http::request_head& head) {
  offered_credentials offered{.authorization = head.header("Authorization").value_or("")};
  if (names_credentials(head.query)) {
    const auto pairs = http::decode_form(head.query);
    offered.user = http::find_value(pairs, "u").value_or("");
    offered.password = http::find_value(pairs, "p").value_or("");
    if (offered.user == "null" && offered.password == "null") {
      offered.user.clear();
      offered.password.clear();
    }
  }
  return offered;
}

credentials read_credentials(const offered_credentials& offered) {
  using scheme = credentials::scheme;
  if (!offered.user.empty() || (offered.authorization.empty() && !offered.password.empty())) {
    return {.by = scheme::parameters, .user = offered.user, .secret = offered.password};
  }
  if (const auto encoded = after_scheme(offered.authorization, "Basic")) {
    return named(scheme::basic, decode_base64(*encoded).value_or("")).value_or(credentials{});
  }
  if (const auto text = after_scheme(offered.authorization, "Token")) {
    if (text->find(':') != std::string_view::npos) {
      return named(scheme::token, *text).value_or(credentials{});
    }
    return {.by = scheme::token, .secret = std::string(*text)};
  }
  if (const auto secret = after_scheme(offered.authorization, "Bearer")) {
    return {.by = scheme::bearer, .secret = std::string(*secret)};
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> without_credentials(
    std::vector<std::pair<std::string, std::string>> parameters) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (auto& each : parameters) {
    if (each.first != "u" && each.first != "p" && !http::find_value(kept, each.first)) {
      kept.push_back(std::move(each));
    }
  }
  return kept;
}

}  // namespace weir::api
