// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/time.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/saturating.hpp"
#include "base/text/rfc3339.hpp"

namespace weir {
namespace {

constexpr std::int64_t time_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max();

/// As people read it, with as many decimals as it has.
std::string date_of(std::int64_t time) {
  return rfc3339(time, rfc3339_decimals::needed);
}

/// Whether it stays in line protocol's own range (three values of 64 bits are left out there).
bool scaled(std::int64_t number, std::int64_t unit_ns, std::int64_t& time) noexcept {
  return !__builtin_mul_overflow(number, unit_ns, &time) && time > time_min + 1 && time < time_max;
}

}  // namespace

void time_check::begin(const gate_request& request) noexcept {
  const database_settings& policy = *request.policy;
  assigned_ = assigned_time(request);
  unit_ns_ = request.unit_ns;
  mode_ = policy.precision_mistake;
  may_be_ns_ = request.may_be_ns && unit_ns_ > 1;
  earliest_ = saturating_add(request.now_ns, policy.plausible.from.count());
  latest_ = saturating_add(request.now_ns, policy.plausible.to.count());
  if (unit_ns_ == automatic_unit_ns) {
    plain_from_ = 1;
    plain_to_ = 0;
  } else if (mode_ == precision_mistake_mode::trust && !may_be_ns_) {
    plain_from_ = time_min;
    plain_to_ = time_max;
  } else {
    plain_from_ = earliest_;
    plain_to_ = latest_;
  }
}

time_check::fit time_check::fits(std::int64_t number) const noexcept {
  fit fitting;
  for (const time_unit& unit : time_units) {
    std::int64_t time = 0;
    if (scaled(number, unit.ns, time) && is_plausible(time)) {
      if (fitting.units == 0) {
        fitting.unit_ns = unit.ns;
        fitting.time = time;
      }
      ++fitting.units;
    }
  }
  return fitting;
}

gate_answer time_check::judge(std::int64_t& time) noexcept {
  overflowed_ = false;
  if (unit_ns_ == automatic_unit_ns) {
    number_ = time;
    return automatic(time);
  }
  number_ = time / unit_ns_;  // exact: the parser multiplied
  return mistaken(time);
}

gate_answer time_check::automatic(std::int64_t& time) noexcept {
  const fit fitting = fits(number_);
  if (fitting.units == 1) {
    time = fitting.time;
    return {};
  }
  return {gate_action::reject,
          fitting.units == 0 ? gate_code::precision_unknown : gate_code::precision_ambiguous};
}

gate_answer time_check::mistaken(std::int64_t& time) noexcept {
  if (may_be_ns_ && is_plausible(number_)) {
    time = number_;
    return {gate_action::repair, gate_code::precision_mended};
  }
  if (mode_ == precision_mistake_mode::trust) {
    return {};
  }
  // The declared unit is none of them: it put the time outside.
  const fit fitting = fits(number_);
  if (fitting.units != 1) {
    return {};
  }
  if (mode_ == precision_mistake_mode::mend) {
    time = fitting.time;
    return {gate_action::repair, gate_code::precision_mended};
  }
  return {gate_action::reject, gate_code::precision_mistaken};
}

gate_answer time_check::check_overflowed(std::int64_t number, std::int64_t& time) noexcept {
  if (unit_ns_ == automatic_unit_ns || (mode_ == precision_mistake_mode::trust && !may_be_ns_)) {
    return {};
  }
  number_ = number;
  overflowed_ = true;
  return mistaken(time);
}

std::string time_check::detail(gate_code code, const point_view& /*point*/) const {
  const fit fitting = fits(number_);
  if (code == gate_code::precision_mistaken) {
    std::string text = fmt::format("timestamp {} ", number_);
    if (overflowed_) {
      text += fmt::format("is beyond every date when read as {}", unit_name(unit_ns_));
    } else {
      constexpr std::size_t year_digits = 4;
      text += fmt::format("lies in {} when read as {}",
                          date_of(number_ * unit_ns_).substr(0, year_digits), unit_name(unit_ns_));
    }
    const std::string_view unit = unit_name(fitting.unit_ns);
    return text + fmt::format("; read as {} it would be {}: send precision={}", unit,
                              date_of(fitting.time), unit);
  }
  if (code == gate_code::precision_ambiguous) {
    return fmt::format(
        "timestamp {} is plausible in {} units (read as {} it would be {}): send its precision, "
        "or narrow the database's plausible window",
        number_, fitting.units, unit_name(fitting.unit_ns), date_of(fitting.time));
  }
  return fmt::format(
      "timestamp {} is plausible in no unit (not between {} and {}): send its precision, or widen "
      "the database's plausible window",
      number_, date_of(earliest_), date_of(latest_));
}

}  // namespace weir
