// SPDX-License-Identifier: Apache-2.0
//
// Checks of texts. They judge syntax alone: whether a host exists or a port is free shows when it
// is used.
#include "config/checks/checks.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/text/ascii.hpp"
#include "config/secrets.hpp"

namespace weir {
namespace {

bool all(std::string_view text, bool (*is)(char)) {
  return std::all_of(text.begin(), text.end(), is);
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !all(text, is_digit)) {
    return false;
  }
  const int port = std::accumulate(text.begin(), text.end(), 0,
                                   [](int sum, char c) { return sum * 10 + (c - '0'); });
  return port <= 65'535;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    const bool small = part.size() < 3 || (part.size() == 3 && part <= "255");
    if (part.empty() || part.size() > 3 || !all(part, is_digit) || !small) {
      return false;
    }
    ++parts;
    if (dot == std::string_view::npos) {
      return parts == 4;
    }
    text.remove_prefix(dot + 1);
  }
}

// Roughly: what cannot be an address at all is told here, the rest by the operating system.
bool is_ipv6(std::string_view text) {
  text = text.substr(0, text.find('%'));  // a zone
  return text.size() >= 2 && std::count(text.begin(), text.end(), ':') >= 2 &&
         all(text, [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) {
    return false;
  }
  if (all(text, [](char c) { return is_digit(c) || c == '.'; })) {
    return is_ipv4(text);
  }
  return all(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; });
}

constexpr std::string_view listen_forms =
    "write \"127.0.0.1:8086\", \"[::1]:8086\" or \"unix:/run/weir.sock\"";

std::string check_unix_path(std::string_view path) {
  // sockaddr_un holds 108 bytes with the closing zero.
  if (path.empty() || path.size() > 107) {
    return "the path of a Unix socket has 1 to 107 bytes; write for example "
           "\"unix:/run/weir.sock\"";
  }
  return {};
}

}  // namespace

endpoint split_endpoint(std::string_view text) {
  const bool bracketed = !text.empty() && text.front() == '[';
  const std::size_t close = bracketed ? text.find(']') : 0;
  if (bracketed && close != std::string_view::npos) {
    const std::string_view rest = text.substr(close + 1);
    if (rest.empty() || rest.front() == ':') {
      return {text.substr(1, close - 1), rest.substr(rest.empty() ? 0 : 1), true, !rest.empty()};
    }
    return {};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return {text, {}, false, false};
  }
  return {text.substr(0, colon), text.substr(colon + 1), false, true};
}

std::string check_listen_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) {
    return check_unix_path(text.substr(unix_prefix.size()));
  }
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    return fmt::format("\"{}\" is a URL; write the address without \"{}\": {}", text,
                       text.substr(0, scheme + 3), listen_forms);
  }
  const endpoint parts = split_endpoint(text);
  if (!parts.has_port) {
    return fmt::format("\"{}\" has no port; {}", text, listen_forms);
  }
  if (!is_port(parts.port)) {
    return fmt::format("\"{}\" is no port; a port is from 0 (take a free one) to 65535",
                       parts.port);
  }
  if (parts.host.empty() || parts.host == "*") {
    return fmt::format(
        "\"{}\" names no host; for every address write \"0.0.0.0:{}\" or "
        "\"[::]:{}\"",
        text, parts.port, parts.port);
  }
  if (!parts.bracketed && parts.host.find(':') != std::string_view::npos) {
    return fmt::format("an IPv6 address stands in brackets: \"[{}]:{}\"", parts.host, parts.port);
  }
  if (parts.bracketed ? !is_ipv6(parts.host) : !is_host(parts.host)) {
    return fmt::format("\"{}\" is no host; {}", parts.host, listen_forms);
  }
  return {};
}

std::string check_udp_database(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view database = text.substr(0, slash);
  const bool whole = slash == std::string_view::npos;
  const auto good = [](std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find_first_of("/\\") == std::string_view::npos &&
           std::none_of(name.begin(), name.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  };
  // Further slashes are the policy's: bucket names of InfluxDB 2 may have several.
  std::string policy(whole ? std::string_view{} : text.substr(slash + 1));
  std::replace(policy.begin(), policy.end(), '/', '-');
  if (good(database) && (whole || good(policy))) {
    return {};
  }
  return fmt::format("\"{}\" names no database; write \"name\" or \"name/retention_policy\"", text);
}

std::string check_bucket(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find_first_of("{}", at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at);
    const std::size_t close = rest.find('}');
    const std::string_view name = rest.substr(0, close == std::string_view::npos ? 1 : close + 1);
    if (name != "{database}" && name != "{retention_policy}") {
      return fmt::format(
          "\"{}\" is no placeholder; the two that are known are {{database}} and "
          "{{retention_policy}}",
          name);
    }
    at += name.size();
  }
  return {};
}

