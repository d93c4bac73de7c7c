// SPDX-License-Identifier: Apache-2.0
#include "api/remote_write/remote_write.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "api/influx_v1.hpp"
#include "api/remote_write/read_request.hpp"
#include "base/text/ascii.hpp"
#include "codec/snappy.hpp"

namespace weir::api {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

http::response plain_error(int status, std::string_view message) {
  return text_response(status, std::string(message) + "\n");
}

/// How a dialect says what is wrong.
using error_words = http::response (*)(int status, std::string_view message);

class remote_write_translation final : public body_translation {
 public:
  remote_write_translation(int version, error_words error) noexcept
      : version_(version), error_(error) {}

  std::optional<http::response> translate(std::string_view body, std::size_t bytes_max,
                                          translated_lines& to) override;
  void amend(const write_verdict& verdict, bool quiet, http::response& answer) const override;

 private:
  [[nodiscard]] http::response refuse(std::string_view why) const;
  [[nodiscard]] std::string not_written() const;

  const int version_;
  const error_words error_;
  sample_counts counts_;
  wrong_series wrong_;
};

/// What version 2 has in each answer from which a sender may tell what was written.
void add_written(std::uint64_t samples, http::response& answer) {
  answer.headers.emplace_back("X-Prometheus-Remote-Write-Samples-Written", std::to_string(samples));
  answer.headers.emplace_back("X-Prometheus-Remote-Write-Histograms-Written", "0");
  answer.headers.emplace_back("X-Prometheus-Remote-Write-Exemplars-Written", "0");
}

http::response remote_write_translation::refuse(std::string_view why) const {
  http::response answer = error_(400, why);
  if (version_ == 2) {
    add_written(0, answer);
  }
  return answer;
}

std::optional<http::response> remote_write_translation::translate(std::string_view body,
                                                                  std::size_t bytes_max,
                                                                  translated_lines& to) {
  const auto length = declared_bytes(body);
  if (!length) {
    return error_(400, "the body is no snappy block (remote write sends one, not framed)");
  }
  if (*length > bytes_max) {
    return error_(413, fmt::format("Request Entity Too Large: the body holds {} bytes, and {} are "
                                   "allowed (http.body_limit)",
                                   *length, bytes_max));
  }
  std::string message;
  if (!to.has_room(static_cast<std::size_t>(*length))) {
    return refuse({});
  }
  if (decode_snappy_block(body, bytes_max, message) != snappy_status::whole) {
    return error_(400, "the body is no snappy block (remote write sends one, not framed)");
  }
  series_lines lines(to);
  const auto failed =
      version_ == 2 ? read_version_2(message, to, lines, wrong_) : read_version_1(message, lines);
  counts_ = lines.counts();
  return failed ? std::optional(refuse(failed->message)) : std::nullopt;
}

/// What is left out although its sender asked for it to be kept.
std::string remote_write_translation::not_written() const {
  std::string words;
  const auto add = [&words](std::uint64_t count, std::string_view what) {
    if (count > 0) {
      words += fmt::format("{}{} {}", words.empty() ? "" : "; ", count, what);
    }
  };
  add(counts_.histograms, "native histograms were not written: only numbers can be");
  add(counts_.unwritable,
      "samples were not written: a name or label has a line feed in it or a backslash at its end");
  add(wrong_.samples, "samples were not written: their labels are wrong");
  for (const std::string& reason : wrong_.reasons) {
    words += "\n" + reason;
  }
  return words;
}

void remote_write_translation::amend(const write_verdict& verdict, bool quiet,
                                     http::response& answer) const {
  if (version_ != 2) {
    return;
  }
  // A sample that says no more than that nothing is there is dealt with: its sender is to count no
  // failure.
  const std::uint64_t refused = verdict.rejected + verdict.dropped();
  const std::uint64_t given = counts_.lines - std::min(counts_.lines, refused);
  const std::string words = not_written();
  if (!words.empty() && !quiet) {
    const std::string said = verdict.flawless() ? words : verdict_message(verdict) + "\n" + words;
    answer = error_(400, said);
  }
  add_written(verdict.nothing_kept ? 0 : given + counts_.stale_markers + counts_.not_finite,
              answer);
}

result<write_target, http::response> parse_target(std::string_view query, error_words error) {
  const auto pairs = http::decode_form(query);
  write_target target;
  target.database = http::find_value(pairs, "db").value_or("");
  target.retention_policy = http::find_value(pairs, "rp").value_or("");
  target.unit_ns = ns_per_ms;
  target.precision_stated = true;
  if (const std::string refused = finish_target(pairs, target); !refused.empty()) {
    return error(400, refused);
  }
  return target;
}

template <error_words error>
result<std::unique_ptr<body_translation>, http::response> translation_of(
    const http::request_head& head) {
  const std::string_view type = head.header("Content-Type").value_or("");
  const auto version = remote_write_version(type);
  if (!version) {
    return error(415, fmt::format("Unsupported Media Type: {} is no remote write; send "
                                  "application/x-protobuf, with proto=prometheus.WriteRequest or "
                                  "proto=io.prometheus.write.v2.Request",
                                  quoted_value(type)));
  }
  // A message is one snappy block, whether its encoding is named or not; as in Prometheus, another
  // one is no remote write.
  const std::string_view encoding = head.header("Content-Encoding").value_or("");
  if (!encoding.empty() && !equal_ignoring_case(encoding, "snappy") &&
      !equal_ignoring_case(encoding, "identity")) {
    return error(415, fmt::format("Unsupported Media Type: {} is no encoding of remote write; send "
                                  "snappy",
                                  quoted_value(encoding)));
  }
  return std::unique_ptr<body_translation>(
      std::make_unique<remote_write_translation>(*version, error));
}

template <error_words error>
http::response answer_to(const write_verdict& verdict) {
  return verdict.flawless() ? http::response{} : error(400, verdict_message(verdict));
}

template <error_words error>
http::response body_failed(http::body_failure why) {
  const failure_message failure = body_failure_message(why);
  return error(failure.status, failure.status == 503 ? overloaded_message(failure.message)
                                                     : std::string(failure.message));
}

template <error_words error>
http::response try_later(std::string_view why) {
  return error(503, overloaded_message(why));
}

template <error_words error>
http::response too_large(std::string_view why) {
  return error(413, why);
}

template <error_words error>
http::response refused(std::string_view why) {
  return error(400, why);
}

/// Both have the same functions, which differ in how an error looks.
template <error_words error>
constexpr write_dialect dialect_with(std::string_view name) {
  return {.name = name,
          .parse_target = nullptr,
          .answer = answer_to<error>,
          .body_failed = body_failed<error>,
          .overloaded = try_later<error>,
          // Senders read it as seconds, or not at all.
          .reads_retry_after = [](const http::request_head&) { return true; },
          .too_large = too_large<error>,
          .refused = refused<error>,
          .translation = translation_of<error>};
}

/// The media type, and the value of its parameter `proto`, of "type; name=value; ...".
struct media_type {
  std::string_view type;
  std::string_view proto;
};

media_type media_type_of(std::string_view text) noexcept {
  media_type read;
  std::size_t end = std::min(text.find(';'), text.size());
  read.type = trimmed(text.substr(0, end));
  while (end < text.size()) {
    text.remove_prefix(end + 1);
    end = std::min(text.find(';'), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (equal_ignoring_case(trimmed(pair.substr(0, equals)), "proto")) {
      read.proto = trimmed(pair.substr(std::min(equals + 1, pair.size())));
    }
  }
  if (read.proto.size() >= 2 && read.proto.front() == '"' && read.proto.back() == '"') {
    read.proto = read.proto.substr(1, read.proto.size() - 2);
  }
  return read;
}

}  // namespace

std::optional<int> remote_write_version(std::string_view content_type) noexcept {
  const auto [type, proto] = media_type_of(content_type);
  if (!type.empty() && !equal_ignoring_case(type, "application/x-protobuf")) {
    return std::nullopt;
  }
  if (proto.empty() || proto == "prometheus.WriteRequest") {
    return 1;
  }
  return proto == "io.prometheus.write.v2.Request" ? std::optional(2) : std::nullopt;
}

std::optional<std::uint64_t> declared_bytes(std::string_view block) noexcept {
  std::uint64_t length = 0;
  for (unsigned at = 0; at < 5 && at < block.size(); ++at) {
    const auto byte = static_cast<unsigned char>(block[at]);
    length |= std::uint64_t{byte & 127U} << (7 * at);
    if (byte < 128) {
      return length;
    }
  }
  return std::nullopt;
}

const write_dialect& prometheus_write() noexcept {
  static constexpr write_dialect dialect = [] {
    write_dialect made = dialect_with<plain_error>("remote_write");
    made.parse_target = [](std::string_view query) { return parse_target(query, plain_error); };
    made.may_name_none = true;
    return made;
  }();
  return dialect;
}

const write_dialect& influx_prometheus_write() noexcept {
  static constexpr write_dialect dialect = [] {
    write_dialect made = dialect_with<error_response>("remote_write_v1");
    made.parse_target = [](std::string_view query) -> result<write_target, http::response> {
      auto target = parse_target(query, error_response);
      if (target.ok() && target.value().database.empty()) {
        return error_response(400, "database is required");
      }
      return target;
    };
    made.missing = not_there;
    return made;
  }();
  return dialect;
}

}  // namespace weir::api
