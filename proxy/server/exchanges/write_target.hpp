// SPDX-License-Identifier: Apache-2.0
//
// Where a write goes, also where its request does not say. The intake loop's thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/catalogue.hpp"
#include "api/write_dialect.hpp"

namespace weir {

struct read_target {
  api::write_target is;
  /// The request named none, as its dialect may.
  bool unnamed = false;
};

/// By the request's query. Of a dialect that may leave the database out, that of `unnamed`. The
/// error is the answer to give.
[[nodiscard]] result<read_target, http::response> target_of_write(const api::write_dialect& dialect,
                                                                  std::string_view query,
                                                                  const api::write_target& unnamed);

/// What queries of writes said last, because most clients send the same one again and again. By
/// dialect and query; bounded, and one thread's. What names a password is not remembered.
class target_memory {
 public:
  /// nullptr: it is to be read. Valid until `keep`.
  [[nodiscard]] const api::write_target* find(const api::write_dialect& dialect,
                                              std::string_view query) const noexcept;
  void keep(const api::write_dialect& dialect, std::string_view query,
            const api::write_target& said);

 private:
  static constexpr std::size_t places = 64;
  static constexpr std::size_t query_bytes_max = 256;
  struct known {
    const api::write_dialect* dialect = nullptr;
    std::string query;
    api::write_target said;
  };
  [[nodiscard]] static std::size_t place_of(std::string_view query) noexcept;

  std::vector<known> known_{places};
};

/// A target without a name is created with its first write: its senders cannot. The answer where it
/// cannot be.
[[nodiscard]] std::optional<http::response> create_unnamed(const api::write_dialect& dialect,
                                                           const read_target& target,
                                                           catalogue& databases);

}  // namespace weir
