// SPDX-License-Identifier: Apache-2.0
//
// What the gate does for some lines at once is what it does for each of them alone: the same random
// requests through both, under many policies, must leave the same lines, counts and refusals.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "gate/gate.hpp"
#include "gate/series/gate_memory.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t day = 86'400'000'000'000;

struct seen {
  std::string text;
  std::vector<std::string> refused;
  gate_tally repaired{};
  gate_tally noted{};
  std::vector<std::pair<std::size_t, std::uint32_t>> runs;
  std::size_t together = 0;
};

class half {
 public:
  explicit half(bool together)
      : together_(together),
        memory_(std::make_unique<gate_memory>(gate_memory_options{
            .series_bytes = std::size_t{1} << 20, .seed = 5, .start_ns = now})) {}

  seen write(const std::string& body, const database_settings& policy, std::int64_t unit_ns,
             bool in_log) {
    gate_.begin({.policy = &policy,
                 .now_ns = now,
                 .unit_ns = unit_ns,
                 .memory = memory_.get(),
                 .database = "db"});
    seen result;
    staged_lines staged;
    line_reader reader{{.unit_ns = unit_ns}};
    reader.feed(body);
    while (reader.next() == line_event::point) {
      if (together_) {
        if (const std::size_t known = gate_.pass_known(reader.upcoming(), staged); known > 0) {
          result.together += known;
          reader.skip(known - 1);
          continue;
        }
      }
      const gate_answer answer = gate_.pass(reader.point(), staged);
      if (answer.action == gate_action::reject || answer.action == gate_action::drop) {
        result.refused.push_back(std::to_string(reader.point().line) + " " +
                                 std::string(name_of(answer.code)) + " " +
                                 gate_.detail(answer, reader.point()));
      }
    }
    result.text = staged.text();
    result.repaired = gate_.repaired();
    result.noted = gate_.noted();
    for (const staged_run& run : staged.runs()) {
      result.runs.emplace_back(run.end, run.points);
    }
    in_log ? gate_.commit() : gate_.rollback();
    return result;
  }

 private:
  bool together_;
  std::unique_ptr<gate_memory> memory_;
  gate gate_;
};

class lines {
 public:
  explicit lines(std::uint32_t seed) : random_(seed) {}

  std::string request(std::int64_t unit_ns) {
    std::string body;
    const std::size_t count = 1 + below(60);
    const std::size_t hosts = 1 + below(6);
    for (std::size_t i = 0; i < count; ++i) {
      append(body, hosts, unit_ns);
    }
    return body;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  void append(std::string& body, std::size_t hosts, std::int64_t unit_ns) {
    body += below(9) == 0 ? "disk" : "cpu";
    // Seldom in another order, or with a tag that some policies refuse.
    body += below(12) == 0 ? ",z=1,host=h" : ",dc=eu,host=h";
    body += std::to_string(below(hosts));
    body += below(50) == 0 ? ",time=1" : "";
    body += " usage=" + std::to_string(below(3)) +
            (below(40) == 0   ? "i"
             : below(15) == 0 ? "."
                              : ".5");
    body += below(30) == 0 ? ",n=7u" : ",n=" + std::to_string(below(2)) + "i";
    body += below(40) == 0 ? ",host=\"x\"" : "";
    body += below(25) == 0 ? ",gauge=\"null\"" : "";
    if (below(10) != 0) {
      std::int64_t time = now - static_cast<std::int64_t>(below(40)) * 1'000'000'000;
      time = below(40) == 0 ? now - 3 * day : below(60) == 0 ? now + 2 * day : time;
      time = below(50) == 0 ? 1'700'000'000 * unit_ns : time;  // seconds where others are due
      body += " " + std::to_string(time / unit_ns);
    }
    body += below(30) == 0 ? "\r\n" : "\n";
  }

  std::mt19937 random_;
};

database_settings random_policy(lines& from) {
  database_settings policy;
  constexpr types_mode types[] = {types_mode::off, types_mode::reject, types_mode::coerce,
                                  types_mode::rename, types_mode::drop_field};
  constexpr duplicates_mode duplicates[] = {duplicates_mode::last, duplicates_mode::reject,
                                            duplicates_mode::spread};
  constexpr expired_mode expired[] = {expired_mode::reject, expired_mode::drop,
                                      expired_mode::clamp};
  constexpr name_mode names[] = {name_mode::reject, name_mode::drop, name_mode::pass,
                                 name_mode::rename};
  constexpr name_mode time_keys[] = {name_mode::reject, name_mode::drop, name_mode::pass,
                                     name_mode::drop_field};
  constexpr unsigned_mode unsigneds[] = {unsigned_mode::integer, unsigned_mode::pass,
                                         unsigned_mode::reject};
  policy.types = types[from.below(std::size(types))];
  policy.duplicates = duplicates[from.below(std::size(duplicates))];
  policy.expired = expired[from.below(std::size(expired))];
  policy.time_key = time_keys[from.below(std::size(time_keys))];
  policy.tag_and_field = names[from.below(std::size(names))];
  policy.reserved_tags = name_mode::pass;
  policy.unsigned_values = unsigneds[from.below(std::size(unsigneds))];
  policy.flink_gauges = from.below(3) == 0;
  if (from.below(2) == 0) {
    policy.retention = nanoseconds(day);
  }
  if (from.below(2) == 0) {
    policy.future = nanoseconds(day);
  }
  if (from.below(4) == 0) {
    policy.series_total = 4;
  }
  return policy;
}

TEST(known_lines, pass_as_each_of_them_alone) {
  std::size_t together = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    lines source(seed);
    half one(false);
    half some(true);
    database_settings policy = random_policy(source);
    const std::int64_t unit_ns = source.below(3) == 0 ? 1'000'000 : 1;
    for (int request = 0; request < 25; ++request) {
      if (source.below(12) == 0) {
        policy = random_policy(source);  // what was let in under another one is not right for it
      }
      const std::string body = source.request(unit_ns);
      const bool in_log = source.below(8) != 0;
      const seen expected = one.write(body, policy, unit_ns, in_log);
      const seen found = some.write(body, policy, unit_ns, in_log);
      ASSERT_EQ(found.text, expected.text) << seed << '/' << request << '\n' << body;
      ASSERT_EQ(found.refused, expected.refused) << seed << '/' << request << '\n' << body;
      ASSERT_EQ(found.repaired, expected.repaired) << seed << '/' << request << '\n' << body;
      ASSERT_EQ(found.noted, expected.noted) << seed << '/' << request << '\n' << body;
      ASSERT_EQ(found.runs, expected.runs) << seed << '/' << request;
      together += found.together;
    }
  }
  EXPECT_GT(together, 50'000U);  // else this test would say little
}

}  // namespace
}  // namespace weir
