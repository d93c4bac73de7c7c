// SPDX-License-Identifier: Apache-2.0
#include "users/json_web_token.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "codec/base64.hpp"
#include "users/digests.hpp"

namespace weir {
namespace {

// Headers of requests are shorter.
constexpr std::size_t token_bytes_max = std::size_t{8} << 10;

/// Base64 as it stands in URLs.
std::optional<std::string> decode_part(std::string_view text) {
  std::string usual(text);
  if (usual.find_first_of("+/=") != std::string::npos) {
    return std::nullopt;
  }
  std::replace(usual.begin(), usual.end(), '-', '+');
  std::replace(usual.begin(), usual.end(), '_', '/');
  return decode_base64(usual);
}

/// Its algorithm is the one that is meant: a token must not choose how it is checked.
bool is_hs256(const std::string& header) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view algorithm;
  return parser.parse(header).get(root) == simdjson::SUCCESS &&
         root["alg"].get(algorithm) == simdjson::SUCCESS && algorithm == "HS256";
}

}  // namespace

result<token_claims> read_json_web_token(std::string_view token, std::string_view secret,
                                         std::int64_t now_s) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos ||
      token.size() > token_bytes_max) {
    return failure{"token contains an invalid number of segments"};
  }
  const auto header = decode_part(token.substr(0, first));
  const auto claims = decode_part(token.substr(first + 1, second - first - 1));
  const auto signature = decode_part(token.substr(second + 1));
  if (!header || !claims || !signature || !is_hs256(*header)) {
    return failure{"signature is invalid"};
  }
  const sha256_digest wanted = hmac_sha256(secret, token.substr(0, second));
  if (!equal_secrets({reinterpret_cast<const char*>(wanted.data()), wanted.size()}, *signature)) {
    return failure{"signature is invalid"};
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view user;
  double ends = 0;
  if (parser.parse(*claims).get(root) != simdjson::SUCCESS ||
      root["exp"].get(ends) != simdjson::SUCCESS || !(ends > 0 && ends < 1e15)) {
    return failure{"token expiration required"};
  }
  double begins = 0;
  if (ends <= static_cast<double>(now_s) ||
      (root["nbf"].get(begins) == simdjson::SUCCESS && begins > static_cast<double>(now_s))) {
    return failure{"Token is expired"};
  }
  if (root["username"].get(user) != simdjson::SUCCESS || user.empty()) {
    return failure{"username in token must be a string"};
  }
  return token_claims{.user = std::string(user), .ends_s = static_cast<std::int64_t>(ends)};
}

}  // namespace weir
