// SPDX-License-Identifier: Apache-2.0
//
// The pages of the program and of its libraries that a process holds. Any thread.
#pragma once

namespace weir {

/// Lets go of the pages that the program and its libraries are read from: starting touched many
/// that running does not. Those that are needed come back by themselves, from the system's cache.
/// What was written to (data, relocations) stays.
void release_program_pages() noexcept;

}  // namespace weir
