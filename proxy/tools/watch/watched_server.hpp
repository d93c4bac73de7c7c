// SPDX-License-Identifier: Apache-2.0
//
// Which weir `status`, `top` and `tap` ask, as whom, and what it means when it does not answer.
// Pure: the environment's variables and files are handed in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/http_reply.hpp"
#include "net/transfer.hpp"

namespace weir {

struct watched_server {
  /// "http://127.0.0.1:8086", without a slash at its end.
  std::string url{};
  /// Where it listens there; empty: nowhere.
  std::string unix_path{};
  /// A header; empty: none.
  std::string authorization{};

  /// For messages: the URL, or the socket's path.
  [[nodiscard]] std::string shown() const;
};

/// "http://HOST[:PORT]", "HOST:PORT" or "unix:PATH". The failure says what is wrong with it.
[[nodiscard]] result<watched_server> server_at(std::string_view url);

/// The listener of a configuration that its weir has for administrators.
[[nodiscard]] result<watched_server> server_of_configuration(const settings& configured);

/// Where and as whom credentials may be said, in the order in which they count.
struct watch_credentials {
  std::string token_file{};  // the content of the file that --token-file names
  std::string user_file{};   // "NAME:PASSWORD"
  std::string token{};       // WEIR_TOKEN
  std::string user{};        // WEIR_USER, "NAME:PASSWORD"
};
/// The header of the first that is there; empty: none is.
[[nodiscard]] result<std::string> authorization_of(const watch_credentials& given);

/// A GET of a path below /api/weir/v1/.
[[nodiscard]] transfer_request watch_request(const watched_server& server, std::string_view path);

/// Why weir cannot be seen there, with what to do about it. `detail`: libcurl's words where there
/// is no answer (status 0); `body` of the answer.
[[nodiscard]] std::string why_not_seen(const watched_server& server, int status,
                                       std::string_view detail, std::string_view body);

}  // namespace weir
