// SPDX-License-Identifier: Apache-2.0
//
// Who a request comes from, asked once for each of them: credentials that were proved are
// remembered, so that a request costs one digest and one look-up, and those that are not are
// bounded by address. One doorkeeper a loop; what they share is thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/times.hpp"
#include "http/message.hpp"
#include "observe/metrics.hpp"
#include "users/attempts.hpp"
#include "users/hash_desk.hpp"
#include "users/keyed_digest.hpp"
#include "users/user_book.hpp"

namespace weir {

/// What the doorkeepers of all loops share.
struct shared_doors {
  /// `key` is secret and random, of digest_maker::key_bytes.
  explicit shared_doors(std::string key) : digest_key(std::move(key)) {}

  const std::string digest_key;
  attempts tries;
  /// Requests without credentials, or with such as prove nobody.
  counter unknown;
  /// The same, unread: too many came from the address.
  counter too_many;
  /// Requests whose password could not be held against its hash: too many wait for that.
  counter busy;
  /// Requests of users who may not do what they ask for.
  counter forbidden;
  hash_desk hashes;

  void collect(metric_collector& out) const;
};

/// Credentials that are held against a hash, and what is to be done when that is known.
struct open_proof {
  keyed_digest of{};
  std::shared_ptr<const user_book> book = nullptr;
  /// Whose hash it is; nullptr: nobody's, and the answer is no.
  const user* who = nullptr;
  std::string address{};
  /// It has taken an attempt of the address.
  bool counted = false;
  std::shared_ptr<hash_ticket> ticket = nullptr;
};

class doorkeeper {
 public:
  static constexpr std::size_t remembered_max = 1'024;
  static constexpr std::int64_t remembered_ns = std::int64_t{900} * 1'000'000'000;

  /// `shared` outlives it.
  explicit doorkeeper(shared_doors& shared) : shared_(shared), digests_(shared.digest_key) {}

  /// One of the three is set.
  struct answer {
    /// Keeps its book.
    std::shared_ptr<const user> who = nullptr;
    /// 401, or 429 or 503 where it cannot be looked at now.
    std::optional<http::response> refused{};
    /// `finish` says more once its ticket is settled.
    std::optional<open_proof> open{};
  };
  /// Requires: the book is not empty. `peer` is "192.0.2.1:4711", or "unix". `wake` is called on
  /// another thread when an open proof has come to its end.
  [[nodiscard]] answer ask(const std::shared_ptr<const user_book>& book,
                           const http::request_head& head, std::string_view peer, const moment& now,
                           const std::function<void()>& wake);
  /// Requires: the proof's ticket is settled. `open` is not set.
  [[nodiscard]] answer finish(const open_proof& proof, std::string_view path, const moment& now);
  [[nodiscard]] std::size_t remembered() const noexcept { return proved_.size(); }

 private:
  struct proved {
    const user* who = nullptr;
    /// Of a token that ends: seconds since the epoch; 0: it does not.
    std::int64_t ends_s = 0;
    steady_time until{};
  };
  [[nodiscard]] answer prove(const keyed_digest& of, const api::offered_credentials& offered,
                             std::string_view path, std::string_view peer, const moment& now,
                             const std::function<void()>& wake);
  [[nodiscard]] answer open(open_proof proof, user_book::verdict verdict, std::string_view path,
                            const moment& now, const std::function<void()>& wake);
  [[nodiscard]] answer remember(const keyed_digest& of, const user* who, std::int64_t ends_s,
                                const moment& now);
  [[nodiscard]] static answer refuse(http::response reply, counter& counted);
  [[nodiscard]] answer refuse_unknown(std::string_view path, std::string_view address,
                                      std::string_view why);

  shared_doors& shared_;
  digest_maker digests_;
  std::shared_ptr<const user_book> book_;
  /// Of `book_`, by the digest of what was offered.
  std::unordered_map<keyed_digest, proved, keyed_digest_hash> proved_;
  /// What is digested of parameters.
  std::string text_;
};

}  // namespace weir
