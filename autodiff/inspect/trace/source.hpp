#pragma once
/// \file
/// Where in the program a step was recorded. An operator cannot carry a std::source_location, so a trace that keeps
/// sources walks the stack instead, and keeps nothing but return addresses. They become a file and a line only when
/// somebody reads them: the first frame that is not this library's own, inlined ones included.
///
/// That asks for debug information (-g, or -g1) and, when Downhill is built, for libbacktrace, which comes with gcc
/// (Debian: libgcc-12-dev). Without them a source stays unknown; Trace::here always works.

#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// Appends the return addresses of the innermost frames.
void append_frames(std::vector<void*>& frames);

/// The first of the frames that is outside of the library, as far as debug information tells.
Source source_of_frames(std::span<void* const> frames);

/// Can it tell at all, in this build?
bool can_read_frames();

}  // namespace downhill::inspect
