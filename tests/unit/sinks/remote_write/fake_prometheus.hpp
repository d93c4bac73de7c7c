// SPDX-License-Identifier: Apache-2.0
//
// A Prometheus 2.42 as its remote write receiver behaves, in memory: all or nothing a request, one
// newest sample for each series, a bound for old ones. It decodes what it is sent with snappy and
// protozero and insists on what the specification demands. Single-threaded.
#pragma once

#include <gtest/gtest.h>
#include <snappy.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/transfer.hpp"

namespace weir {

struct received_sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::int64_t time_ms = 0;

  /// name{label="value",...}
  [[nodiscard]] std::string series() const {
    std::string name;
    std::string rest;
    for (const auto& [key, text] : labels) {
      if (key == "__name__") {
        name = text;
      } else {
        rest += (rest.empty() ? "" : ",") + key + "=\"" + text + "\"";
      }
    }
    return name + "{" + rest + "}";
  }
};

inline std::pair<std::string, std::string> decode_label(protozero::pbf_reader message) {
  std::pair<std::string, std::string> out;
  while (message.next()) {
    std::string& side = message.tag() == 1 ? out.first : out.second;
    side = message.get_string();
  }
  return out;
}

inline void decode_sample(protozero::pbf_reader message, received_sample& out) {
  while (message.next()) {
    if (message.tag() == 1) {
      out.value = message.get_double();
    } else {
      out.time_ms = message.get_int64();
    }
  }
}

inline void decode_series(protozero::pbf_reader message, std::vector<received_sample>& out) {
  received_sample one;
  int samples = 0;
  while (message.next()) {
    if (message.tag() == 1) {
      EXPECT_EQ(samples, 0) << "labels come first";
      one.labels.push_back(decode_label(message.get_message()));
      continue;
    }
    EXPECT_EQ(message.tag(), 2U);
    ++samples;
    decode_sample(message.get_message(), one);
    out.push_back(one);
  }
  EXPECT_GT(samples, 0);
}

inline std::vector<received_sample> decode_request(const std::string& body) {
  std::string raw;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &raw));
  std::vector<received_sample> out;
  protozero::pbf_reader request{raw};
  while (request.next(1)) {
    decode_series(request.get_message(), out);
  }
  return out;
}

/// Of version 2: labels refer to symbols.
inline std::vector<received_sample> decode_request_v2(const std::string& body) {
  std::string raw;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &raw));
  std::vector<std::string> symbols;
  std::vector<received_sample> out;
  protozero::pbf_reader request{raw};
  while (request.next()) {
    if (request.tag() == 4) {
      symbols.push_back(request.get_string());
      continue;
    }
    EXPECT_EQ(request.tag(), 5U);
    protozero::pbf_reader series = request.get_message();
    received_sample one;
    while (series.next()) {
      if (series.tag() == 1) {
        std::vector<std::uint32_t> refs;
        for (const std::uint32_t ref : series.get_packed_uint32()) {
          refs.push_back(ref);
        }
        EXPECT_EQ(refs.size() % 2, 0U);
        for (std::size_t i = 0; i + 1 < refs.size(); i += 2) {
          one.labels.emplace_back(symbols.at(refs[i]), symbols.at(refs[i + 1]));
        }
      } else if (series.tag() == 2) {
        decode_sample(series.get_message(), one);
        out.push_back(one);
      } else {
        EXPECT_EQ(series.tag(), 5U);
        series.skip();
      }
    }
  }
  EXPECT_FALSE(symbols.empty());
  EXPECT_EQ(symbols.empty() ? "?" : symbols[0], "");
  EXPECT_EQ(std::set<std::string>(symbols.begin(), symbols.end()).size(), symbols.size());
  return out;
}

/// Sorted labels, no name twice, no empty one, and the samples of each series together and in order
/// of time.
inline void expect_well_formed(const std::vector<received_sample>& request) {
  std::set<std::string> seen;
  std::string series;
  std::int64_t last_ms = 0;
  for (const received_sample& one : request) {
    for (std::size_t i = 0; i < one.labels.size(); ++i) {
      EXPECT_FALSE(one.labels[i].first.empty());
      EXPECT_FALSE(one.labels[i].second.empty());
      EXPECT_TRUE(i == 0 || one.labels[i - 1].first < one.labels[i].first) << one.series();
    }
    if (one.series() == series) {
      EXPECT_GT(one.time_ms, last_ms) << series;
    } else {
      series = one.series();
      EXPECT_TRUE(seen.insert(series).second) << "twice in a request: " << series;
    }
    last_ms = one.time_ms;
  }
}

class fake_prometheus final : public transfer {
 public:
  using samples = std::map<std::int64_t, double>;
  static constexpr std::string_view version_2 =
      "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request";

