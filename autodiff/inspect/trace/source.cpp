#include <autodiff/inspect/trace/source.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif
#if __has_include(<unwind.h>)
#include <unwind.h>
#define DOWNHILL_CAN_WALK
#endif
#ifdef DOWNHILL_HAVE_LIBBACKTRACE
#include <backtrace.h>
#endif

namespace downhill::inspect {
namespace {

constexpr std::size_t most_frames = 24;  // without inlining an operation stands a dozen calls deep

#ifdef DOWNHILL_CAN_WALK
struct Walk {
  std::vector<void*>& frames;
  std::size_t left = most_frames;
};

_Unwind_Reason_Code visit_frame(_Unwind_Context* context, void* data) {
  Walk& walk = *static_cast<Walk*>(data);
  int is_before = 0;  // of a signal handler: the address is that of the instruction itself
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &is_before);
  if (address == 0) return _URC_END_OF_STACK;
  walk.frames.push_back(reinterpret_cast<void*>(address - (is_before == 0 ? 1 : 0)));
  return --walk.left == 0 ? _URC_END_OF_STACK : _URC_NO_REASON;
}
#endif

#ifdef DOWNHILL_HAVE_LIBBACKTRACE
std::string demangled(const char* name) {
  if (name == nullptr) return {};
#if __has_include(<cxxabi.h>)
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                         &std::free);
  if (status == 0) return text.get();
#endif
  return name;
}

// The library's own headers, what hears a step, and what it is built on: wherever they are installed.
bool is_ours(std::string_view file) {
  // What calls main has lines as well, where the C library comes with them.
  if (file.find("sysdeps/") != file.npos || file.find("csu/libc-start") != file.npos) return true;
  if (file.find("/include/c++/") != file.npos || file.find("/eigen3/") != file.npos) return true;
  if (file.ends_with("autodiff/inspect/trace/source.cpp") || file.ends_with("autodiff/inspect/trace/trace.cpp"))
    return true;
  const std::size_t folder = file.rfind("autodiff/");
  return folder != file.npos && (folder == 0 || file[folder - 1] == '/') && file.ends_with(".hpp");
}

int visit_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
  if (file == nullptr || is_ours(file)) return 0;
  Source& found = *static_cast<Source*>(data);
  found.file = file;
  found.line = static_cast<std::size_t>(line);
  found.function = demangled(function);
  return 1;
}

void ignore_error(void*, const char*, int) {}
#endif

}  // namespace

[[gnu::noinline]] void append_frames([[maybe_unused]] std::vector<void*>& frames) {
#ifdef DOWNHILL_CAN_WALK
  Walk walk{frames};
  _Unwind_Backtrace(visit_frame, &walk);
#endif
}

Source source_of_frames([[maybe_unused]] std::span<void* const> frames) {
  Source found;
#ifdef DOWNHILL_HAVE_LIBBACKTRACE
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, ignore_error, nullptr);
  for (void* const frame : frames)
    if (backtrace_pcinfo(state, reinterpret_cast<std::uintptr_t>(frame), visit_line, ignore_error, &found) != 0) break;
#endif
  return found;
}

bool can_read_frames() {
#if defined(DOWNHILL_CAN_WALK) && defined(DOWNHILL_HAVE_LIBBACKTRACE)
  return true;
#else
  return false;
#endif
}

}  // namespace downhill::inspect
