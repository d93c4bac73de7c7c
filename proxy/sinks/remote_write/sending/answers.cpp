// SPDX-License-Identifier: Apache-2.0
//
// The tables of remote write's answers. Pure.
#include "sinks/remote_write/sending/answers.hpp"

#include <array>
#include <utility>

#include "net/server_message.hpp"
#include "sinks/answers/answer_table.hpp"
#include "sinks/remote_write/sending/named_series.hpp"

namespace weir {
namespace {

enum class meaning : std::uint8_t {
  stored,
  not_stored,  // 3xx
  refused,
  too_large,
  busy,
  not_allowed,
  missing,  // a database or retention policy, of a receiver that has such
  wrong_place,
};
using row = answer_row<meaning>;
constexpr row::body any = row::body::any;

constexpr std::array first_rows{
    row{200, 299, any, "", meaning::stored},
    row{0, 399, any, "", meaning::not_stored},
    // Prometheus before 2.50 and 2.55 answers 500 to what it will never take.
    row{500, 500, any, "too old sample", meaning::refused},
    row{500, 500, any, "invalid sample", meaning::refused},
    row{500, 500, any, "out of order sample", meaning::refused},
    row{500, 500, any, "retention policy not found", meaning::missing},
    row{404, 404, any, "database not found", meaning::missing},
    row{404, 404, any, "retention policy not found", meaning::missing},
};
// 400, 409 and 422 are said of samples.
constexpr std::array last_rows{row{400, 422, any, "", meaning::refused}};

struct reason_row {
  std::string_view phrase;
  discard_reason reason;
};
// Prometheus, and Mimir's ids. In this order: "too far in the future" stands behind "out of
// bounds".
constexpr std::array reasons{
    reason_row{"too far in the future", discard_reason::future},
    reason_row{"too-far-in-future", discard_reason::future},
    reason_row{"out of order sample", discard_reason::out_of_order},
    reason_row{"sample-out-of-order", discard_reason::out_of_order},
    reason_row{"duplicate sample for timestamp", discard_reason::duplicate},
    reason_row{"sample-duplicate-timestamp", discard_reason::duplicate},
    reason_row{"out of bounds", discard_reason::too_old},
    reason_row{"too old sample", discard_reason::too_old},
    reason_row{"timestamp-too-old", discard_reason::too_old},
};

bool holds(std::string_view message, std::string_view phrase) {
  return message.find(phrase) != std::string_view::npos;
}

std::string_view remedy(meaning of, std::string_view message) {
  if (of == meaning::not_allowed) {
    return "; check the sink's token, or its username and password";
  }
  if (of == meaning::missing) {
    return "; create it there";
  }
  if (of == meaning::wrong_place) {
    return holds(message, go_wants_tls) || holds(message, nginx_wants_tls)
               ? "; let the sink's url begin with https://"
               : "; is the url right?";
  }
  return {};
}

hold_cause cause_of(meaning of, std::string_view message) {
  if (of == meaning::not_allowed) {
    return hold_cause::not_allowed;
  }
  if (of == meaning::missing) {
    return holds(message, "retention policy") ? hold_cause::missing_policy
                                              : hold_cause::missing_database;
  }
  return holds(message, go_wants_tls) || holds(message, nginx_wants_tls) ? hold_cause::wants_tls
                                                                         : hold_cause::wrong_place;
}

/// What follows for the batch when its request is neither stored nor refused.
attempt_result not_now(meaning of, const http_reply& reply, std::string message) {
  attempt_result result = result_of_reply(reply);
  result.verdict = of == meaning::busy ? attempt_verdict::retry : attempt_verdict::hold;
  if (of == meaning::not_stored) {
    result.message = not_stored_message(reply.status, "2xx", reply.location);
    result.cause = hold_cause::not_a_database;
    result.numbers_matter = true;
    return result;
  }
  const std::string_view what_to_do = remedy(of, message);
  readable_message read = readable(reply, std::move(message));
  result.cause = of == meaning::busy ? hold_cause::other : cause_of(of, read.text);
  result.said = read.text;
  result.message = std::move(read.text);
  result.message += what_to_do;
  result.numbers_matter = read.numbers_matter;
  return result;
}

}  // namespace

// A receiver of version 1 reads another message and says 204, or 400 for its content; one of
// version 2 tells how much it took, unless it did not get as far as the samples. Where that is kept
// back on the way, the series that it names show that it read them.
bool knows_no_version_2(const http_reply& reply) {
  if (!reply.answered) {
    return false;
  }
  if (reply.status >= 200 && reply.status <= 299) {
    return reply.samples_written.value_or(0) == 0;
  }
  return reply.status == 415 ||
         (reply.status == 400 && !reply.samples_written && named_refusals(reply.body).empty());
}

bool may_be_stored(const http_reply& reply) {
  return reply.status != 415 && !reply.samples_written;
}

remote_write_answer read_remote_write_answer(const http_reply& reply) {
  remote_write_answer answer;
  if (!reply.answered) {
    answer.result = attempt_result::failed(reply.detail);
    return answer;
  }
  std::string message = server_message(reply.body);
  const meaning means = meaning_in<meaning>({first_rows, rows_of_requests<meaning>, last_rows},
                                            meaning::busy, reply, message);
  answer.status = reply.status;
  answer.message = message.empty() ? "status " + std::to_string(reply.status) : message;
  switch (means) {
    case meaning::stored:
      answer.what = remote_write_answer::kind::stored;
      answer.page = is_page(reply.content_type, reply.body);
      break;
    case meaning::refused:
      answer.what = remote_write_answer::kind::refused;
      answer.written = reply.samples_written;
      // Thanos, and Mimir with Cortex, unlike a Prometheus.
      answer.rest_is_stored = reply.samples_written.has_value() || reply.status == 409 ||
                              holds(message, "err-mimir-") || holds(message, "series=");
      break;
    case meaning::too_large:
      answer.what = remote_write_answer::kind::too_large;
      break;
    case meaning::not_stored:
    case meaning::busy:
    case meaning::not_allowed:
    case meaning::missing:
    case meaning::wrong_place:
      answer.result = not_now(means, reply, std::move(message));
      break;
  }
  return answer;
}

discard_reason refusal_reason(std::string_view message) {
  for (const reason_row& one : reasons) {
    if (holds(message, one.phrase)) {
      return one.reason;
    }
  }
  return discard_reason::refused;
}

bool names_bound_for_all(std::string_view message) {
  return holds(message, "out of bounds");
}

}  // namespace weir