  void post(transfer_request request, done on_done) override {
    std::string body;
    for (const std::string_view piece : request.body) {
      body += piece;
    }
    headers = request.headers;
    ++requests;
    of_version_2 += std::find(headers.begin(), headers.end(), version_2) != headers.end() ? 1U : 0U;
    std::optional<http_reply> given = behave ? behave(requests) : std::nullopt;
    const bool second = std::find(headers.begin(), headers.end(), version_2) != headers.end();
    if (!given && second) {
      given = take_v2(body);
    } else if (!given) {
      given = take(decode_request(body));
    }
    ++statuses[given->status];
    if (take_and_lose && take_and_lose(requests)) {
      given = http_reply::failed("timed out");
    }
    if (silent) {
      return;
    }
    on_done(std::move(*given));
  }
  void abort() override {}

  http_reply take_v2(const std::string& body) {
    http_reply given;
    given.answered = true;
    given.status = status_for_v2;
    if (given.status != 0) {
      return given;  // it does not know it
    }
    const std::vector<received_sample> request = decode_request_v2(body);
    expect_well_formed(request);
    sizes.push_back(request.size());
    std::uint64_t written = 0;
    std::size_t refused = 0;
    for (const received_sample& one : request) {
      if (const std::string words = refuses(one); words.empty()) {
        stored[one.series()][one.time_ms] = one.value;
        ++written;
      } else if (++refused <= names_max) {
        given.body += words.substr(0, words.find('\n')) + " for series {";
        for (const auto& [name, value] : one.labels) {
          given.body += (given.body.ends_with("{") ? "" : ", ") + name + "=\"" + value + "\"";
        }
        given.body += "}\n";
      }
    }
    given.status = written == request.size() ? 204 : 400;
    if (!written_is_kept_back) {
      given.samples_written = written;
    }
    return given;
  }
  http_reply take(const std::vector<received_sample>& request) {
    expect_well_formed(request);
    sizes.push_back(request.size());
    http_reply given;
    given.answered = true;
    given.status = 204;
    if (samples_max != 0 && request.size() > samples_max) {
      given.status = 413;
      return given;
    }
    for (const received_sample& one : request) {
      if (std::string words = refuses(one); !words.empty()) {
        given.body = !keeps_the_rest      ? words
                     : given.body.empty() ? "err-mimir-some-sample: " + words
                                          : given.body;
        given.status = 400;
      } else if (keeps_the_rest) {
        stored[one.series()][one.time_ms] = one.value;
      }
    }
    if (given.status == 400) {
      return given;
    }
    for (const received_sample& one : request) {
      stored[one.series()][one.time_ms] = one.value;
    }
    return given;
  }
  [[nodiscard]] std::set<std::int64_t> times_of(const std::string& series) const {
    std::set<std::int64_t> times;
    if (const auto found = stored.find(series); found != stored.end()) {
      for (const auto& [time_ms, value] : found->second) {
        times.insert(time_ms);
      }
    }
    return times;
  }

  /// What the test wants refused, in whose words; empty: nothing.
  std::function<std::string(const received_sample&)> extra;
  /// How to answer request number n instead.
  std::function<std::optional<http_reply>(std::size_t)> behave;
  /// Whether request number n is dealt with, and its answer gets lost.
  std::function<bool(std::size_t)> take_and_lose;
  /// Samples that are older by less than this are taken.
  std::int64_t window_ms = 0;
  /// What version 2 is answered by one that does not know it; 0: it does.
  int status_for_v2 = 204;
  /// Something between takes off what it says that it stored of a request of version 2.
  bool written_is_kept_back = false;
  /// So many refused samples of a request of version 2 are named.
  std::size_t names_max = std::numeric_limits<std::size_t>::max();
  /// Larger requests are answered 413; 0: none are.
  std::size_t samples_max = 0;
  /// What is good of a request is stored, as Mimir does, even where it is answered 400.
  bool keeps_the_rest = false;
  /// The answers get lost: as if the sender died.
  bool silent = false;
  std::int64_t oldest_ms = std::numeric_limits<std::int64_t>::min();
  std::map<std::string, samples> stored;
  std::map<int, std::size_t> statuses;
  std::vector<std::size_t> sizes;
  std::vector<std::string> headers;
  std::size_t requests = 0;
  /// Of those.
  std::size_t of_version_2 = 0;

 private:
  [[nodiscard]] std::string refuses(const received_sample& one) const {
    if (extra) {
      if (std::string words = extra(one); !words.empty()) {
        return words;
      }
    }
    if (one.time_ms < oldest_ms) {
      return "out of bounds\n";
    }
    const auto found = stored.find(one.series());
    if (found == stored.end()) {
      return {};
    }
    const auto& [time_ms, value] = *found->second.rbegin();
    if (one.time_ms < time_ms && window_ms > 0) {
      return one.time_ms < time_ms - window_ms ? "too old sample\n" : "";
    }
    if (one.time_ms < time_ms) {
      return "out of order sample\n";
    }
    // As Prometheus compares: the bits.
    const bool same =
        std::bit_cast<std::uint64_t>(one.value) == std::bit_cast<std::uint64_t>(value);
    return one.time_ms == time_ms && !same ? "duplicate sample for timestamp\n" : "";
  }
};

}  // namespace weir