namespace {

/// What `check_url` and `check_receiver_url` have in common.
std::string check_address(std::string_view text, std::string_view form, bool may_have_query) {
  const std::size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  if (scheme == 0) {
    return fmt::format("it does not start with http:// or https://; {}", form);
  }
  // Ahead of every check whose words repeat a part of the url.
  if (text.find('@') != std::string_view::npos) {
    return "it may have no user in it; use the keys username and password";
  }
  if (text.find_first_of(may_have_query ? "#" : "?#") != std::string_view::npos) {
    return fmt::format("it may have no {}fragment; {}", may_have_query ? "" : "query and no ",
                       form);
  }
  const auto is_blank = [](char c) { return c <= ' ' || c == '\x7f'; };
  if (std::any_of(text.begin(), text.end(), is_blank)) {
    return fmt::format("it may have no spaces or control characters in it; {}", form);
  }
  const std::string_view rest = text.substr(scheme);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const endpoint parts = split_endpoint(authority);
  if (parts.bracketed ? !is_ipv6(parts.host) : !is_host(parts.host)) {
    return fmt::format("\"{}\" is no host; {}", authority, form);
  }
  if (parts.has_port &&
      (!is_port(parts.port) || parts.port.find_first_not_of('0') == std::string_view::npos)) {
    return fmt::format("\"{}\" is no port; a port is from 1 to 65535", parts.port);
  }
  return {};
}

}  // namespace

std::string check_url(std::string_view text) {
  return check_address(text, "write for example \"http://127.0.0.1:8087\"", false);
}

std::string check_receiver_url(std::string_view text) {
  std::string problem =
      check_address(text, "write for example \"http://127.0.0.1:9090/api/v1/write\"", true);
  if (!problem.empty()) {
    return problem;
  }
  const std::size_t query = text.find('?');
  if (query != std::string_view::npos && text.find('/', text.find("://") + 3) > query) {
    return "a query stands behind a path, as in "
           "\"http://127.0.0.1:8086/api/v1/prom/write?db=prom\"";
  }
  if (url_without_secret(text) != text) {
    return "a parameter of it may be a secret, which a url is no place for; use the keys username "
           "and password, or token";
  }
  return {};
}

std::string check_header(std::string_view text) {
  const auto is_token = [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() || !all(name, is_token) ||
      text.substr(colon + 1).find_first_not_of(' ') == std::string_view::npos) {
    return fmt::format("\"{}\" is no header; write for example \"X-Scope-OrgID: team\"", text);
  }
  if (!all(text, [](char c) { return c >= ' ' && c != '\x7f'; })) {
    return "a header may have no control characters in it";
  }
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const std::string_view own :
       {"authorization", "content-type", "content-encoding", "content-length", "host", "user-agent",
        "transfer-encoding", "expect", "connection", "x-prometheus-remote-write-version"}) {
    if (lower == own) {
      return fmt::format("{} is written by the sink itself; take it out", name);
    }
  }
  return {};
}

std::string check_directory(std::string_view text) {
  return text.empty() ? "it is empty; name a directory" : "";
}

std::string check_pattern(std::string_view text) {
  if (text == "!") {
    return "a pattern is empty behind its \"!\"; name what is left out, as in \"!debug*\"";
  }
  return text.empty() ? "a pattern is empty; \"*\" stands for every name" : "";
}

std::string check_policy_pattern(std::string_view) {
  return {};
}

std::string check_sink_name(std::string_view text) {
  const std::string_view own = text.substr(0, text.find('@'));
  const bool at_address = own.size() < text.size();
  const std::string_view address = at_address ? text.substr(own.size() + 1) : std::string_view();
  const auto in_names = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; };
  const auto in_addresses = [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("_-.:[]").find(c) != std::string_view::npos;
  };
  const bool good =
      !own.empty() && own.size() <= 64 && all(own, in_names) &&
      (!at_address || (!address.empty() && address.size() <= 128 && all(address, in_addresses)));
  return good ? std::string{}
              : fmt::format("\"{}\" is no name of a sink; use 1 to 64 letters, digits, _ and -",
                            text);
}

std::string check_database_name(std::string_view text) {
  if (text == "*") {
    return {};
  }
  if (text.find_first_of("*?") != std::string_view::npos) {
    return "patterns are not supported here; name each database, or use [database.\"*\"] for all";
  }
  const std::size_t slash = text.find('/');
  if (text.substr(0, slash).empty() ||
      (slash != std::string_view::npos && text.substr(slash + 1).empty())) {
    return "write [database.\"*\"], [database.\"name\"] or [database.\"name/retention_policy\"]";
  }
  return {};
}

std::string check_regex(std::string_view text) {
  const re2::RE2 pattern(re2::StringPiece(text.data(), text.size()), re2::RE2::Quiet);
  return pattern.ok()
             ? std::string{}
             : fmt::format("\"{}\" is not a regular expression: {}", text, pattern.error());
}

std::string check_rewrite(const std::string& pattern, const std::string& to) {
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  std::string fault;
  return !compiled.ok() || compiled.CheckRewriteString(to, &fault) ? std::string{} : fault;
}

std::size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= other.size(); ++k) {
      const std::size_t changed = diagonal + (one[i - 1] == other[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({changed, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row[other.size()];
}

}  // namespace weir
