// SPDX-License-Identifier: Apache-2.0
//
// The pages that a process holds: of the program and its libraries, and of its heap. Any thread.
#pragma once

namespace weir {

/// Lets go of the pages that the program and its libraries are read from: starting touched many
/// that running does not. Those that are needed come back by themselves, from the system's cache.
/// What was written to (data, relocations) stays.
void release_program_pages() noexcept;

/// Has the allocator keep the pages of buffers that come again with each batch: to give them back
/// to the system and have them cleared anew costs more than to fill them. Once, before there are
/// other threads.
void keep_heap_pages() noexcept;

/// Gives back to the system what the heap holds and nobody uses. Each arena is locked while its
/// pages go, some milliseconds after a load: for when nothing goes on.
void give_back_heap_pages() noexcept;

}  // namespace weir
