// SPDX-License-Identifier: Apache-2.0
#include "accounts/line_account.hpp"

#include <numeric>

namespace weir {
namespace {

/// Whether any is not 0. Of most requests none is, and to see that costs less than to add.
template <std::size_t count>
bool any(const std::array<std::uint64_t, count>& of) noexcept {
  std::uint64_t all = 0;
  for (const std::uint64_t each : of) {
    all |= each;
  }
  return all != 0;
}

template <std::size_t count>
void add_all(std::array<std::uint64_t, count>& to, const std::array<std::uint64_t, count>& from) {
  if (!any(from)) {
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    to[i] += from[i];
  }
}

template <std::size_t count>
std::uint64_t sum(const std::array<std::uint64_t, count>& of) noexcept {
  return any(of) ? std::accumulate(of.begin(), of.end(), std::uint64_t{0}) : 0;
}

/// Reports the counts that are not 0 of a list that is indexed by `code`.
template <class code, std::size_t count>
void collect_codes(metric_collector& out, std::string_view name, std::string_view help,
                   std::string_view database, const std::array<std::uint64_t, count>& counts) {
  for (std::size_t i = 0; i < count; ++i) {
    if (counts[i] > 0) {
      out.counter_value(name, help, static_cast<double>(counts[i]),
                        {{"database", database}, {"reason", name_of(static_cast<code>(i))}});
    }
  }
}

}  // namespace

void line_account::add(const line_account& other) noexcept {
  received += other.received;
  accepted += other.accepted;
  carriage_returns += other.carriage_returns;
  byte_order_marks += other.byte_order_marks;
  final_nuls += other.final_nuls;
  withheld += other.withheld;
  add_all(repaired_by_gate, other.repaired_by_gate);
  add_all(noted_by_gate, other.noted_by_gate);
  if (other.received != other.accepted) {
    add_all(refused_by_parser, other.refused_by_parser);
    add_all(rejected_by_gate, other.rejected_by_gate);
    add_all(dropped_by_gate, other.dropped_by_gate);
  }
}

std::uint64_t line_account::rejected() const noexcept {
  return sum(refused_by_parser) + sum(rejected_by_gate) + withheld;
}

std::uint64_t line_account::dropped() const noexcept {
  return sum(dropped_by_gate);
}

std::uint64_t line_account::mended() const noexcept {
  return sum(repaired_by_gate) + carriage_returns + byte_order_marks + final_nuls;
}

std::uint64_t line_account::noted() const noexcept {
  return sum(noted_by_gate);
}

void collect_lines(std::string_view database, const line_account& account, metric_collector& out) {
  out.counter_value("weir_lines_received_total",
                    "Lines with a point, good or bad: accepted + rejected + dropped.",
                    static_cast<double>(account.received), {{"database", database}});
  out.counter_value("weir_lines_accepted_total", "Lines that are in the log.",
                    static_cast<double>(account.accepted), {{"database", database}});
  constexpr std::string_view rejected = "weir_lines_rejected_total";
  constexpr std::string_view rejected_help = "Lines refused, with the sender told why.";
  collect_codes<parse_code>(out, rejected, rejected_help, database, account.refused_by_parser);
  collect_codes<gate_code>(out, rejected, rejected_help, database, account.rejected_by_gate);
  if (account.withheld > 0) {
    out.counter_value(rejected, rejected_help, static_cast<double>(account.withheld),
                      {{"database", database}, {"reason", "all_or_nothing"}});
  }
  collect_codes<gate_code>(out, "weir_lines_dropped_total", "Lines dropped by a rule.", database,
                           account.dropped_by_gate);
  constexpr std::string_view mended = "weir_lines_mended_total";
  constexpr std::string_view mended_help = "Accepted lines that were changed on the way.";
  collect_codes<gate_code>(out, mended, mended_help, database, account.repaired_by_gate);
  collect_codes<gate_code>(out, "weir_lines_noted_total",
                           "Accepted lines that were not changed but deserve a look.", database,
                           account.noted_by_gate);
  const auto report_taken_off = [&](std::string_view reason, std::uint64_t count) {
    if (count > 0) {
      out.counter_value(mended, mended_help, static_cast<double>(count),
                        {{"database", database}, {"reason", reason}});
    }
  };
  report_taken_off("carriage_return", account.carriage_returns);
  report_taken_off("byte_order_mark", account.byte_order_marks);
  report_taken_off("final_nul", account.final_nuls);
}

}  // namespace weir
