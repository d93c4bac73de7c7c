// SPDX-License-Identifier: Apache-2.0
//
// The delivery state machine. Pure.
#include "sinks/delivery.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/influxql_identifier.hpp"
#include "net/server_message.hpp"
#include "sinks/influxdb/influxdb.hpp"

namespace weir {
namespace {

using std::chrono::milliseconds;

bool holds(const std::string& words, std::string_view phrase) {
  return words.find(phrase) != std::string::npos;
}

/// Words of servers that were asked without TLS where they want it: those of Go's, and nginx's.
bool wants_tls(const std::string& words) {
  return holds(words, "HTTP request to an HTTPS server") ||
         holds(words, "HTTP request was sent to HTTPS port");
}

/// Of 400 and its like: a database says them of points, in JSON or plain text. A page is a proxy's,
/// and of a request without TLS nothing was read at all.
answer_class classify_refusal(const answer& given, const std::string& words) {
  if (is_page(given.content_type, given.body) || wants_tls(words)) {
    return answer_class::wrong_place;
  }
  return holds(words, "partial write") ? answer_class::partial_write : answer_class::refused;
}

answer_class classify_client_error(const answer& given, const std::string& words) {
  switch (given.status) {
    case 401:
    case 403:
    case 407:
      return answer_class::not_allowed;
    case 404:
      if (holds(words, "database not found")) {
        return answer_class::missing_database;
      }
      return holds(words, "retention policy not found") ? answer_class::missing_policy
                                                        : answer_class::wrong_place;
    case 408:
    case 425:
    case 429:
      return answer_class::busy;
    case 413:
      return answer_class::too_large;
    case 400:
    case 409:  // of some receivers of remote write: samples that contradict others
    case 422:
      return classify_refusal(given, words);
    default:
      // The others speak of the request (its path, its headers, who pays), never of its points.
      return answer_class::wrong_place;
  }
}

delivery_step waiting(step_kind kind, milliseconds wait, std::string words,
                      answer_class meaning = answer_class::success) {
  delivery_step step;
  step.kind = kind;
  step.wait = wait;
  step.words = std::move(words);
  step.meaning = meaning;
  return step;
}

/// What is to be done about a held lane, where the server's words do not say it themselves.
std::string remedy(answer_class what, const std::string& words, const attempt& tried) {
  if (what == answer_class::missing_database) {
    return "; create it there, or send CREATE DATABASE to weir (key: create_databases)";
  }
  if (what == answer_class::missing_policy && tried.retention_policy.empty()) {
    return "; make a retention policy the default of the database there";
  }
  if (what == answer_class::missing_policy) {
    return "; create it there (CREATE RETENTION POLICY " +
           quoted_identifier(tried.retention_policy) + " ON " + quoted_identifier(tried.database) +
           " DURATION ... REPLICATION 1), or let clients write without rp";
  }
  if (what == answer_class::not_allowed) {
    return "; check the sink's token, or its username and password";
  }
  if (what != answer_class::wrong_place) {
    return {};
  }
  if (wants_tls(words)) {
    return "; let the sink's url begin with https://";
  }
  if (holds(words, "bucket") || holds(words, "no dbrp mapping")) {
    return "; create the bucket there (weir does not), or name another one (key: bucket)";
  }
  return holds(words, "organization") ? "; check the sink's org" : "; is the url right?";
}

/// How many lines the words name as unparsable: one reason stands on each line of the message.
std::uint64_t unparsable_lines(std::string_view words) {
  constexpr std::string_view phrase = "unable to parse '";
  std::uint64_t found = 0;
  for (std::size_t at = words.find(phrase); at != std::string_view::npos;
       at = words.find(phrase, at + phrase.size())) {
    const bool begins_reason =
        at == 0 || words[at - 1] == '\n' || words.substr(0, at).ends_with("partial write: ");
    found += begins_reason ? 1 : 0;
  }
  return found;
}

}  // namespace

answer_class classify(const answer& given, const std::string& words) {
  if (!given.answered) {
    return answer_class::no_answer;
  }
  if (given.status < 400) {
    return given.status == 204 ? answer_class::success : answer_class::not_stored;
  }
  if (given.status >= 400 && given.status < 500) {
    return classify_client_error(given, words);
  }
  if (given.status == 500 && holds(words, "retention policy not found")) {
    return answer_class::missing_policy;
  }
  return answer_class::busy;
}

std::string not_stored_words(int status, std::string_view stored_status,
                             std::string_view location) {
  std::string words = "answered " + std::to_string(status) + ", not ";
  words += stored_status;
  words += ": is the url right?";
  if (!location.empty()) {
    // Its query may repeat that of the request, or a password.
    words += " It redirects to ";
    words += location.substr(0, location.find_first_of("?#"));
  }
  return words;
}

std::uint64_t dropped_points(const std::string& words) {
  constexpr std::string_view phrase = " dropped=";
  std::uint64_t counted = 0;
  // The last one is the server's own; an earlier one may stand inside a line that it quotes.
  if (const std::size_t at = words.rfind(phrase); at != std::string::npos) {
    const char* digits = words.data() + at + phrase.size();
    std::from_chars(digits, words.data() + words.size(), counted);
  }
  // Lines that did not parse are not part of `dropped`.
  return std::max<std::uint64_t>({1, counted, unparsable_lines(words)});
}

delivery_step delivery::next(const answer& given, const attempt& what) {
  std::string words = given.answered ? server_message(given.body) : given.detail;
  const answer_class meaning = classify(given, words);
  if (meaning == answer_class::not_stored) {
    words = not_stored_words(given.status, what.stored_status, given.location);
  } else if (words.empty() && given.answered) {
    words = "status " + std::to_string(given.status);
  } else if (given.answered && is_page(given.content_type, given.body)) {
    words = "answered " + std::to_string(given.status) + " with " + words;
  }
  delivery_step step = step_for(meaning, what, std::move(words));
  step.meaning = meaning;
  return rested(std::move(step), given);
}

/// How long a step waits in all, with what the server asks for.
delivery_step delivery::rested(delivery_step step, const answer& given) const {
  step.own_wait = step.wait;
  if (given.retry_after && (step.kind == step_kind::retry || step.kind == step_kind::hold)) {
    const milliseconds most = std::max(pace_.retry_most, milliseconds{1}) * retry_after_factor;
    step.wait = std::max(step.wait, std::min<milliseconds>(*given.retry_after, most));
  }
  return step;
}

delivery_step delivery::step_for(answer_class what, const attempt& tried, std::string words) {
  const auto settle = [&](step_kind kind, std::uint64_t dropped) {
    settled();
    delivery_step step;
    step.kind = kind;
    step.dropped = dropped;
    step.words = std::move(words);
    return step;
  };
  switch (what) {
    case answer_class::success:
      return settle(step_kind::delivered, 0);
    case answer_class::partial_write: {
      const std::uint64_t dropped = std::min(dropped_points(words), tried.points);
      return settle(step_kind::delivered_partly, dropped);
    }
    case answer_class::refused:
      return settle(step_kind::refused, 0);
    case answer_class::too_large:
      return settle(tried.points > 1 ? step_kind::halve : step_kind::refused, 0);
    case answer_class::no_answer:
    case answer_class::busy:
      return waiting(step_kind::retry, retry_wait(), std::move(words));
    case answer_class::missing_database:
      if (tried.may_create && !creation_tried_) {
        creation_tried_ = true;
        return waiting(step_kind::create_database, milliseconds{0}, std::move(words));
      }
      // The next attempt after the rest may create it again.
      creation_tried_ = false;
      break;
    case answer_class::missing_policy:
    case answer_class::not_allowed:
    case answer_class::wrong_place:
    case answer_class::not_stored:
      break;
  }
  return waiting(step_kind::hold, hold_wait(), words + remedy(what, words, tried));
}

delivery_step delivery::created(const answer& given) {
  delivery_step step = creation_step(given);
  if (step.wait.count() > 0) {
    creation_tried_ = false;
    step.words = "CREATE DATABASE: " + step.words;
  }
  return rested(std::move(step), given);
}

delivery_step delivery::creation_step(const answer& given) {
  if (!given.answered) {
    return waiting(step_kind::retry, retry_wait(), given.detail, answer_class::no_answer);
  }
  std::string words = server_message(given.body);
  if (words.empty()) {
    words = "status " + std::to_string(given.status);
  }
  const answer_class meaning = classify(given, words);
  if (meaning == answer_class::busy || meaning == answer_class::missing_policy) {
    return waiting(step_kind::retry, retry_wait(), std::move(words), answer_class::busy);
  }
  if (given.status == 200) {
    // Its success is results without an error, whatever the status promises.
    std::string error = query_error(given.body);
    return error.empty() ? waiting(step_kind::retry, milliseconds{0}, {})
                         : waiting(step_kind::hold, hold_wait(), std::move(error), meaning);
  }
  if (meaning == answer_class::not_stored || meaning == answer_class::success) {
    words = not_stored_words(given.status, "200", given.location);
  }
  return waiting(step_kind::hold, hold_wait(), std::move(words), meaning);
}

milliseconds delivery::retry_wait() {
  const auto least = std::max<std::int64_t>(1, pace_.retry_least.count());
  const auto most = std::max<std::int64_t>(least, pace_.retry_most.count());
  retries_ = std::min(retries_ + 1, 40U);
  // Doubled in floating point: forty doublings of a day would not fit an integer.
  const double doubled = static_cast<double>(least) * static_cast<double>(1ULL << retries_);
  const auto bound =
      doubled >= static_cast<double>(most) ? most : static_cast<std::int64_t>(doubled);
  // Full jitter above the least: clients that failed together do not come back together.
  const auto spread = random_up_to(static_cast<std::uint64_t>(bound - least));
  return milliseconds(least + static_cast<std::int64_t>(spread));
}

milliseconds delivery::hold_wait() {
  const auto most = std::max<std::int64_t>(1, pace_.retry_most.count());
  const auto first = std::max<std::int64_t>(1, pace_.retry_least.count()) * 4;
  holds_ = std::min(holds_ + 1, 40U);
  const double doubled = static_cast<double>(first) * static_cast<double>(1ULL << (holds_ - 1));
  const auto bound =
      doubled >= static_cast<double>(most) ? most : static_cast<std::int64_t>(doubled);
  // Half of it is certain, so that a held lane never hammers.
  const auto spread = random_up_to(static_cast<std::uint64_t>(bound - bound / 2));
  return milliseconds(bound / 2 + static_cast<std::int64_t>(spread));
}

std::uint64_t delivery::random_up_to(std::uint64_t most) noexcept {
  // splitmix64: eight bytes of state, good enough to spread retries.
  random_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = random_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  mixed ^= mixed >> 31;
  return most == UINT64_MAX ? mixed : mixed % (most + 1);
}

void delivery::settled() noexcept {
  retries_ = 0;
  holds_ = 0;
  creation_tried_ = false;
}

}  // namespace weir
