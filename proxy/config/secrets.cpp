// SPDX-License-Identifier: Apache-2.0
#include "config/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text/ascii.hpp"
#include "config/checks/checks.hpp"
#include "config/sinks/sink_kinds.hpp"

namespace weir {
namespace {

// Of secrets in messages about a configuration, and in the journal, where any word may be one.
constexpr std::size_t secret_bytes_least = 4;
constexpr std::size_t journal_secret_bytes_least = 6;
constexpr std::size_t argument_bytes_most = 200;

// A name with one of these in it may have a secret for its value.
constexpr std::array telling_words{
    std::string_view{"pass"},    std::string_view{"pwd"},       std::string_view{"token"},
    std::string_view{"secret"},  std::string_view{"auth"},      std::string_view{"cookie"},
    std::string_view{"cred"},    std::string_view{"bearer"},    std::string_view{"header"},
    std::string_view{"session"}, std::string_view{"signature"}, std::string_view{"jwt"},
    std::string_view{"key"}};

// Keys of weir's own that have one of them and hold none.
constexpr std::array harmless_keys{std::string_view{"key"}, std::string_view{"time_key"}};

// A slip in writing one of these must not show what it was to hide.
constexpr std::array secret_keys{std::string_view{"password"}, std::string_view{"token"},
                                 std::string_view{"headers"}};

// Parameters of a url: InfluxDB's password, and what clouds sign with.
constexpr std::array secret_parameters{std::string_view{"p"}, std::string_view{"pw"},
                                       std::string_view{"sig"}, std::string_view{"code"}};

constexpr std::array harmless_headers{std::string_view{"x-scope-orgid"},
                                      std::string_view{"x-grafana-org-id"},
                                      std::string_view{"x-org-id"},
                                      std::string_view{"x-tenant"},
                                      std::string_view{"x-tenant-id"},
                                      std::string_view{"thanos-tenant"},
                                      std::string_view{"tenant"},
                                      std::string_view{"accept"},
                                      std::string_view{"accept-encoding"},
                                      std::string_view{"accept-language"},
                                      std::string_view{"content-type"},
                                      std::string_view{"user-agent"},
                                      std::string_view{"from"},
                                      std::string_view{"via"},
                                      std::string_view{"x-forwarded-for"},
                                      std::string_view{"x-weir-verbose"}};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_telling_word(std::string_view lowered) {
  return std::any_of(telling_words.begin(), telling_words.end(), [&](std::string_view word) {
    return lowered.find(word) != std::string_view::npos;
  });
}

/// What a text of `headers`, password or token holds that is to be hidden.
void add_secret(std::string_view text, std::vector<std::string>& out) {
  if (text.size() >= secret_bytes_least) {
    out.emplace_back(text);
  }
}

void add_header(std::string_view header, std::vector<std::string>& out) {
  if (header_without_secret(header) == header) {
    return;
  }
  const std::string_view value =
      trimmed(header.substr(std::min(header.find(':') + 1, header.size())));
  add_secret(value, out);
  // "Bearer abc": a server may repeat the second word alone.
  const std::size_t space = value.rfind(' ');
  if (space != std::string_view::npos) {
    add_secret(value.substr(space + 1), out);
  }
}

std::vector<std::string> longest_first(std::vector<std::string> secrets) {
  std::sort(secrets.begin(), secrets.end(), [](const std::string& one, const std::string& other) {
    return one.size() > other.size();
  });
  return secrets;
}

/// A property of librdkafka; one that lost its name may be nothing but its value.
void add_property(std::string_view property, std::vector<std::string>& out) {
  const std::size_t equals = property.find('=');
  if (equals == std::string_view::npos) {
    add_secret(property, out);
  } else if (property_without_secret(property) != property) {
    add_secret(property.substr(equals + 1), out);
  }
}

/// `log.client`, wherever it stands.
bool holds_properties(std::string_view key) {
  return key == "client";
}

struct secret_texts {
  std::vector<std::string>& out;

  void operator()(const std::string& text) const { add_secret(text, out); }
  void operator()(const std::vector<std::string>& texts) const {
    for (const std::string& text : texts) {
      text.find(':') == std::string::npos ? add_secret(text, out) : add_header(text, out);
    }
  }
  void operator()(std::int64_t number) const { add_secret(std::to_string(number), out); }
  void operator()(double number) const { add_secret(fmt::format("{}", number), out); }
  void operator()(bool) const {}
  void operator()(const other_value&) const {}
};

void collect(const config_node& node, std::vector<std::string>& out) {
  if (node.is == config_node::kind::value && may_be_secret(node.key)) {
    std::visit(secret_texts{out}, node.scalar);
  } else if (node.is == config_node::kind::value && holds_properties(node.key)) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&node.scalar)) {
      for (const std::string& text : *texts) {
        add_property(text, out);
      }
    } else if (const auto* text = std::get_if<std::string>(&node.scalar)) {
      add_property(*text, out);
    }
  }
  for (const config_node& child : node.children) {
    collect(child, out);
  }
}

}  // namespace

