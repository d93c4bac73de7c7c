// SPDX-License-Identifier: Apache-2.0
//
// How one server is asked what it has, and told what clients want done: InfluxDB 1 in InfluxQL,
// InfluxDB 2 by its buckets. What an answer leads to is catalogue_keeper's part. Requests go by a
// function that waits for their answers; no clock. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/query/statement.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "upstream/catalogue/catalogue_questions.hpp"
#include "upstream/catalogue/presence.hpp"

namespace weir {

/// What came of a question.
struct question_answer {
  /// Empty: it is answered.
  std::string why{};
  /// Something answers that does not know the question.
  bool strange = false;

  [[nodiscard]] bool ok() const noexcept { return why.empty(); }
};

class catalogue_server {
 public:
  using asker = std::function<http_reply(const transfer_request&)>;

  virtual ~catalogue_server() = default;

  /// The databases, in the server's order.
  [[nodiscard]] virtual question_answer list(std::vector<std::string>& names) = 0;
  /// The policies of each of them.
  [[nodiscard]] virtual question_answer list_policies(std::span<const std::string> databases,
                                                      std::vector<policies_answer>& out) = 0;
  /// A list may lack what this user or token is not shown: whether what seems to be missing, a
  /// database or a policy of one that is there, is so for certain.
  [[nodiscard]] virtual bool surely(presence missing, const std::string& database,
                                    const std::string& policy) = 0;
  /// Requires: what.administers().
  [[nodiscard]] virtual statement_answer carry_out(const api::statement& what) = 0;
};

// Writes wait for the answers to questions, and clients for those to statements: what takes longer
// counts as no answer. A DROP may have to delete files.
inline constexpr std::chrono::milliseconds question_timeout{2'000};
inline constexpr std::chrono::milliseconds statement_timeout{10'000};
// One list of a hundred thousand names, or the policies of as many databases as are asked at once.
inline constexpr std::size_t catalogue_answer_bytes_max = std::size_t{64} << 20;

/// `server.version` is 1 or 2.
[[nodiscard]] std::unique_ptr<catalogue_server> make_catalogue_server(
    const influxdb_settings& server, catalogue_server::asker ask);

/// An empty write: its answer tells whether the target is there, also to whom no list shows it.
[[nodiscard]] http_reply write_nothing(const influxdb_settings& server, const std::string& database,
                                       const std::string& policy,
                                       const catalogue_server::asker& ask);

// One for each version; `server` is copied.
[[nodiscard]] std::unique_ptr<catalogue_server> make_influxql_catalogue(
    const influxdb_settings& server, catalogue_server::asker ask);
[[nodiscard]] std::unique_ptr<catalogue_server> make_bucket_catalogue(
    const influxdb_settings& server, catalogue_server::asker ask);

}  // namespace weir
