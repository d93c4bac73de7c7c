// SPDX-License-Identifier: Apache-2.0
//
// Tables that say what a server's answers mean: rows of statuses and phrases, of which the first
// that fits decides. Each target that speaks HTTP has a table of its own. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "net/http_reply.hpp"
#include "net/server_message.hpp"
#include "sinks/attempt_result.hpp"

namespace weir {

/// `Meaning` is an enumeration of the target's.
template <class Meaning>
struct answer_row {
  enum class body : std::uint8_t { any, page };

  /// Statuses from the first to the last.
  int first = 0;
  int last = 0;
  /// `page`: of an answer that is HTML, so that it comes from a proxy or a web server.
  body of = body::any;
  /// Must stand in the server's message; empty: in any.
  std::string_view phrase;
  Meaning means{};
};

/// Messages of servers that were asked without TLS where they want it: Go's, and nginx's.
inline constexpr std::string_view go_wants_tls = "HTTP request to an HTTPS server";
inline constexpr std::string_view nginx_wants_tls = "HTTP request was sent to HTTPS port";

/// Answers that speak of the request (its path, its headers, who pays), never of what it holds: the
/// same for all targets. What a target knows better of a 404 comes before these rows, and what its
/// server says of lines or samples (400, 409 and 422) behind them.
template <class Meaning, class Row = answer_row<Meaning>>
inline constexpr std::array rows_of_requests{
    Row{401, 401, Row::body::any, "", Meaning::not_allowed},
    Row{403, 403, Row::body::any, "", Meaning::not_allowed},
    Row{407, 407, Row::body::any, "", Meaning::not_allowed},
    Row{408, 408, Row::body::any, "", Meaning::busy},
    Row{425, 425, Row::body::any, "", Meaning::busy},
    Row{429, 429, Row::body::any, "", Meaning::busy},
    Row{413, 413, Row::body::any, "", Meaning::too_large},
    Row{402, 406, Row::body::any, "", Meaning::wrong_place},
    Row{410, 421, Row::body::any, "", Meaning::wrong_place},
    Row{423, 499, Row::body::any, "", Meaning::wrong_place},
    // A page is a proxy's, and of a request without TLS nothing was read at all.
    Row{400, 422, Row::body::page, "", Meaning::wrong_place},
    Row{400, 422, Row::body::any, go_wants_tls, Meaning::wrong_place},
    Row{400, 422, Row::body::any, nginx_wants_tls, Meaning::wrong_place},
};

/// The meaning of the first row that fits, in the tables as they come, or `otherwise`. Requires:
/// reply.answered. `message` is the server's own (server_message).
template <class Meaning>
[[nodiscard]] Meaning meaning_in(std::initializer_list<std::span<const answer_row<Meaning>>> tables,
                                 Meaning otherwise, const http_reply& reply,
                                 std::string_view message) {
  const bool page = is_page(reply.content_type, reply.body);
  for (const std::span<const answer_row<Meaning>> rows : tables) {
    for (const answer_row<Meaning>& row : rows) {
      if (reply.status >= row.first && reply.status <= row.last &&
          (row.of == answer_row<Meaning>::body::any || page) &&
          message.find(row.phrase) != std::string_view::npos) {
        return row.means;
      }
    }
  }
  return otherwise;
}

/// A server's message as the journal says it: with its status where it is a page, or only a status.
struct readable_message {
  std::string text;
  /// See attempt_result::numbers_matter.
  bool numbers_matter = false;
};
[[nodiscard]] readable_message readable(const http_reply& reply, std::string message);

/// An attempt's result with what HTTP says of every answer: its code, its count, its Retry-After.
[[nodiscard]] attempt_result result_of_reply(const http_reply& reply);

/// Counts `reply` by its class.
void count_reply(const http_reply& reply, request_counts& counts) noexcept;

}  // namespace weir
