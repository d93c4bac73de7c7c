// SPDX-License-Identifier: Apache-2.0
//
// Bodies of requests: blocks of which the encoder says what repeats are what snappy reads, and hold
// what was given, in both versions.
#include "sinks/remote_write/wire/encoder.hpp"

#include <gtest/gtest.h>
#include <snappy.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <random>

#include "sinks/remote_write/known_series.hpp"
#include "unit/sinks/remote_write/fake_prometheus.hpp"

namespace weir {
namespace {

std::string body_of(request_encoder& of) {
  std::string body;
  of.end(body);
  return body;
}

std::string inflated(const snappy_block& block, std::string_view elements) {
  std::string body;
  wire::append_varint(block.size(), body);
  body += elements;
  std::string out;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &out));
  return out;
}

TEST(snappy_block, literals_of_every_length_are_what_they_are) {
  for (const std::size_t bytes :
       {1U, 59U, 60U, 61U, 255U, 256U, 257U, 65'535U, 65'536U, 65'537U, 16'777'216U, 16'777'217U}) {
    snappy_block block;
    std::string text(bytes, 'x');
    text.front() = 'a';
    text.back() = 'z';
    snappy_writer to = block.begin(bytes);
    to.literal({});
    to.literal(std::string_view(text).substr(0, bytes / 2));
    to.literal(std::string_view(text).substr(bytes / 2));
    block.end(to);
    EXPECT_TRUE(inflated(block, block.elements()) == text) << bytes;
    block.clear();
    EXPECT_EQ(block.size(), 0U);
    to = block.begin(5);
    to.literal("again");
    block.end(to);
    EXPECT_EQ(inflated(block, block.elements()), "again");
  }
}

class seeded : public ::testing::TestWithParam<unsigned> {};

TEST_P(seeded, copies_and_literals_make_the_message) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::size_t bound) { return random() % bound; };
  snappy_block block;
  for (int round = 0; round < 5; ++round) {
    block.clear();
    std::string message;
    std::size_t copied_end = 0;
    while (message.size() < 200'000) {
      if (message.size() > 8 && below(3) != 0) {
        std::size_t back = 1 + below(std::min(message.size(), snappy_writer::back_most));
        // Often what follows the last copy's bytes.
        if (copied_end > 0 && below(2) == 0 &&
            message.size() - copied_end <= snappy_writer::back_most) {
          back = message.size() - copied_end;
        }
        const std::size_t at = message.size() - back;
        const std::size_t bytes = 1 + below(std::min<std::size_t>(back, below(2) == 0 ? 12 : 300));
        snappy_writer to = block.begin(bytes);
        EXPECT_TRUE(to.reaches(at));
        to.copy(at, bytes);
        block.end(to);
        copied_end = at + bytes;
        message += message.substr(at, bytes);
      } else {
        std::string some(below(below(2) == 0 ? 20 : 2'000), '\0');
        std::generate(some.begin(), some.end(), [&] { return static_cast<char>(below(256)); });
        snappy_writer to = block.begin(some.size());
        to.literal(some);
        block.end(to);
        message += some;
      }
    }
    EXPECT_EQ(block.size(), message.size());
    EXPECT_TRUE(inflated(block, block.elements()) == message);
  }
}

struct given_series {
  std::size_t labels;
  std::size_t name;
  std::vector<wire_sample> samples;
};

/// What a decoder gives for it.
std::vector<received_sample> expected(const given_series& one, const wire_labels& labels,
                                      const std::string& name) {
  std::string all = labels.before;
  append_label(wire::name_label, name, all);
  all += labels.after;
  received_sample made;
  for (std::string_view rest = all; !rest.empty();) {
    const auto [key, value] = wire::parts_of_label(wire::take_label(rest));
    made.labels.emplace_back(key, value);
  }
  std::vector<received_sample> out;
  for (const wire_sample& each : one.samples) {
    made.value = std::bit_cast<double>(each.value_bits);
    made.time_ms = each.time_ms;
    out.push_back(made);
  }
  return out;
}

// Labels and names that come again, at the same place or at another, near and too far away for a
// copy; values and times that are the same, alike or of another length.
TEST_P(seeded, both_versions_say_the_same_and_what_was_given) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::size_t bound) { return random() % bound; };
  std::deque<wire_labels> labels;
  std::deque<std::string> names;
  for (int i = 0; i < 40; ++i) {
    wire_labels& made = labels.emplace_back();
    for (const char* key : {"A", "Zone"}) {
      if (below(3) == 0) {
        append_label(key, std::string(1 + below(20), 'v'), made.before);
      }
    }
    for (const char* key : {"a", "host", "long"}) {
      if (below(4) != 0) {
        append_label(key, std::string(1 + below(below(9) == 0 ? 3'000 : 30), 'w'), made.after);
      }
    }
    names.push_back("name_" + std::to_string(i % 30));
  }
  encoder_v1 first;
  encoder_v2 second;
  for (int request = 0; request < 20; ++request) {
    std::vector<received_sample> wanted;
    for (request_encoder* each :
         {static_cast<request_encoder*>(&first), static_cast<request_encoder*>(&second)}) {
      each->clear();
    }
    for (std::size_t i = 0; i < 1 + below(300); ++i) {
      given_series one{below(labels.size()), below(names.size()), {}};
      for (std::size_t n = 0; n <= below(3); ++n) {
        const double value = below(2) == 0 ? static_cast<double>(below(100))
                                           : 1.0 / static_cast<double>(1 + below(9));
        one.samples.push_back({std::bit_cast<std::uint64_t>(value),
                               below(5) == 0
                                   ? static_cast<std::int64_t>(below(1'000)) - 500
                                   : 1'700'000'000'000 + static_cast<std::int64_t>(below(3))});
      }
      const wire_series series{labels[one.labels].before, names[one.name], labels[one.labels].after,
                               below(2) == 0 ? metric_type::unknown : metric_type::gauge};
      first.add(series, one.samples);
      second.add(series, one.samples);
      const auto all = expected(one, labels[one.labels], names[one.name]);
      wanted.insert(wanted.end(), all.begin(), all.end());
    }
    const auto same = [](const received_sample& a, const received_sample& b) {
      return a.labels == b.labels && a.time_ms == b.time_ms && a.value == b.value;
    };
    for (const auto& got : {decode_request(body_of(first)), decode_request_v2(body_of(second))}) {
      EXPECT_TRUE(std::equal(got.begin(), got.end(), wanted.begin(), wanted.end(), same));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, seeded, ::testing::Range(0U, 20U));

TEST(encoders, fields_of_a_point_cost_little_beside_the_first) {
  wire_labels labels;
  append_label("host", std::string(200, 'h'), labels.after);
  const std::deque<std::string> names{"cpu_user", "cpu_system", "cpu_idle"};
  const auto bytes = [&](request_encoder& to, std::size_t fields) {
    to.clear();
    for (std::size_t i = 0; i < fields; ++i) {
      const wire_sample one{std::bit_cast<std::uint64_t>(40.0 + static_cast<double>(i)),
                            1'700'000'000'000};
      to.add({labels.before, names[i], labels.after}, {&one, 1});
    }
    return body_of(to).size();
  };
  encoder_v1 first;
  EXPECT_LT(bytes(first, 3) - bytes(first, 2), 60U);
  encoder_v2 second;
  EXPECT_LT(bytes(second, 3) - bytes(second, 2), 40U);
}

}  // namespace
}  // namespace weir
