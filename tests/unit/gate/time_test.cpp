// SPDX-License-Identifier: Apache-2.0
//
// Mistaken precisions: which are found, which are not, and what is said of them; and `auto`.
#include "gate/checks/time.hpp"

#include "unit/gate/pass_line.hpp"

namespace weir {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t s = 1'000'000'000;
// 2020-04-14T06:01:21Z
constexpr std::int64_t second = 1'586'844'081;

std::string at(std::int64_t number) {
  return "m f=1 " + std::to_string(number);
}

TEST(precision, seconds_sent_as_nanoseconds_are_refused_with_the_unit_that_fits) {
  const passed p = pass_line(at(second), {});
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::precision_mistaken);
  EXPECT_EQ(p.line, "");
  EXPECT_EQ(p.words,
            "timestamp 1586844081 lies in 1970 when read as ns; read as s it would be "
            "2020-04-14T06:01:21Z: send precision=s");
}

TEST(precision, every_pair_of_units_is_told_apart) {
  for (const time_unit& declared : time_units) {
    for (const time_unit& meant : time_units) {
      const std::int64_t number = second * s / meant.ns;
      std::int64_t time = 0;
      if (__builtin_mul_overflow(number, declared.ns, &time)) {
        continue;  // pass_overflowed's part
      }
      const passed p = pass_line(at(number), {}, declared.ns);
      if (declared.ns == meant.ns) {
        EXPECT_EQ(p.answer.action, gate_action::keep) << declared.name;
        continue;
      }
      EXPECT_EQ(p.answer.code, gate_code::precision_mistaken) << declared.name << meant.name;
      EXPECT_TRUE(p.words.ends_with("send precision=" + std::string(meant.name))) << p.words;
    }
  }
}

TEST(precision, mend_reads_the_time_in_the_unit_that_fits) {
  const database_settings mends{.precision_mistake = precision_mistake_mode::mend};
  const passed p = pass_line(at(second * 1000 + 7), mends);
  EXPECT_EQ(p.answer.code, gate_code::precision_mended);
  EXPECT_EQ(p.line, "m f=1 1586844081007000000\n");
  EXPECT_EQ(count(p, gate_code::precision_mended), 1U);
}

TEST(precision, repaired_times_meet_the_retention) {
  const database_settings policy{.retention = std::chrono::hours(1),
                                 .precision_mistake = precision_mistake_mode::mend};
  const passed p = pass_line(at(second), policy);
  EXPECT_EQ(p.answer.code, gate_code::beyond_retention);
  EXPECT_EQ(p.repaired, gate_tally{});
}

TEST(precision, trust_looks_at_nothing) {
  const database_settings trusts{.precision_mistake = precision_mistake_mode::trust};
  const passed p = pass_line(at(second), trusts);
  EXPECT_EQ(p.answer.action, gate_action::keep);
  EXPECT_EQ(p.line, "m f=1 1586844081\n");
}

TEST(precision, a_time_that_no_unit_makes_plausible_is_believed) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{42}, std::int64_t{-1}, -second, -second * s,
        std::int64_t{946'684'800} * s, std::int64_t{9'223'372'036'854'775'806},
        std::int64_t{-9'223'372'036'854'775'806}}) {
    const passed p = pass_line(at(number), {});
    EXPECT_EQ(p.answer.action, gate_action::keep) << number;
    EXPECT_EQ(p.line, at(number) + "\n");
  }
}

TEST(precision, a_time_that_several_units_make_plausible_is_believed) {
  // As ns far in the past of the window; as us and as ms inside it.
  const database_settings wide{
      .plausible = {std::chrono::nanoseconds(-now + 100 * s), std::chrono::hours(24)}};
  EXPECT_EQ(pass_line(at(s), wide).line, at(s) + "\n");
}

TEST(precision, the_window_has_its_ends) {
  const database_settings policy{.plausible = {-std::chrono::hours(1), std::chrono::seconds(10)}};
  const auto code = [&](std::int64_t time_s) { return pass_line(at(time_s), policy).answer.code; };
  const std::int64_t now_s = now / s;
  EXPECT_EQ(code(now_s + 10), gate_code::precision_mistaken);
  EXPECT_EQ(code(now_s + 11), gate_code::none);
  EXPECT_EQ(code(now_s - 3599), gate_code::precision_mistaken);
  EXPECT_EQ(code(now_s - 3600), gate_code::none);
  // What the declared unit puts inside is right, whatever else might fit.
  EXPECT_EQ(pass_line(at(now), policy).answer.code, gate_code::none);
}

TEST(precision, a_window_without_ends_finds_nothing) {
  const database_settings all{.plausible = {nanoseconds::min(), nanoseconds::max()}};
  EXPECT_EQ(pass_line(at(second), all).line, at(second) + "\n");
}

TEST(precision, times_far_off_are_told_by_their_year) {
  const passed p = pass_line(at(second * 1000), {}, us);
  EXPECT_EQ(p.words,
            "timestamp 1586844081000 lies in 1970 when read as us; read as ms it would be "
            "2020-04-14T06:01:21Z: send precision=ms");
  // A fraction keeps the decimals that it has.
  EXPECT_NE(pass_line(at(second * 1000 + 120), {}).words.find("06:01:21.12Z:"), std::string::npos);
}

/// A line whose time overflows in `unit_ns`, as the write path hands it over.
passed pass_overflowed(std::int64_t number, const database_settings& policy, std::int64_t unit_ns) {
  line_reader reader{parse_options{}};
  const std::string line = at(number);
  reader.feed(line);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::point);
  gate chain;
  chain.begin({.policy = &policy, .now_ns = now, .unit_ns = unit_ns});
  staged_lines staged;
  const gate_answer answer = chain.pass_overflowed(reader.point(), staged);
  return {answer, std::string(staged.text()), chain.repaired(),
          chain.detail(answer, reader.point())};
}

