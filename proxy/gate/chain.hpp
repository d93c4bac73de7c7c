// SPDX-License-Identifier: Apache-2.0
//
// The chain: which checks a point passes, in which order. A further check is a class in files of
// its own, a line in `gate_checks` and, where it has codes of its own, their rows in codes.hpp.
//
// A check is a class with
//
//   void begin(const gate_request&)                     a request begins
//   gate_answer check(passage&)                         one point; may change it (then: repair)
//
// and, because nearly all points are like points before them and are not checked one by one
// (gate::pass_known), with one of
//
//   bool passes(const point_view&, std::int64_t& time)  whether the point passes as it is; cheap
//   std::uint64_t settings_of_shape()                   where the answer depends on nothing but the
//                                                       point's tags and the names and types of its
//                                                       fields: a number for the settings (at most
//                                                       32 bits) under which it was found
//
// and, where a message of its codes (codes.hpp) has {detail}, with
//
//   std::string detail(gate_code, const point_view&)    of the point that it refused last
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <tuple>

#include "gate/checks/field_count.hpp"
#include "gate/checks/long_strings.hpp"
#include "gate/checks/names.hpp"
#include "gate/checks/retention.hpp"
#include "gate/checks/time.hpp"
#include "gate/checks/unsigned_values.hpp"
#include "gate/passage.hpp"
#include "gate/rules/rules_check.hpp"

namespace weir {

/// The operator's rules come first; then times and retention, of the time that the point has then;
/// then names and values. series_check, which needs the line as it will be, follows them all.
using gate_checks = std::tuple<  //
    rules_check,                 //
    time_check,                  //
    retention_check,             //
    names_check,                 //
    unsigned_check,              //
    field_count_check,           //
    long_strings_check>;

template <class T>
concept looks_at_each_point = requires(const T& check, const point_view& point,
                                       std::int64_t& time) {
  { check.passes(point, time) } -> std::same_as<bool>;
};
template <class T>
concept looks_at_shapes = requires(const T& check) {
  { check.settings_of_shape() } -> std::same_as<std::uint64_t>;
};
template <class T>
concept has_detail = requires(const T& check, gate_code code, const point_view& point) {
  { check.detail(code, point) } -> std::same_as<std::string>;
};
template <class T>
concept gate_check = (looks_at_each_point<T> ||
                      looks_at_shapes<T>)&&requires(T& check, const gate_request& request,
                                                    passage& one) {
  check.begin(request);
  { check.check(one) } -> std::same_as<gate_answer>;
};

}  // namespace weir
