// SPDX-License-Identifier: Apache-2.0
//
// Moves a file or a folder to another directory, also on another file system, so that a crash at
// any moment loses nothing and the next call goes on. Over a file_system; no call of the operating
// system is here. Requires: nothing else changes either directory meanwhile (locks see to that).
#pragma once

#include <string>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// Moves `from` to `to`, whose directory exists; finishes a move that was cut short. Both without a
/// trailing slash. A `from` that is missing is no failure: it has been moved, or never was. An
/// empty folder on one side gives way to what is on the other; otherwise, what is on both sides is
/// a failure, and stays as it is.
///
/// On one file system it is one rename. Between two (EXDEV):
///   1. copy to `to`.moving, all of it synced
///   2. make `to`.moved: from here on the copy is what holds
///   3. rename `to`.moving to `to`
///   4. rename `from` to `from`.moved, and remove that
///   5. remove `to`.moved
[[nodiscard]] outcome move_entry(const std::string& from, const std::string& to,
                                 file_system& files);

}  // namespace weir