TEST(precision, an_overflow_can_be_a_mistaken_precision) {
  const passed p = pass_overflowed(second * s, {}, s);
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.words,
            "timestamp 1586844081000000000 is beyond every date when read as s; read as ns it "
            "would be 2020-04-14T06:01:21Z: send precision=ns");
  const database_settings mends{.precision_mistake = precision_mistake_mode::mend};
  EXPECT_EQ(pass_overflowed(second * s, mends, s).line, "m f=1 1586844081000000000\n");
}

TEST(precision, an_overflow_that_no_unit_explains_stays_one) {
  EXPECT_EQ(pass_overflowed(9'000'000'000'000'000'000, {}, s).answer.action, gate_action::keep);
  const database_settings trusts{.precision_mistake = precision_mistake_mode::trust};
  const passed p = pass_overflowed(second * s, trusts, s);
  EXPECT_EQ(p.answer.action, gate_action::keep);
  EXPECT_EQ(p.line, "");
}

/// One number with a unit that may stand for nanoseconds, through the parser or past it.
passed pass_doubtful(std::int64_t number, const database_settings& policy, std::int64_t unit_ns) {
  std::int64_t scaled = 0;
  const bool overflows = __builtin_mul_overflow(number, unit_ns, &scaled);
  line_reader reader{{.unit_ns = overflows ? 1 : unit_ns}};
  const std::string line = at(number);
  reader.feed(line);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::point);
  gate chain;
  chain.begin({.policy = &policy, .now_ns = now, .unit_ns = unit_ns, .may_be_ns = true});
  staged_lines staged;
  const gate_answer answer = overflows ? chain.pass_overflowed(reader.point(), staged)
                                       : chain.pass(reader.point(), staged);
  return {answer, std::string(staged.text()), chain.repaired(),
          chain.detail(answer, reader.point())};
}

TEST(precision_that_may_be_ns, is_ns_where_nothing_else_is_possible_whatever_the_policy) {
  for (const auto mode : {precision_mistake_mode::reject, precision_mistake_mode::mend,
                          precision_mistake_mode::trust}) {
    const database_settings policy{.precision_mistake = mode};
    for (const std::int64_t unit : {us, us * 1000, s}) {
      const passed p = pass_doubtful(second * s, policy, unit);
      EXPECT_EQ(p.answer.code, gate_code::precision_mended);
      EXPECT_EQ(p.line, "m f=1 1586844081000000000\n");
      EXPECT_EQ(count(p, gate_code::precision_mended), 1U);
    }
    // Meant as it says.
    const passed meant = pass_doubtful(second * 1'000'000, policy, us);
    EXPECT_EQ(meant.answer.action, gate_action::keep);
    EXPECT_EQ(meant.line, "m f=1 1586844081000000000\n");
  }
}

TEST(precision_that_may_be_ns, without_an_overflow_too) {
  // Read as microseconds it is 1995, outside of this window.
  const database_settings early{
      .plausible = {std::chrono::nanoseconds(-now), std::chrono::nanoseconds(-now + 1'000'000 * s)},
      .precision_mistake = precision_mistake_mode::trust};
  const passed p = pass_doubtful(800'000'000'000'000, early, us);
  EXPECT_EQ(p.answer.code, gate_code::precision_mended);
  EXPECT_EQ(p.line, "m f=1 800000000000000\n");
}

TEST(precision_that_may_be_ns, other_mistakes_are_what_they_were) {
  EXPECT_EQ(pass_doubtful(second, {}, us).answer.code, gate_code::precision_mistaken);
  const database_settings trusts{.precision_mistake = precision_mistake_mode::trust};
  EXPECT_EQ(pass_doubtful(second, trusts, us).line, "m f=1 1586844081000\n");
  EXPECT_EQ(pass_doubtful(9'000'000'000'000'000'000, trusts, us).line, "") << "no date at all";
}

TEST(precision_auto, each_time_has_the_unit_that_makes_it_plausible) {
  for (const time_unit& unit : time_units) {
    const std::int64_t number = second * s / unit.ns;
    const passed p = pass_line(at(number), {}, automatic_unit_ns);
    EXPECT_EQ(p.answer.action, gate_action::keep) << unit.name;
    EXPECT_EQ(p.line, at(number * unit.ns) + "\n");
  }
}

TEST(precision_auto, a_missing_time_is_the_time_of_receipt) {
  EXPECT_EQ(pass_line("m f=1", {}, automatic_unit_ns).line, at(now) + "\n");
}

TEST(precision_auto, what_no_unit_makes_plausible_is_refused_by_name) {
  const passed p = pass_line(at(42), {}, automatic_unit_ns);
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::precision_unknown);
  EXPECT_EQ(p.words,
            "timestamp 42 is plausible in no unit (not between 2013-11-16T22:13:20.123456789Z and "
            "2023-11-15T22:13:20.123456789Z): send its precision, or widen the database's "
            "plausible window");
}

TEST(precision_auto, what_several_units_make_plausible_is_refused_by_name) {
  const database_settings wide{
      .plausible = {std::chrono::nanoseconds(-now + 100 * s), std::chrono::hours(24)}};
  const passed p = pass_line(at(s), wide, automatic_unit_ns);
  EXPECT_EQ(p.answer.code, gate_code::precision_ambiguous);
  EXPECT_EQ(p.words,
            "timestamp 1000000000 is plausible in 3 units (read as us it would be "
            "1970-01-01T00:16:40Z): send its precision, or narrow the database's plausible window");
}

}  // namespace
}  // namespace weir
