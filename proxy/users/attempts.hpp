// SPDX-License-Identifier: Apache-2.0
//
// How often a client address may offer credentials that are not known to be good: guessing is slow,
// and so is making weir compute hashes. Thread-safe; reads no clock.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/times.hpp"

namespace weir {

class attempts {
 public:
  /// At once; then one more each `refill_ns`.
  static constexpr double at_once = 10;
  static constexpr std::int64_t refill_ns = 3'000'000'000;
  /// Addresses that are remembered. Then at least half of them are forgotten: those with all of
  /// their attempts left, if need be those with some, and at last all.
  static constexpr std::size_t addresses_max = 10'000;

  /// Takes one attempt of an address. False: it has none left.
  [[nodiscard]] bool take(std::string_view address, steady_time now);
  /// The credentials were good, or were not looked at: it did not count.
  void give_back(std::string_view address);
  [[nodiscard]] std::size_t addresses() const;

 private:
  struct left {
    double count = at_once;
    steady_time at{};
  };
  void make_room(steady_time now);

  mutable std::mutex lock_;
  std::unordered_map<std::string, left> of_;
};

/// By what attempts are counted: the address of "192.0.2.1:4711" without its port, and the /64
/// network of "[2001:db8::1]:4711", however it is spelled. An IPv4 address is one in IPv6's form,
/// too.
[[nodiscard]] std::string address_of_peer(std::string_view peer);

}  // namespace weir
