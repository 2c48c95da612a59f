#pragma once
/// \file
/// Terminals.

#include <cstdio>

namespace downhill {

/// Does the stream end at a terminal? Where the system has none to ask for, no.
bool is_terminal(std::FILE* stream);

}  // namespace downhill
