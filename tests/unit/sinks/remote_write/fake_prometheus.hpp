// SPDX-License-Identifier: Apache-2.0
//
// A Prometheus 2.42 as its remote write receiver behaves, in memory: all or nothing a request, one
// newest sample for each series, a bound for old ones. It decodes what it is sent with snappy and
// protozero and insists on what the specification demands. Single-threaded.
#pragma once

#include <gtest/gtest.h>
#include <snappy.h>

#include <algorithm>
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

inline received_sample decode_series(protozero::pbf_reader message) {
  received_sample out;
  int samples = 0;
  while (message.next()) {
    if (message.tag() == 1) {
      out.labels.push_back(decode_label(message.get_message()));
      continue;
    }
    EXPECT_EQ(message.tag(), 2U);
    ++samples;
    protozero::pbf_reader inner = message.get_message();
    while (inner.next()) {
      if (inner.tag() == 1) {
        out.value = inner.get_double();
      } else {
        out.time_ms = inner.get_int64();
      }
    }
  }
  EXPECT_EQ(samples, 1);
  return out;
}

inline std::vector<received_sample> decode_request(const std::string& body) {
  std::string raw;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &raw));
  std::vector<received_sample> out;
  protozero::pbf_reader request{raw};
  while (request.next(1)) {
    out.push_back(decode_series(request.get_message()));
  }
  return out;
}

/// Sorted labels, no name twice, no empty one, and each series once.
inline void expect_well_formed(const std::vector<received_sample>& request) {
  std::set<std::string> seen;
  for (const received_sample& one : request) {
    for (std::size_t i = 0; i < one.labels.size(); ++i) {
      EXPECT_FALSE(one.labels[i].first.empty());
      EXPECT_FALSE(one.labels[i].second.empty());
      EXPECT_TRUE(i == 0 || one.labels[i - 1].first < one.labels[i].first) << one.series();
    }
    EXPECT_TRUE(seen.insert(one.series()).second) << "twice in a request: " << one.series();
  }
}

class fake_prometheus final : public transfer {
 public:
  using samples = std::map<std::int64_t, double>;

  void post(transfer_request request, done on_done) override {
    std::string body;
    for (const std::string_view piece : request.body) {
      body += piece;
    }
    headers = request.headers;
    ++requests;
    std::optional<http_reply> given = behave ? behave(requests) : std::nullopt;
    if (!given) {
      given = take(decode_request(body));
    }
    ++statuses[given->status];
    if (silent) {
      return;
    }
    on_done(std::move(*given));
  }
  void abort() override {}

  http_reply take(const std::vector<received_sample>& request) {
    expect_well_formed(request);
    sizes.push_back(request.size());
    http_reply given;
    given.answered = true;
    given.status = 204;
    for (const received_sample& one : request) {
      if (std::string words = refuses(one); !words.empty()) {
        given.status = 400;
        given.body = std::move(words);
        return given;
      }
    }
    for (const received_sample& one : request) {
      stored[one.series()][one.time_ms] = one.value;
    }
    return given;
  }

  /// What the test wants refused, in whose words; empty: nothing.
  std::function<std::string(const received_sample&)> extra;
  /// How to answer request number n instead.
  std::function<std::optional<http_reply>(std::size_t)> behave;
  /// The answers get lost: as if the sender died.
  bool silent = false;
  std::int64_t oldest_ms = std::numeric_limits<std::int64_t>::min();
  std::map<std::string, samples> stored;
  std::map<int, std::size_t> statuses;
  std::vector<std::size_t> sizes;
  std::vector<std::string> headers;
  std::size_t requests = 0;

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
    if (one.time_ms < time_ms) {
      return "out of order sample\n";
    }
    return one.time_ms == time_ms && one.value != value ? "duplicate sample for timestamp\n" : "";
  }
};

}  // namespace weir
