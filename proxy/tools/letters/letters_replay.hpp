// SPDX-License-Identifier: Apache-2.0
//
// Sending letters again: builds bodies of lines, each for one target, and reads the answers. Pure:
// letters_run.cpp sends them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "letters/letter.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// One request: letters of one database, retention policy and precision.
struct replay_batch {
  static constexpr std::size_t lines_max = 500;
  static constexpr std::size_t bytes_max = 1'000'000;

  std::string database{};
  std::string retention_policy{};
  std::int64_t unit_ns = 1;
  std::string body{};
  /// Letters by the number of their first line in the body: a line may span several.
  std::map<std::uint64_t, std::uint64_t> ids_by_line{};
  std::uint64_t next_line = 1;

  /// "db=metrics&rp=week&precision=s&verbose=true", percent-encoded.
  [[nodiscard]] std::string query() const;
};

/// Whether a letter's line can be sent again, or why not.
enum class replayable : std::uint8_t {
  yes,
  cut,         // it is not whole
  unparsable,  // no configuration would let it through: a person must correct it
};

class replay_planner {
 public:
  /// Puts a letter in its batch. A line without a time gets the time at which it was received, cut
  /// to its precision, as it would have then.
  [[nodiscard]] replayable add(const letter& each);
  /// A batch that is full, or, with `all`, any that is not empty.
  [[nodiscard]] std::optional<replay_batch> take(bool all);

 private:
  /// Targets whose batches are open at a time; one more, and the largest batch goes.
  static constexpr std::size_t open_max = 64;

  line_reader reader_;
  std::vector<replay_batch> open_;
};

struct replay_refusal {
  std::uint64_t id = 0;
  std::string code{};
  std::string message{};
};

/// What weir answered to a batch.
struct replay_outcome {
  /// Why the answer says nothing about any line; empty: it was understood.
  std::string failed{};
  std::vector<replay_refusal> refused{};
};

[[nodiscard]] replay_outcome read_replay_answer(const replay_batch& batch, int status,
                                                std::string_view body);

/// "http://127.0.0.1:8086" for a key of http.listen; `unix_path` for a Unix socket. Nothing where
/// the port is not known (0).
struct replay_server {
  std::string url{};
  std::string unix_path{};
  /// An Authorization header; empty: none.
  std::string authorization{};
};
/// Where weir has users: with the credentials of the first administrator whose token or password
/// the configuration has as it is.
[[nodiscard]] replay_server signed_as_administrator(replay_server to, const settings& configured);
[[nodiscard]] std::optional<replay_server> server_of(std::string_view listen, bool tls = false);
/// The first of several. Where they speak TLS, a Unix socket comes before all others: it needs no
/// certificate.
[[nodiscard]] std::optional<replay_server> server_of(const std::vector<std::string>& listen,
                                                     bool tls);

}  // namespace weir