bool may_be_secret(std::string_view name) {
  const std::string lowered = lower_case(name);
  if (is_one_of(harmless_keys, lowered)) {
    return false;
  }
  return has_telling_word(lowered) ||
         std::any_of(secret_keys.begin(), secret_keys.end(),
                     [&](std::string_view key) { return edit_distance(lowered, key) <= 2; });
}

std::string header_without_secret(std::string_view header) {
  const std::size_t colon = header.find(':');
  if (colon == std::string_view::npos) {
    return std::string(hidden);
  }
  const std::string_view name = header.substr(0, colon);
  return is_one_of(harmless_headers, lower_case(trimmed(name)))
             ? std::string(header)
             : fmt::format("{}: {}", name, hidden);
}

std::string property_without_secret(std::string_view property) {
  const std::size_t equals = property.find('=');
  if (equals == std::string_view::npos) {
    return std::string(hidden);
  }
  // librdkafka has no property whose value is a secret but these: sasl.password, ssl.key.password,
  // ssl.key.pem, sasl.oauthbearer.client.secret, ...
  const std::string name = lower_case(property.substr(0, equals));
  return may_be_secret(name.substr(name.rfind('.') + 1)) || name.find("secret") != name.npos ||
                 name.find("password") != name.npos || name.ends_with(".pem") ||
                 name == "sasl.oauthbearer.config" || name == "sasl.jaas.config"
             ? fmt::format("{}={}", property.substr(0, equals), hidden)
             : std::string(property);
}

std::string url_without_secret(std::string_view url) {
  std::string out;
  const std::size_t scheme = url.find("://");
  std::size_t at = scheme == std::string_view::npos ? 0 : scheme + 3;
  out.append(url.substr(0, at));
  const std::string_view head = url.substr(at, url.find_first_of("?#", at) - at);
  // A password may have a slash in it that should have been %2F: up to the last @ all is hidden.
  if (const std::size_t user = head.rfind('@'); user != std::string_view::npos) {
    out.append(hidden).append("@");
    at += user + 1;
  }
  const std::size_t query = url.find('?', at);
  out.append(url.substr(at, query - at));
  std::string_view rest = query == std::string_view::npos ? "" : url.substr(query);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("&;#", 1), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string_view name =
        pair.substr(1, equals == std::string_view::npos ? equals : equals - 1);
    const bool secret = may_be_secret(name) || is_one_of(secret_parameters, lower_case(name));
    if (secret && equals != std::string_view::npos) {
      out.append(pair.substr(0, equals + 1)).append(hidden);
    } else {
      out.append(pair);
    }
    rest.remove_prefix(end);
  }
  return out;
}

std::string shown_argument(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos) {
    // No key=value at all: what follows the key may be anything.
    const auto ends_key = [](char c) {
      return !is_letter_or_digit(c) &&
             std::string_view("._-*/\"").find(c) == std::string_view::npos;
    };
    const auto end = std::find_if(argument.begin(), argument.end(), ends_key);
    return "--set " + std::string(argument.begin(), end);
  }
  const std::string_view key = argument.substr(0, equals);
  const std::string_view value = argument.substr(equals + 1);
  const bool table =
      value.find_first_of("{[") != std::string_view::npos && has_telling_word(lower_case(value));
  const bool user = value.find('@') != std::string_view::npos;
  const std::string_view name = key.substr(key.rfind('.') + 1);
  if (may_be_secret(name) || holds_properties(name) || table || user ||
      url_without_secret(value) != value) {
    return fmt::format("--set {}={}", key, hidden);
  }
  return fmt::format("--set {}{}", argument.substr(0, argument_bytes_most),
                     argument.size() > argument_bytes_most ? "..." : "");
}

std::vector<std::string> secrets_of(const settings& from) {
  std::vector<std::string> out;
  std::vector<std::string> plain;
  for (const sink_settings& sink : from.sinks) {
    sink_texts texts = kind_of(sink).texts(sink);
    for (const std::string& secret : texts.secrets) {
      add_secret(secret, out);
    }
    for (const std::string& header : texts.headers) {
      add_header(header, out);
    }
    plain.push_back(sink.name);
    plain.insert(plain.end(), std::make_move_iterator(texts.plain.begin()),
                 std::make_move_iterator(texts.plain.end()));
  }
  add_secret(from.http.jwt_secret, out);
  for (const std::string& property : from.log.kafka.client) {
    add_property(property, out);
  }
  for (const user_settings& user : from.users) {
    add_secret(user.password, out);
    add_secret(user.token, out);
    plain.push_back(user.name);
  }
  std::erase_if(out, [&](const std::string& secret) {
    return secret.size() < journal_secret_bytes_least ||
           std::find(plain.begin(), plain.end(), secret) != plain.end();
  });
  return longest_first(std::move(out));
}

std::vector<std::string> secrets_in(const config_node& root) {
  std::vector<std::string> out;
  collect(root, out);
  return longest_first(std::move(out));
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + hidden.size())) {
      text.replace(at, secret.size(), hidden);
    }
  }
  return text;
}

}  // namespace weir
