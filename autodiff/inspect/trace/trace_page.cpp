#include <autodiff/inspect/trace/trace_page.hpp>

#include <fmt/format.h>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/trace/json.hpp>

namespace downhill::inspect {

// The files of the folder trace/page/, of which CMake makes a source file.
namespace trace_page_files {
extern const char* const style;
extern const char* const body;
extern const char* const script;
}  // namespace trace_page_files

namespace {

// Nothing in a script element means anything to HTML but "<"; in JSON it stands in strings alone, which may spell it
// otherwise.
std::string for_script(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

}  // namespace

std::string trace_page(const Record& record, const TracePageOptions& options) {
  return frame(
      options.title, trace_page_files::style,
      fmt::format("<h1>{}</h1>\n{}<script type=\"application/json\" id=\"record\">{}</script>\n"
                  "<script type=\"module\">\n{}</script>\n",
                  escaped(options.title), trace_page_files::body,
                  for_script(json(record, {.most_elements = options.most_elements})), trace_page_files::script));
}

}  // namespace downhill::inspect
