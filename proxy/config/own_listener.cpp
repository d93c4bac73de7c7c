// SPDX-License-Identifier: Apache-2.0
#include "config/own_listener.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text/ascii.hpp"
#include "config/checks/checks.hpp"

namespace weir {
namespace {

/// In the order of the network; an IPv4 address is ::ffff:a.b.c.d, as in sockets for both.
using address_bytes = std::array<std::uint8_t, 16>;

constexpr address_bytes any_v6{};
constexpr address_bytes any_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
constexpr address_bytes loopback_v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr address_bytes loopback_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};

bool is_v4(const address_bytes& address) {
  return std::equal(address.begin(), address.begin() + 12, any_v4.begin());
}

std::optional<address_bytes> literal(std::string text) {
  address_bytes out = any_v4;
  if (::inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1) {
    return out;
  }
  text.resize(std::min(text.size(), text.find('%')));  // a zone
  return ::inet_pton(AF_INET6, text.c_str(), out.data()) == 1 ? std::optional(out) : std::nullopt;
}

std::vector<address_bytes> literals(const std::vector<std::string>& texts) {
  std::vector<address_bytes> out;
  for (const std::string& text : texts) {
    if (const auto address = literal(text)) {
      out.push_back(*address);
    }
  }
  return out;
}

class judge {
 public:
  explicit judge(const machine_names& names) : names_(names) {}

  [[nodiscard]] bool takes(const std::string& listening_host, const std::string& target) const {
    if (listening_host == target) {
      return true;
    }
    // The system binds the first address of a name; a client tries all of them.
    const bool named_local = listening_host == "localhost";
    std::vector<address_bytes> bound = addresses_of(listening_host);
    bound.resize(std::min<std::size_t>(bound.size(), named_local ? 2 : 1));
    for (const address_bytes& to : addresses_of(target)) {
      if (std::any_of(bound.begin(), bound.end(),
                      [&](const address_bytes& at) { return reaches(to, at); })) {
        return true;
      }
    }
    return false;
  }

 private:
  [[nodiscard]] std::vector<address_bytes> addresses_of(std::string host) const {
    if (host.ends_with('.')) {
      host.pop_back();
    }
    if (const auto address = literal(host)) {
      return {*address};
    }
    if (host == "localhost" || host.ends_with(".localhost")) {
      return {loopback_v6, loopback_v4};
    }
    return names_.resolve ? literals(names_.resolve(host)) : std::vector<address_bytes>{};
  }

  [[nodiscard]] bool reaches(address_bytes to, const address_bytes& at) const {
    if (to == any_v4 || to == any_v6) {  // to connect there is to connect to oneself
      to = to == any_v4 ? loopback_v4 : loopback_v6;
    }
    if (at == any_v4) {
      return is_v4(to) && is_own(to);
    }
    return at == any_v6 ? is_own(to) : to == at;  // [::] takes IPv4 too
  }

  [[nodiscard]] bool is_own(const address_bytes& address) const {
    if (address == loopback_v6 || (is_v4(address) && address[12] == 127)) {
      return true;
    }
    const auto own =
        names_.own_addresses ? literals(names_.own_addresses()) : std::vector<address_bytes>{};
    return std::find(own.begin(), own.end(), address) != own.end();
  }

  const machine_names& names_;
};

}  // namespace

std::optional<std::string> own_listener(std::string_view url,
                                        const std::vector<std::string>& listening,
                                        const machine_names& names) {
  const std::string lowered = lower_case(url);
  const bool tls = lowered.starts_with("https://");
  if (!tls && !lowered.starts_with("http://")) {
    return std::nullopt;
  }
  const std::string_view rest = std::string_view(lowered).substr(tls ? 8 : 7);
  const endpoint target = split_endpoint(rest.substr(0, rest.find_first_of("/?#")));
  const std::string_view usual = tls ? "443" : "80";
  const std::string_view port = target.has_port ? target.port : usual;
  const auto same_port = [](std::string_view one, std::string_view other) {
    one.remove_prefix(std::min(one.find_first_not_of('0'), one.size()));
    other.remove_prefix(std::min(other.find_first_not_of('0'), other.size()));
    return !one.empty() && one == other;
  };
  for (const std::string& text : listening) {
    const std::string lowered_listening = lower_case(text);
    const endpoint at = split_endpoint(lowered_listening);
    if (!text.starts_with("unix:") && same_port(at.port, port) &&
        judge(names).takes(std::string(at.host), std::string(target.host))) {
      return text;
    }
  }
  return std::nullopt;
}

}  // namespace weir
