// SPDX-License-Identifier: Apache-2.0
#include "users/json_web_token.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

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

struct read_claims {
  std::string user;
  /// Seconds since the epoch, as the token has them: any finite number.
  std::optional<double> ends;
  std::optional<double> begins;
};

void read_claim(simdjson::ondemand::field& field, read_claims& out) {
  std::string_view key;
  std::string_view text;
  double number = 0;
  if (field.unescaped_key().get(key) != simdjson::SUCCESS) {
    return;
  }
  std::optional<double>* const into = key == "exp"   ? &out.ends
                                      : key == "nbf" ? &out.begins
                                                     : nullptr;
  if (into != nullptr) {
    const bool is_number = field.value().get_double().get(number) == simdjson::SUCCESS;
    *into = is_number && std::isfinite(number) ? std::optional(number) : std::nullopt;
  } else if (key == "username") {
    out.user = field.value().get_string().get(text) == simdjson::SUCCESS ? text : "";
  }
}

/// One by one, as a number of another claim may be larger than any that weir has a type for.
std::optional<read_claims> read_all_claims(const std::string& json) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  read_claims out;
  for (auto each : object) {
    simdjson::ondemand::field field;
    if (std::move(each).get(field) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    read_claim(field, out);
  }
  const bool ends_there = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return ends_there ? std::optional(std::move(out)) : std::nullopt;
}

/// The first whole second at which an end is over; the last that there is, for what ends later.
std::int64_t first_second_after(double ends) {
  constexpr double beyond = 9.2e18;
  return ends >= beyond ? std::numeric_limits<std::int64_t>::max()
                        : static_cast<std::int64_t>(std::ceil(ends));
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
  auto read = read_all_claims(*claims);
  if (!read || !read->ends || *read->ends == 0) {
    return failure{"token expiration required"};
  }
  const auto now = static_cast<double>(now_s);
  if (read->begins && *read->begins > now) {
    return failure{"Token is not valid yet"};
  }
  if (*read->ends <= now) {
    return failure{"Token is expired"};
  }
  if (read->user.empty()) {
    return failure{"username in token must be a string"};
  }
  return token_claims{.user = std::move(read->user), .ends_s = first_second_after(*read->ends)};
}

}  // namespace weir
